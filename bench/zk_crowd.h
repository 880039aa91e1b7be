/*
 * Sessions of a ZooKeeper-protocol server, many in one thread: frames out,
 * replies and events in. Each session is a connection to 127.0.0.1.
 *
 * No session is renewed and none is replaced: a lost one ends the crowd.
 */
#ifndef BENCH_ZK_CROWD_H
#define BENCH_ZK_CROWD_H

#include "libhold/zkrec.h"

struct zk_crowd;

/* A reply, or an event (its xid is ZK_XID_NOTIFICATION). */
struct zk_heard {
	unsigned session; /* from 0 */
	struct zk_reply_header header;
	struct hf_rd body;
};

/* May ask, and stop the crowd. */
typedef void zk_crowd_heard_fn(void *arg, struct zk_heard *heard);

/* n sessions, all begun; 0, or -errno. */
int zk_crowd_open(uint16_t port, unsigned n, zk_crowd_heard_fn *heard,
		  void *arg, struct zk_crowd **crowd_out) HF_MUSTUSE;

/* Ends the sessions, waiting for each; sets *crowd to NULL. */
void zk_crowd_close(struct zk_crowd **crowd);

/*
 * Begins a request: what is put behind its header is its body. Then it is to
 * be sent. Replies come in the order of requests.
 */
struct hf_buf *zk_crowd_ask(struct zk_crowd *crowd, enum zk_op op);
void zk_crowd_send(struct zk_crowd *crowd, unsigned session);

/* Hands over what comes, until end_us or until stopped. 0, or -errno. */
int zk_crowd_run(struct zk_crowd *crowd, int64_t end_us) HF_MUSTUSE;
void zk_crowd_stop(struct zk_crowd *crowd);

#endif
