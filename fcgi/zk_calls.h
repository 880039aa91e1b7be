/*
 * The requests that holds make of a ZooKeeper service, and their answers.
 *
 * Each zk_add_* adds one request to a batch; each zk_read_* reads one answer,
 * or a part of it, whose request had no error (libhold/zkrec.h does the rest).
 * The reader's error sticks: ask hf_rd_ok() when all is read.
 */
#ifndef FCGI_ZK_CALLS_H
#define FCGI_ZK_CALLS_H

#include "fcgi/zkc_batch.h"
#include "libhold/zkrec.h"

enum { ZK_ANY_VERSION = -1 };

void zk_add_sync(struct zkc_batch *batch, const char *path);
void zk_add_exists(struct zkc_batch *batch, const char *path);
void zk_add_get_data(struct zkc_batch *batch, const char *path);
void zk_add_get_children(struct zkc_batch *batch, const char *path);
void zk_add_get_ephemerals(struct zkc_batch *batch, const char *prefix);
void zk_add_set_data(struct zkc_batch *batch, const char *path,
		     struct hf_slice data);
/* mode: a ZK_CREATE_* of libhold/zkcodes.h. */
void zk_add_create(struct zkc_batch *batch, int32_t mode, const char *path,
		   struct hf_slice data);
void zk_add_delete(struct zkc_batch *batch, const char *path, int32_t version);

/* One request for several changes, all of them or none. */
struct hf_buf *zk_begin_multi(struct zkc_batch *batch);
void zk_multi_check(struct hf_buf *multi, const char *path);
void zk_multi_create(struct hf_buf *multi, int32_t mode, const char *path,
		     struct hf_slice data);
void zk_multi_set_data(struct hf_buf *multi, const char *path,
		       struct hf_slice data, int32_t version);
void zk_end_multi(struct hf_buf *multi);

struct zk_stat zk_read_stat(struct hf_rd *answer);

/* A list of names, for zk_next_text(). */
struct zk_vector zk_read_names(struct hf_rd *answer);

/*
 * The next result of a multi: 0, or the error that made all of it fail. After
 * 0 the result itself is to be read: nothing of a check, a path of a create
 * and then, if *stat_out, its stat (ZooKeeper 3.8 leaves it out, though asked
 * for), a stat of a change of data. After the last zk_read_multi_end().
 */
int32_t zk_read_multi(struct hf_rd *answer, bool *stat_out);
void zk_read_multi_end(struct hf_rd *answer);

#endif
