/*
 * Changes as the journal has them, and how they become a state again.
 *
 * A record is one transaction: i64 zxid, i64 wall clock ms, then its changes,
 * each a u8 kind and fields of jute's kinds. It says what is from then on, and
 * not what differs: a record that is replayed over a snapshot taken meanwhile
 * does no harm. Kinds are never given another meaning.
 */
#ifndef EPHEMERALD_CHANGE_H
#define EPHEMERALD_CHANGE_H

#include "ephemerald/zdb.h"

enum change_kind {
	CHANGE_CEILING = 1,  /* i64 zxid: none above it was given */
	CHANGE_CREATE = 2,   /* path, blob data, acls, i64 owner, i32 seq_base,
				i32 created of the parent */
	CHANGE_DELETE = 3,   /* path */
	CHANGE_DATA = 4,     /* path, blob data, i32 version */
	CHANGE_ACL = 5,      /* path, acls, i32 version */
	CHANGE_SESSION = 6,  /* i64 id, blob password, i32 timeout_ms */
	CHANGE_END = 7,      /* i64 session: and all its nodes, which may be
				told of one by one, too */
	CHANGE_NODE = 8,     /* path, stat, i32 created, i32 seq_base, blob
				data, acls: whole, in a snapshot */
	CHANGE_REAPED = 9,   /* i32 number */
	CHANGE_QUOTA = 10,   /* path, blob data: no version, no time */
	CHANGE_STOPPED = 11, /* i64 zxid: the last, and exactly that */
};

void change_begin(struct hf_buf *out, int64_t zxid, int64_t wall_ms);
void change_put_ceiling(struct hf_buf *out, int64_t zxid);
void change_put_create(struct hf_buf *out, const struct znode *node);
void change_put_delete(struct hf_buf *out, struct hf_slice path);
void change_put_data(struct hf_buf *out, const struct znode *node);
void change_put_quota(struct hf_buf *out, const struct znode *node);
void change_put_acl(struct hf_buf *out, const struct znode *node);
void change_put_session(struct hf_buf *out, const struct session *session);
void change_put_end(struct hf_buf *out, int64_t session);
void change_put_node(struct hf_buf *out, const struct znode *node);
void change_put_reaped(struct hf_buf *out, int32_t number);
void change_put_stopped(struct hf_buf *out, int64_t zxid);

/*
 * A record, in the order they were written; of a snapshot, a node may come
 * before the one it lies in. 0 or HF_EBAD.
 */
int change_load(struct zdb *db, struct hf_slice record, bool snapshot,
		bool *stopped_out) HF_MUSTUSE;

#endif
