/*
 * Holds: who may book a ticket for a while, kept by a distributed lock.
 *
 * The worker knows only this interface; behind it is a Redis-like lock
 * (hold_redis.c) or ephemeral nodes (hold_zookeeper.c). A hold has a deadline,
 * an owner (the client) and a fencing token, strictly increasing for each
 * ticket within one lock service. The lock decides nothing alone: the
 * ticket's row does, by the token (store.h).
 *
 * A struct hold is one thread's. It connects when first used, or shares the
 * process's one session, and reconnects by itself with back-off; while it
 * cannot, calls give HF_EUNREACHABLE at once.
 */
#ifndef FCGI_HOLD_H
#define FCGI_HOLD_H

#include "fcgi/basket.h"
#include "fcgi/meter.h"

enum { HOLD_SERVICE_MAX = 64 }; /* bytes of an identity, without the NUL */

struct hold_grant {
	int64_t fence;        /* > 0 */
	int64_t remaining_ms; /* until the lock lets go by itself */
	bool fresh;           /* taken by this very call, not held before */
};

/* What the lock service answered; by the basket's indexes. */
struct hold_answer {
	/* Identity of the service's state: tokens compare only within it. */
	char service[HOLD_SERVICE_MAX + 1];
	struct hold_grant grants[BASKET_MAX];
	/* With HF_EHELD and HF_ENOTOWNER: the ticket that refused, and for
	 * how long somebody else still holds it (0: nobody does). */
	size_t refused;
	int64_t refused_ms;
};

struct hold;

struct hold_ops {
	int (*acquire)(struct hold *hold, const struct basket *basket,
		       const char *client, int64_t ttl_ms,
		       struct hold_answer *answer_out);
	int (*check)(struct hold *hold, const struct basket *basket,
		     const char *client, struct hold_answer *answer_out);
	int (*extend)(struct hold *hold, const struct basket *basket,
		      const char *client, int64_t ttl_ms,
		      struct hold_answer *answer_out);
	int (*release)(struct hold *hold, const struct basket *basket,
		       const char *client, const int64_t *fences);
	void (*let_go)(struct hold *hold, const struct basket *basket,
		       const char *client, const int64_t *fences);
	int (*ping)(struct hold *hold);
	void (*free)(struct hold *hold);
};

/* Embedded first in each implementation's own struct. */
struct hold {
	const struct hold_ops *ops;
	struct meter *meter;    /* counts round trips; NULL: nobody does */
	enum meter_failure why; /* set with each HF_EUNREACHABLE */
};

/*
 * Takes every ticket for client for ttl_ms, or none. A ticket that the client
 * holds already keeps its token and its deadline (fresh is false). 0,
 * HF_EHELD (nothing changed), or HF_EUNREACHABLE (unknown what happened; what
 * was taken falls at its deadline).
 */
int hold_acquire(struct hold *hold, const struct basket *basket,
		 const char *client, int64_t ttl_ms,
		 struct hold_answer *answer_out);

/* 0 when client holds every ticket now, HF_ENOTOWNER, HF_EUNREACHABLE. */
int hold_check(struct hold *hold, const struct basket *basket,
	       const char *client, struct hold_answer *answer_out);

/*
 * Moves every deadline to ttl_ms from now if client holds all of them; else
 * HF_ENOTOWNER and none is moved. Tokens stay.
 */
int hold_extend(struct hold *hold, const struct basket *basket,
		const char *client, int64_t ttl_ms,
		struct hold_answer *answer_out);

/*
 * Lets go of each ticket that client holds under fences[i]; a fence of 0
 * leaves ticket i alone; fences == NULL: whatever the client holds of them.
 * Tickets of somebody else do not change and are no error.
 * 0 or HF_EUNREACHABLE (they fall at their deadline).
 */
int hold_release(struct hold *hold, const struct basket *basket,
		 const char *client, const int64_t *fences);

/*
 * The same for who does not need to know: does not wait for the answer. What
 * it does not reach falls at its deadline.
 */
static inline void hold_let_go(struct hold *hold, const struct basket *basket,
			       const char *client, const int64_t *fences)
{
	hold->ops->let_go(hold, basket, client, fences);
}

/*
 * Lets go of what the acquire that gave answer took, and of nothing that was
 * held before. One that cannot be released falls at its deadline.
 */
void hold_undo(struct hold *hold, const struct basket *basket,
	       const char *client, const struct hold_answer *answer);

/* What is left of the shortest of the basket. */
int64_t hold_answer_ms(const struct basket *basket,
		       const struct hold_answer *answer);

/* 0 when the service answers now, else HF_EUNREACHABLE. */
int hold_ping(struct hold *hold);

/* Harmless when *hold is NULL; sets it to NULL. */
static inline void hold_free(struct hold **hold)
{
	if (*hold != NULL)
		(*hold)->ops->free(*hold);
	*hold = NULL;
}

/*
 * Holds over RESP: lockd, Redis, Valkey; what url may be is in redis_url.h, and
 * it is copied. NULL and a reason (lives for ever) when the url cannot be read;
 * an unreachable server is no error here.
 */
struct hold *hold_redis_new(const char *url, const char **reason_out);

/*
 * Holds over ephemeral nodes: ephemerald, ZooKeeper. All holds of a process
 * share its keeper (zk_keeper.h), which outlives them.
 */
struct zk_keeper;
struct hold *hold_zookeeper_new(struct zk_keeper *keeper);

#endif
