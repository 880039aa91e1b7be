/*
 * Transactions: the only way the state changes while it is served. CORE.
 *
 *	begin -> create, delete, set_data ... -> commit or abort
 *
 * Each operation checks what ZooKeeper checks, in its order, changes the tree
 * at once, and answers ZK_OK or the error. commit() hands the record over and
 * then tells the watchers; abort() makes everything as it was. A transaction
 * has one number, which is used up even if it fails.
 */
#ifndef EPHEMERALD_TXN_H
#define EPHEMERALD_TXN_H

#include "ephemerald/zdb.h"

/*
 * The most that a transaction may write to the journal; more is refused. A
 * request is bounded, but "auth" in an ACL stands for much more than it takes.
 */
#define TXN_RECORD_MAX ((size_t)128 * 1024 * 1024)

/*
 * The most that a session's nodes may come to, each with its path and so many
 * bytes more; no other is created then. The end of a session is one record,
 * and each of its nodes may change a quota.
 */
#define TXN_SESSION_MAX        (TXN_RECORD_MAX / 2)
#define TXN_SESSION_NODE_BYTES ((size_t)192)

struct txn_undo;
struct txn_event;

struct txn {
	struct zdb *db;
	const struct acl_who *who; /* NULL: we ourselves */
	int64_t zxid, wall_ms;
	struct hf_buf changes; /* the record */
	/* The stats node whose change is the record's end, and its place. */
	const struct znode *last_stats;
	size_t last_stats_at, last_stats_end;
	struct txn_undo *undo;
	size_t n_undo, undo_cap;
	struct txn_event *events;
	size_t n_events, events_cap;
	struct hf_buf paths; /* of the events, one behind the other */
};

void txn_begin(struct txn *txn, struct zdb *db, const struct acl_who *who,
	       int64_t wall_ms);
void txn_commit(struct txn *txn);
void txn_abort(struct txn *txn);

struct txn_create {
	enum zk_op op; /* one of the four that create */
	struct hf_slice path, data;
	struct zk_vector acl;
	int32_t flags;
	int64_t ttl_ms;  /* of createTTL */
	int64_t session; /* who asks */
};

int txn_create(struct txn *txn, const struct txn_create *create,
	       struct znode **node_out) HF_MUSTUSE;
int txn_delete(struct txn *txn, struct hf_slice path,
	       int32_t version) HF_MUSTUSE;

/* An empty container or node with a TTL. */
int txn_delete_container(struct txn *txn, struct hf_slice path) HF_MUSTUSE;
int txn_set_data(struct txn *txn, struct hf_slice path, struct hf_slice data,
		 int32_t version, struct znode **node_out) HF_MUSTUSE;
int txn_set_acl(struct txn *txn, struct hf_slice path, struct zk_vector acl,
		int32_t version, struct znode **node_out) HF_MUSTUSE;
int txn_check(struct txn *txn, struct hf_slice path, int32_t version,
	      struct znode **node_out) HF_MUSTUSE;

/* A session begins; ends, and its nodes with it. */
void txn_add_session(struct txn *txn, const struct session *session);
void txn_end_session(struct txn *txn, struct session *session);

/* Its timeout is another; alone, and without a number of its own. */
void txn_renew_session(struct zdb *db, const struct session *session);

#endif
