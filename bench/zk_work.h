/*
 * What a ZooKeeper-protocol server can be asked to do again and again: each
 * kind of work is a few requests that belong together. No sockets in here.
 *
 * The lock is the recipe that all clients have: an ephemeral sequential node,
 * the list of its siblings, and a watch on the one before until none is.
 */
#ifndef BENCH_ZK_WORK_H
#define BENCH_ZK_WORK_H

#include "bench/zk_crowd.h"

enum {
	ZK_STEPS_MAX = 4,
	ZK_NAME_MAX = 96,
	ZK_DATA_BYTES = 100, /* of each node that is no lock */
	ZK_FEW = 10,         /* nodes of a client, to be read and written */
};

/* Where a client goes from a reply: the step of that number, or */
enum zk_next {
	ZK_NEXT_DONE = -1,
	ZK_NEXT_WAIT = -2, /* until its watch fires */
	ZK_NEXT_FAILED = -3,
};

/* What a client is at. */
struct zk_client {
	unsigned number;
	uint64_t turn;            /* units it has begun */
	uint64_t node;            /* of those that come once */
	char own[ZK_NAME_MAX];    /* the node that it has made */
	char before[ZK_NAME_MAX]; /* the one that it waits for */
};

struct zk_step {
	enum zk_op op;
	/* Writes the request's body. */
	void (*put)(const struct zk_client *client, struct hf_buf *out);
	/* A step's number, or an enum zk_next. */
	int (*judge)(struct zk_client *client, struct zk_heard *reply);
};

struct zk_work {
	const char *name;
	struct zk_step steps[ZK_STEPS_MAX];
	int after_event;     /* the step when what was waited for came */
	bool each_node_once; /* and then no more */
	bool hand_over;      /* what is timed: delete to the next one's event */
};

/* The works' names, for a setting's choices; NULL behind the last. */
extern const char *const zk_work_names[];

const struct zk_work *zk_work_of(int number); /* as in the names */

/*
 * The nodes that works stand on: the path of the i-th that client makes, or
 * false behind the last. Those that are all clients' may be there already.
 */
bool zk_work_prepare(const struct zk_client *client, unsigned i,
		     char path_out[ZK_NAME_MAX]);

void zk_put_create(struct hf_buf *out, const char *path, size_t data_bytes,
		   enum zk_create_mode mode);

/*
 * Among children, names that end in ten digits: whether own is the least of
 * them, and else the greatest below it, in before_out. False: own is not there.
 */
bool zk_find_before(struct zk_vector children, struct hf_slice own,
		    struct hf_slice *before_out, bool *first_out);

#endif
