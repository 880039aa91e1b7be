/*
 * ZooKeeper's records: one list of fields gives struct, reader and writer.
 *
 * The encoding is Apache's "jute": big-endian integers, texts and blobs behind
 * an i32 length (-1: null), vectors behind an i32 count (-1: null). Records
 * and constants are those of ZooKeeper 3.8 (zookeeper.jute, ZooDefs.java,
 * KeeperException.java).
 *
 * Nothing is copied or allocated. A text or blob that was read is a slice of
 * the input, with data NULL for null. A vector that was read is the checked
 * bytes of its elements, walked by zk_next_*(); to write one, put its elements
 * into a buffer with zk_put_*() and give count and bytes.
 *
 * zk_get_*() reads from libhold/wire.h's reader, whose error sticks: ask
 * hf_rd_ok() after the whole record. A record that could not be read is zeroed
 * from there on.
 */
#ifndef HOLD_ZKREC_H
#define HOLD_ZKREC_H

#include "libhold/wire.h"
#include "libhold/zkcodes.h"

/* Elements of a vector, encoded; count -1: null. */
struct zk_vector {
	int32_t count;
	struct hf_slice bytes;
};

#define ZK_NULL ((struct hf_slice){ NULL, 0 })

/* ---- the kinds of fields ------------------------------------------------- */

#define ZK_TYPE_i32   int32_t
#define ZK_TYPE_i64   int64_t
#define ZK_TYPE_flag  bool
#define ZK_TYPE_text  struct hf_slice /* UTF-8, unchecked */
#define ZK_TYPE_blob  struct hf_slice
#define ZK_TYPE_id    struct zk_id
#define ZK_TYPE_stat  struct zk_stat
#define ZK_TYPE_texts struct zk_vector /* of text: zk_next_text() */
#define ZK_TYPE_acls  struct zk_vector /* of acl: zk_next_acl() */
#define ZK_TYPE_infos \
	struct zk_vector /* of client_info: zk_next_client_info() */

/* ---- the records: R(name, F(kind, field) ...) -----------------------------
 */

#define ZK_ID(F)        \
	F(text, scheme) \
	F(text, id)
#define ZK_ACL(F)     \
	F(i32, perms) \
	F(id, id)
#define ZK_STAT(F)              \
	F(i64, czxid)           \
	F(i64, mzxid)           \
	F(i64, ctime_ms)        \
	F(i64, mtime_ms)        \
	F(i32, version)         \
	F(i32, cversion)        \
	F(i32, aversion)        \
	F(i64, ephemeral_owner) \
	F(i32, data_length)     \
	F(i32, num_children)    \
	F(i64, pzxid)
#define ZK_CLIENT_INFO(F) \
	F(text, scheme)   \
	F(text, user)

/* Either may be followed by a read-only byte: zk_get_read_only(). */
#define ZK_CONNECT_REQUEST(F) \
	F(i32, protocol)      \
	F(i64, last_zxid)     \
	F(i32, timeout_ms)    \
	F(i64, session)       \
	F(blob, password)
#define ZK_CONNECT_RESPONSE(F) \
	F(i32, protocol)       \
	F(i32, timeout_ms)     \
	F(i64, session)        \
	F(blob, password)

#define ZK_REQUEST_HEADER(F) \
	F(i32, xid)          \
	F(i32, op)
#define ZK_REPLY_HEADER(F) \
	F(i32, xid)        \
	F(i64, zxid)       \
	F(i32, err)
#define ZK_MULTI_HEADER(F) \
	F(i32, op)         \
	F(flag, done)      \
	F(i32, err)
#define ZK_ERROR(F) F(i32, err)
#define ZK_WATCHER_EVENT(F) \
	F(i32, type)        \
	F(i32, state)       \
	F(text, path)
#define ZK_AUTH_REQUEST(F) \
	F(i32, type)       \
	F(text, scheme)    \
	F(blob, auth)

#define ZK_PATH(F) F(text, path)
#define ZK_PATH_WATCH(F) \
	F(text, path)    \
	F(flag, watch)
#define ZK_PATH_VERSION(F) \
	F(text, path)      \
	F(i32, version)
#define ZK_PATH_TYPE(F) \
	F(text, path)   \
	F(i32, type)
#define ZK_PATH_STAT(F) \
	F(text, path)   \
	F(stat, stat)
#define ZK_ONLY_STAT(F) F(stat, stat)
#define ZK_CREATE_REQUEST(F) \
	F(text, path)        \
	F(blob, data)        \
	F(acls, acl)         \
	F(i32, flags)
#define ZK_CREATE_TTL_REQUEST(F) \
	ZK_CREATE_REQUEST(F)     \
	F(i64, ttl_ms)
#define ZK_SET_DATA_REQUEST(F) \
	F(text, path)          \
	F(blob, data)          \
	F(i32, version)
