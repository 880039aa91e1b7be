/*
 * A database without a server, changed by transactions, told as text.
 *
 * What it would have journaled is kept, and what watchers were told.
 */
#ifndef TESTS_EPHEMERALD_WORLD_H
#define TESTS_EPHEMERALD_WORLD_H

#include "ephemerald/txn.h"

struct world {
	struct zdb db;
	struct acl_who who;    /* of all that is asked; nobody from the start */
	struct hf_buf records; /* u32 length and bytes each */
	struct hf_buf told;    /* "A created /a, " ... of watchers[0] to [25] */
	struct watcher watchers[2];
	struct txn txn;
	int64_t wall_ms;
	bool enforce_quota;
};

void world_init(struct world *w);
void world_fini(struct world *w);

/* Everything that recovery must give again, in one order. Static. */
const char *world_text(struct zdb *db);

/* One change alone; what it gave. */
int world_create(struct world *w, const char *path, int32_t flags);
int world_create_as(struct world *w, const struct txn_create *create);
int world_delete(struct world *w, const char *path);
int world_set(struct world *w, const char *path, const char *data);

/* Several: between these two, by world_try_*() or txn_*() on &w->txn. */
void world_begin(struct world *w);
int world_try_create(struct world *w, const char *path, int32_t flags);

/* As a client asks for it: everything to the world, a session's number 7. */
struct txn_create world_request(struct world *w, const char *path,
				int32_t flags);

struct session *world_session(struct world *w, int64_t id);
void world_end_session(struct world *w, int64_t id);

/*
 * Any change of a small tree, of sessions 7 and 8 too, or one that fails;
 * always the same for the same seed.
 */
void world_change_something(struct world *w, unsigned *seed);

/* The node of a path, which is there. */
struct znode *world_node(struct world *w, const char *path);

/* What watchers were told since the last time. Static. */
const char *world_told(struct world *w);

enum { WORLD_SESSION = 7 };

#endif
