/*
 * Requests to a ZooKeeper service that are sent in one piece, and their
 * answers.
 *
 * The service runs a session's requests one after the other and answers in
 * that order, so what has to be seen together goes into one batch and costs
 * one round trip. Build it, zkc_run() it (zkc.h), read the answers by the
 * index in which requests were added.
 */
#ifndef FCGI_ZKC_BATCH_H
#define FCGI_ZKC_BATCH_H

#include "libhold/list.h"
#include "libhold/wire.h"

#include <pthread.h>

enum {
	ZKC_BATCH_MAX = 48,                       /* requests */
	ZKC_BATCH_BYTES_MAX = 256 * 1024,         /* all of them */
	ZKC_ANSWERS_BYTES_MAX = 32 * 1024 * 1024, /* all of theirs */
};

struct zkc_answer {
	int32_t err; /* ZooKeeper's code; 0 is none */
	size_t at;   /* of its body in the batch's answers */
	size_t len;
};

enum zkc_outcome {
	ZKC_DONE,   /* all are answered */
	ZKC_UNSENT, /* no connection: nothing was sent */
	ZKC_LOST,   /* sent, and nobody knows whether it was done */
};

/* Fields are zkc.c's own; sent_ms and received_ms may be read when done. */
struct zkc_batch {
	struct hf_list on; /* the queue, or what was sent */
	int refs;          /* the caller's and the connection's */
	bool finished;
	bool detached; /* nobody waits */
	enum zkc_outcome outcome;
	pthread_cond_t *waiter;
	int64_t sent_ms, received_ms; /* on our clock */
	struct hf_buf requests;
	size_t n, answered;
	int32_t xid;                      /* of the first request */
	size_t starts[ZKC_BATCH_MAX + 1]; /* of each request's frame */
	struct hf_buf answers;
	struct zkc_answer got[ZKC_BATCH_MAX];
};

struct zkc_batch *zkc_batch_new(void);

/* Drops one reference; the last one frees. zkc.c's lock is held, or nobody
 * else has one. */
void zkc_batch_unref(struct zkc_batch *batch);

/*
 * Begins a request of this kind; its record is written onto the returned
 * buffer before the next call. Its index is what zkc_batch_count() was before.
 */
struct hf_buf *zkc_batch_begin(struct zkc_batch *batch, int32_t op);

static inline size_t zkc_batch_count(const struct zkc_batch *batch)
{
	return batch->n;
}

/* Writes the frames' lengths and the ids from xid on; then it can be sent. */
void zkc_batch_seal(struct zkc_batch *batch, int32_t xid);

/* The id of the request whose answer comes next. */
static inline int32_t zkc_batch_xid(const struct zkc_batch *batch)
{
	return batch->xid + (int32_t)batch->answered;
}

/* Request i's error, when the batch is done. */
static inline int32_t zkc_batch_err(const struct zkc_batch *batch, size_t i)
{
	return batch->got[i].err;
}

/* The body of request i's answer; lives as long as the batch. */
struct hf_rd zkc_batch_body(const struct zkc_batch *batch, size_t i);

#endif
