/*
 * A client of ZooKeeper: one session, kept alive by a thread of its own.
 *
 * The session moves along the list of servers, with all that hangs on it, and
 * outlives the process when there is a file for it (zk_session.h). A session
 * that has expired is replaced by a new one, and zkc_up_fn says so. Calls are
 * safe from any thread. Nothing that was sent is sent again: nobody knows
 * whether it was done.
 *
 * While no server can be reached, calls give ZKC_UNSENT at once, and now and
 * then one tries. The process ignores SIGPIPE.
 */
#ifndef FCGI_ZKC_H
#define FCGI_ZKC_H

#include "fcgi/zk_url.h"
#include "fcgi/zkc_batch.h"

enum {
	ZKC_SESSION_MS = 10000, /* asked for; the service may say otherwise */
	/* To connect to one server, and for it to answer a request. */
	ZKC_ANSWER_MS = 2000,
	ZKC_DETACHED_MAX = 1024, /* batches that nobody waits for */
};

struct zkc;

/*
 * The session is connected, anew after each loss. fresh: it is a new one, and
 * all ephemeral nodes of the one before are gone. Called from the client's
 * thread, before any call goes out; must not call back.
 */
typedef void zkc_up_fn(void *arg, bool fresh);

struct zkc_settings {
	const char *url;          /* copied */
	const char *session_path; /* NULL: the session ends with us; copied */
	zkc_up_fn *up;
	void *arg;
};

/* NULL and a reason (lives for ever) when the url cannot be read. */
struct zkc *zkc_new(const struct zkc_settings *settings,
		    const char **reason_out);

/*
 * Sends what was queued, for a second at most. The session is closed, unless
 * a file keeps it. Harmless when *zkc is NULL; sets it to NULL.
 */
void zkc_free(struct zkc **zkc);

/* Below the chroot: what every path begins with; lives as long as zkc. */
const char *zkc_chroot(const struct zkc *zkc);

/*
 * Sends batch and waits for all its answers, until until_ms (hf_clock_ms) at
 * the latest. A batch is run once.
 */
enum zkc_outcome zkc_run(struct zkc *zkc, struct zkc_batch *batch,
			 int64_t until_ms) HF_MUSTUSE;

/* Gives the caller's batch away, to be sent when there is a connection. */
void zkc_send(struct zkc *zkc, struct zkc_batch **batch);

/* Frees a batch that was run or was never sent; sets it to NULL. */
void zkc_done(struct zkc *zkc, struct zkc_batch **batch);

/* The service answers what cannot be: says why, and connects anew. */
void zkc_drop(struct zkc *zkc, const char *why);

#endif
