/*
 * Sessions: who is there, and until when. CORE: told the time.
 *
 * A session ends when nothing has been heard of it for its timeout: at that
 * very millisecond, never before. Hearing of it costs nothing; the heap is set
 * right when a session seems due.
 *
 * Times are the boot clock's. When nobody served for a while, sessions_shift()
 * moves all deadlines by that long.
 */
#ifndef EPHEMERALD_SESSION_H
#define EPHEMERALD_SESSION_H

#include "libhold/heap.h"
#include "libhold/slice.h"
#include "libhold/table.h"
#include "libhold/zkcodes.h"

struct session {
	struct hf_table_node link;
	struct hf_heap_item due;
	int64_t id;
	int64_t heard_ms; /* less what deadlines were shifted by before */
	int32_t timeout_ms;
	char password[ZK_PASSWORD_BYTES];
	void *client; /* the connection that has it; NULL: none now */
};

struct sessions;

struct sessions *sessions_new(uint64_t seed);
void sessions_free(struct sessions **sessions); /* and all that are left */
size_t sessions_count(const struct sessions *sessions);
size_t sessions_memory(const struct sessions *sessions); /* bytes, about */

/*
 * An id that no session had before, nor any that restored() told of: ids
 * follow the wall clock, and never go back.
 */
int64_t sessions_next_id(struct sessions *sessions, int64_t wall_ms);

/* No session has this id. It is heard of now. */
struct session *session_add(struct sessions *sessions, int64_t id,
			    struct hf_slice password, int32_t timeout_ms,
			    int64_t now_ms);
void session_remove(struct sessions *sessions, struct session *session);
struct session *session_find(struct sessions *sessions, int64_t id);

/* Compares in a time that does not tell where the difference is. */
bool session_password_is(const struct session *session,
			 struct hf_slice password);

void session_heard(struct sessions *sessions, struct session *session,
		   int64_t now_ms);
void session_set_timeout(struct sessions *sessions, struct session *session,
			 int32_t timeout_ms);

/* When it ends if nothing is heard of it. */
int64_t session_due_ms(const struct sessions *sessions,
		       const struct session *session);

/* One whose time is over, or NULL; it stays until it is removed. */
struct session *sessions_due(struct sessions *sessions, int64_t now_ms);

/* No session is due before; HF_NEVER: there are none. */
int64_t sessions_next_due_ms(const struct sessions *sessions);

void sessions_shift(struct sessions *sessions, int64_t by_ms);

/* All were heard of now: after a start. */
void sessions_hear_all(struct sessions *sessions, int64_t now_ms);

/* As hf_table_scan(). */
typedef void session_each_fn(void *arg, struct session *session);
uint64_t sessions_scan(struct sessions *sessions, uint64_t cursor,
		       session_each_fn *each, void *arg);

#endif
