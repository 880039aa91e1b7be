/*
 * The requests that holds make of a ZooKeeper service, and their answers.
 *
 * Each zk_add_* adds one request to a batch; each zk_read_* reads one answer,
 * or a part of it, whose request had no error. The reader's error sticks: ask
 * hf_rd_ok() when all is read. Records: ZooKeeper's zookeeper.jute.
 */
#ifndef FCGI_ZK_CALLS_H
#define FCGI_ZK_CALLS_H

#include "fcgi/zkc_batch.h"

/* ZooKeeper's error codes that we tell apart. */
enum {
	ZK_NONODE = -101,
	ZK_BADVERSION = -103,
	ZK_NODEEXISTS = -110,
};

enum zk_create {
	ZK_PERSISTENT,
	ZK_EPHEMERAL_SEQUENTIAL,
	ZK_CONTAINER,
};

enum { ZK_ANY_VERSION = -1 };

struct zk_stat {
	int64_t czxid;    /* of the change that made the node */
	int64_t mtime_ms; /* of the last one, on the service's clock */
	int32_t version;  /* of the data */
};

void zk_add_sync(struct zkc_batch *batch, const char *path);
void zk_add_exists(struct zkc_batch *batch, const char *path);
void zk_add_get_data(struct zkc_batch *batch, const char *path);
void zk_add_get_children(struct zkc_batch *batch, const char *path);
void zk_add_get_ephemerals(struct zkc_batch *batch, const char *prefix);
void zk_add_set_data(struct zkc_batch *batch, const char *path,
		     struct hf_slice data);
void zk_add_create(struct zkc_batch *batch, enum zk_create kind,
		   const char *path, struct hf_slice data);
void zk_add_delete(struct zkc_batch *batch, const char *path, int32_t version);

/* One request for several changes, all of them or none. */
struct hf_buf *zk_begin_multi(struct zkc_batch *batch);
void zk_multi_check(struct hf_buf *multi, const char *path);
void zk_multi_create(struct hf_buf *multi, enum zk_create kind,
		     const char *path, struct hf_slice data);
void zk_multi_set_data(struct hf_buf *multi, const char *path,
		       struct hf_slice data, int32_t version);
void zk_end_multi(struct hf_buf *multi);

struct zk_stat zk_read_stat(struct hf_rd *answer);

/* The data of a node; its stat comes next. */
struct hf_slice zk_read_data(struct hf_rd *answer);

/* A list of names: their number, then zk_read_name() so many times. */
size_t zk_read_count(struct hf_rd *answer);
struct hf_slice zk_read_name(struct hf_rd *answer);

/*
 * The next result of a multi: 0, or the error that made all of it fail. After
 * 0 the result itself is to be read: nothing of a check, a path of a create
 * and then, if *stat_out, its stat (ZooKeeper 3.8 leaves it out, though asked
 * for), a stat of a change of data. After the last zk_read_multi_end().
 */
int32_t zk_read_multi(struct hf_rd *answer, bool *stat_out);
void zk_read_multi_end(struct hf_rd *answer);

#endif