#define ZK_GET_DATA_RESPONSE(F) \
	F(blob, data)           \
	F(stat, stat)
#define ZK_SET_ACL_REQUEST(F) \
	F(text, path)         \
	F(acls, acl)          \
	F(i32, version)
#define ZK_GET_ACL_RESPONSE(F) \
	F(acls, acl)           \
	F(stat, stat)
#define ZK_ONLY_TEXTS(F) F(texts, texts)
#define ZK_CHILDREN2_RESPONSE(F) \
	F(texts, children)       \
	F(stat, stat)
#define ZK_SET_WATCHES(F)     \
	F(i64, relative_zxid) \
	F(texts, data)        \
	F(texts, exist)       \
	F(texts, child)
#define ZK_SET_WATCHES2(F)   \
	ZK_SET_WATCHES(F)    \
	F(texts, persistent) \
	F(texts, recursive)
#define ZK_COUNT(F)             F(i32, count)
#define ZK_WHO_AM_I_RESPONSE(F) F(infos, infos)
#define ZK_RECONFIG_REQUEST(F) \
	F(text, joining)       \
	F(text, leaving)       \
	F(text, members)       \
	F(i64, config)

/* Several requests share a record: those that are a path and a number. */
#define ZK_RECORDS(R)                                                       \
	R(id, ZK_ID)                                                        \
	R(acl, ZK_ACL)                                                      \
	R(stat, ZK_STAT)                                                    \
	R(client_info, ZK_CLIENT_INFO)                                      \
	R(connect_request, ZK_CONNECT_REQUEST)                              \
	R(connect_response, ZK_CONNECT_RESPONSE)                            \
	R(request_header, ZK_REQUEST_HEADER)                                \
	R(reply_header, ZK_REPLY_HEADER)                                    \
	R(multi_header, ZK_MULTI_HEADER)                                    \
	R(error, ZK_ERROR)                                                  \
	R(watcher_event, ZK_WATCHER_EVENT)                                  \
	R(auth_request, ZK_AUTH_REQUEST)                                    \
	R(path, ZK_PATH)                 /* sync, getACL, create reply */   \
	R(path_watch, ZK_PATH_WATCH)     /* exists, getData, getChildren */ \
	R(path_version, ZK_PATH_VERSION) /* delete, check */                \
	R(path_type, ZK_PATH_TYPE)       /* check-, remove-, addWatch */    \
	R(path_stat, ZK_PATH_STAT)       /* replies to create2 */           \
	R(only_stat, ZK_ONLY_STAT)       /* replies to exists, setData */   \
	R(create_request, ZK_CREATE_REQUEST)                                \
	R(create_ttl_request, ZK_CREATE_TTL_REQUEST)                        \
	R(set_data_request, ZK_SET_DATA_REQUEST)                            \
	R(get_data_response, ZK_GET_DATA_RESPONSE)                          \
	R(set_acl_request, ZK_SET_ACL_REQUEST)                              \
	R(get_acl_response, ZK_GET_ACL_RESPONSE)                            \
	R(only_texts, ZK_ONLY_TEXTS) /* replies: children, ephemerals */    \
	R(children2_response, ZK_CHILDREN2_RESPONSE)                        \
	R(set_watches, ZK_SET_WATCHES)                                      \
	R(set_watches2, ZK_SET_WATCHES2)                                    \
	R(count, ZK_COUNT) /* reply to getAllChildrenNumber */              \
	R(who_am_i_response, ZK_WHO_AM_I_RESPONSE)                          \
	R(reconfig_request, ZK_RECONFIG_REQUEST)

#define ZK_FIELD(kind, name) ZK_TYPE_##kind name;
#define ZK_DECLARE(name, FIELDS)                                     \
	struct zk_##name {                                           \
		FIELDS(ZK_FIELD)                                     \
	};                                                           \
	void zk_get_##name(struct hf_rd *rd, struct zk_##name *out); \
	void zk_put_##name(struct hf_buf *out, const struct zk_##name *in);
ZK_RECORDS(ZK_DECLARE)
#undef ZK_DECLARE
#undef ZK_FIELD

/* ---- fields by themselves ------------------------------------------------ */

struct hf_slice zk_get_text(struct hf_rd *rd);
void zk_put_text(struct hf_buf *out, struct hf_slice text);
void zk_put_vector(struct hf_buf *out, const struct zk_vector *vector);

/* The end of old clients' records (before 3.4); else one byte, 0 or 1. */
void zk_get_read_only(struct hf_rd *rd, bool *present_out, bool *value_out);

/*
 * Takes the first element off a vector that was read (or built by hand); false
 * at its end. Null vectors have none.
 */
bool zk_next_text(struct zk_vector *vector, struct hf_slice *out);
bool zk_next_acl(struct zk_vector *vector, struct zk_acl *out);
bool zk_next_client_info(struct zk_vector *vector, struct zk_client_info *out);

#endif
