/*
 * The client from inside, for the files that are it: zkc.c (its life and its
 * thread), zkc_calls.c (batches, and who waits for them), zkc_connect.c (from
 * server to server) and zkc_serve.c (while one is connected).
 */
#ifndef FCGI_ZKC_INNER_H
#define FCGI_ZKC_INNER_H

#include "fcgi/backoff.h"
#include "fcgi/zk_session.h"
#include "fcgi/zkc.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
	ZKC_FRAME_MAX = ZKC_ANSWERS_BYTES_MAX, /* of one answer */
	ZKC_OUT_ENOUGH = 256 * 1024, /* no more is queued to be sent */
	ZKC_READ_BYTES = 64 * 1024,
};

/*
 *          connected              lost
 *   TRYING ─────────> UP ────────────────> TRYING
 *     │  ^                                   │
 *     │  └── a call, or LOOK_MS ── AWAY <────┘ no server to be had
 */
enum zkc_state { ZKC_TRYING, ZKC_UP, ZKC_AWAY };

struct zkc {
	struct zk_url url;
	zkc_up_fn *up;
	void *arg;
	pthread_t thread;
	int wake_fd;
	atomic_bool stopping;

	pthread_mutex_t lock; /* for what follows */
	enum zkc_state state;
	struct hf_list queue; /* batches not sent */
	struct hf_list sent;  /* and those not all answered */
	size_t detached;      /* of both */
	bool away;            /* reported already: one line an outage */
	bool drop;            /* zkc_drop() was called */
	struct backoff calls; /* when a call may end a pause */
	char why[160];        /* the last connection was lost, or not had */

	/* The thread's own. */
	struct zk_session session;
	struct zk_session_file *file; /* or NULL */
	size_t server;                /* the one to try next */
	int32_t xid;
	int fd;
	int64_t timeout_ms; /* of the session, as agreed on */
	int64_t heard_ms, spoke_ms;
	bool answered; /* a request, on this connection */
	struct hf_buf in, out;
};

static inline struct zkc_batch *zkc_batch_on(struct hf_list *on)
{
	return HF_CONTAINER_OF(on, struct zkc_batch, on);
}

/* The thread looks at what there is to do. */
void zkc_wake(struct zkc *zkc);

/* ---- under the lock ------------------------------------------------------ */

/* Off the lists, and told to who waits. */
void zkc_finish(struct zkc *zkc, struct zkc_batch *batch,
		enum zkc_outcome outcome);
void zkc_finish_all(struct zkc *zkc, struct hf_list *list,
		    enum zkc_outcome outcome);

/* ---- the thread, without the lock ---------------------------------------- */

/* Notes why there is no connection; gives HF_EUNREACHABLE. */
int zkc_lost(struct zkc *zkc, const char *what, const char *cause);

/* Tries each server once, from the one after the last. 0: connected. */
int zkc_connect(struct zkc *zkc) HF_MUSTUSE;

/*
 * Takes each whole answer in zkc->in to the batch that waits for it. 0, or
 * HF_EUNREACHABLE when it is none, or none that is waited for.
 */
int zkc_take_frames(struct zkc *zkc) HF_MUSTUSE;

/* Until the connection is lost, or all is done that we should do. */
void zkc_serve(struct zkc *zkc);

#endif
