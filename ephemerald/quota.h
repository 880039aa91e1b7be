/*
 * Quotas: what a path and all below it may hold, and holds.
 *
 * As in ZooKeeper, /zookeeper/quota/PATH/zookeeper_limits says the former (a
 * client writes it), .../zookeeper_stats the latter (the server keeps it, if a
 * client has made it). The deepest limit on a path counts.
 */
#ifndef EPHEMERALD_QUOTA_H
#define EPHEMERALD_QUOTA_H

#include "ephemerald/ztree.h"

#define QUOTA_LIMITS "zookeeper_limits"
#define QUOTA_STATS  "zookeeper_stats"

/* What a limits or stats node says; -1: nothing. */
struct quota_track {
	int64_t count, bytes;
	int64_t hard_count, hard_bytes;
};

void quota_read(struct hf_slice data, struct quota_track *out);
void quota_write(struct hf_buf *out, const struct quota_track *track);

/* What is counted, after a change. */
int64_t quota_sum(int64_t now, int64_t more);

/* The node below /zookeeper/quota whose limits are in force for path. */
struct znode *quota_place(struct ztree *tree, struct hf_slice path);

/* Would so much more pass a hard limit? */
bool quota_exceeded(struct ztree *tree, struct hf_slice path, int64_t bytes,
		    int64_t count);

/* The stats node that such a change of path moves; NULL: none. */
struct znode *quota_stats_of(struct ztree *tree, struct hf_slice path);

/* Is a node of this path the stats node of another? That one's path. */
bool quota_is_stats(struct hf_slice path, struct hf_slice *of_out);

/* What a path and all below it hold now. */
void quota_measure(struct ztree *tree, struct hf_slice path,
		   struct quota_track *out);

#endif
