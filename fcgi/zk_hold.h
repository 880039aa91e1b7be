/*
 * A hold over ZooKeeper, for the files that are it: hold_zookeeper.c (what the
 * worker calls), and zk_hold_*.c, by what happens to a hold. The recipe is in
 * docs/holds.md.
 *
 * Whatever gives an int gives 0, a refusal or error of hold.h, or
 * ZK_HOLD_AGAIN.
 */
#ifndef FCGI_ZK_HOLD_H
#define FCGI_ZK_HOLD_H

#include "fcgi/hold.h"
#include "fcgi/zk_calls.h"
#include "fcgi/zk_keeper.h"
#include "fcgi/zk_node.h"

enum {
	ZK_HOLD_CALL_MS = 4000, /* until a call gives up, with all its tries */
	/* What was seen has changed meanwhile, or an answer was lost: look
	 * again. Never leaves these files. */
	ZK_HOLD_AGAIN = 1,
};

/* A ticket's hold, as last seen. */
struct zk_seen {
	char ticket_path[ZK_TICKET_PATH_MAX + 1];
	char name[ZK_NAME_MAX + 1]; /* of its node; "": nobody holds it */
	bool no_container;
	bool mine;
	bool past;       /* its deadline is */
	int64_t left_ms; /* until then */
	struct zk_stat stat;
};

struct zk_hold {
	struct hold hold; /* first: hold.h */
	struct zk_keeper *keeper;
	struct zkc *zkc;
	char root[ZK_CHROOT_MAX + 10]; /* <chroot>/holdfast */
	/* By the last call's basket, for its client. */
	char client[CLIENT_ID_MAX + 1];
	size_t n;
	struct zk_seen seen[BASKET_MAX];
};

/* One acquire, over all of its tries. */
struct zk_attempt {
	const struct basket *basket;
	const char *client;
	int64_t ttl_ms, until_ms;
	char id[ZK_ATTEMPT_LEN + 1];
	bool litter; /* nodes of it may be there */
};

static inline struct zk_hold *zk_hold_of(struct hold *hold)
{
	return HF_CONTAINER_OF(hold, struct zk_hold, hold);
}

/* A random name, of 32 letters. */
void zk_hold_draw(char text[33]);

/* The service answers what cannot be; gives HF_EUNREACHABLE. */
int zk_hold_nonsense(struct zk_hold *z, const char *what);

/* 0 when all is answered; ZK_HOLD_AGAIN when the answer was lost. */
int zk_hold_run(struct zk_hold *z, struct zkc_batch *batch,
		int64_t until_ms) HF_MUSTUSE;

void zk_hold_node_path(char path[ZK_PATH_MAX + 1], const struct zk_seen *seen);

/* ---- zk_hold_root.c ------------------------------------------------------ */

/*
 * All that is there once: the chroot, the root and what is in it. The identity
 * comes last: whoever finds it finds the rest. It is new each time, as a state
 * that was lost must not come back under its old name.
 */
int zk_hold_make_root(struct zk_hold *z, int64_t until_ms) HF_MUSTUSE;

/* ---- zk_hold_look.c ------------------------------------------------------ */

/* Nothing of basket has been seen yet. */
void zk_hold_begin(struct zk_hold *z, const struct basket *basket,
		   const char *client);

/* z->seen and the service's identity, by one try. */
int zk_hold_look_once(struct zk_hold *z, const char *client, int64_t until_ms,
		      struct hold_answer *answer) HF_MUSTUSE;

/* The same with all tries: never ZK_HOLD_AGAIN. */
int zk_hold_look(struct zk_hold *z, const struct basket *basket,
		 const char *client, int64_t until_ms,
		 struct hold_answer *answer) HF_MUSTUSE;

/* Who is first of those listed. False: it cannot be read. */
bool zk_hold_read_children(struct hf_rd answer, struct zk_seen *seen);

/* Owner and deadline of each that is first. */
int zk_hold_read_holds(struct zk_hold *z, const char *client,
		       int64_t until_ms) HF_MUSTUSE;

/* Gives refusal. */
int zk_hold_refuse(struct hold_answer *answer, size_t i, int64_t left_ms,
		   int refusal);

/* What was seen, as a grant. */
struct hold_grant zk_hold_grant_of(const struct zk_seen *seen);

/* ---- zk_hold_create.c ---------------------------------------------------- */

static inline bool zk_seen_is_free(const struct zk_seen *seen)
{
	return seen->name[0] == '\0';
}

/* Makes nodes for what is free, and grants all if they are the first. */
int zk_hold_create(struct zk_hold *z, struct zk_attempt *a,
		   struct hold_answer *answer) HF_MUSTUSE;

/* All that was seen is the client's. */
void zk_hold_grant(struct zk_hold *z, struct zk_attempt *a,
		   struct hold_answer *answer);

/* ---- what the worker calls: hold.h --------------------------------------- */

/* zk_hold_acquire.c */
int zk_hold_acquire(struct hold *hold, const struct basket *basket,
		    const char *client, int64_t ttl_ms,
		    struct hold_answer *answer_out);

/* zk_hold_extend.c */
int zk_hold_check(struct hold *hold, const struct basket *basket,
		  const char *client, struct hold_answer *answer_out);
int zk_hold_extend(struct hold *hold, const struct basket *basket,
		   const char *client, int64_t ttl_ms,
		   struct hold_answer *answer_out);

/* zk_hold_release.c */
int zk_hold_release(struct hold *hold, const struct basket *basket,
		    const char *client, const int64_t *fences);
void zk_hold_let_go(struct hold *hold, const struct basket *basket,
		    const char *client, const int64_t *fences);

#endif
