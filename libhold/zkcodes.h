/*
 * ZooKeeper's numbers: operations, errors, events and flags.
 *
 * From ZooKeeper 3.8's ZooDefs.java, KeeperException.java, Watcher.java and
 * CreateMode.java.
 */
#ifndef HOLD_ZKCODES_H
#define HOLD_ZKCODES_H

#include "libhold/base.h"

/* X(enum suffix, number, ZooKeeper's name) */
#define ZK_OPS(X)                                               \
	X(NOTIFICATION, 0, "notification")                      \
	X(CREATE, 1, "create")                                  \
	X(DELETE, 2, "delete")                                  \
	X(EXISTS, 3, "exists")                                  \
	X(GET_DATA, 4, "getData")                               \
	X(SET_DATA, 5, "setData")                               \
	X(GET_ACL, 6, "getACL")                                 \
	X(SET_ACL, 7, "setACL")                                 \
	X(GET_CHILDREN, 8, "getChildren")                       \
	X(SYNC, 9, "sync")                                      \
	X(PING, 11, "ping")                                     \
	X(GET_CHILDREN2, 12, "getChildren2")                    \
	X(CHECK, 13, "check")                                   \
	X(MULTI, 14, "multi")                                   \
	X(CREATE2, 15, "create2")                               \
	X(RECONFIG, 16, "reconfig")                             \
	X(CHECK_WATCHES, 17, "checkWatches")                    \
	X(REMOVE_WATCHES, 18, "removeWatches")                  \
	X(CREATE_CONTAINER, 19, "createContainer")              \
	X(DELETE_CONTAINER, 20, "deleteContainer")              \
	X(CREATE_TTL, 21, "createTTL")                          \
	X(MULTI_READ, 22, "multiRead")                          \
	X(AUTH, 100, "auth")                                    \
	X(SET_WATCHES, 101, "setWatches")                       \
	X(SASL, 102, "sasl")                                    \
	X(GET_EPHEMERALS, 103, "getEphemerals")                 \
	X(GET_ALL_CHILDREN_NUMBER, 104, "getAllChildrenNumber") \
	X(SET_WATCHES2, 105, "setWatches2")                     \
	X(ADD_WATCH, 106, "addWatch")                           \
	X(WHO_AM_I, 107, "whoAmI")                              \
	X(CREATE_SESSION, -10, "createSession")                 \
	X(CLOSE_SESSION, -11, "closeSession")                   \
	X(ERROR, -1, "error")

enum zk_op {
#define X(name, number, text) ZK_OP_##name = number,
	ZK_OPS(X)
#undef X
};

/* The xids of what is no answer to a client's own count. */
enum {
	ZK_XID_NOTIFICATION = -1,
	ZK_XID_PING = -2,
	ZK_XID_AUTH = -4,
	ZK_XID_SET_WATCHES = -8,
};

/* X(enum suffix, code, text) */
#define ZK_ERRORS(X)                                                        \
	X(SYSTEM_ERROR, -1, "system error")                                 \
	X(RUNTIME_INCONSISTENCY, -2, "an earlier operation failed")         \
	X(DATA_INCONSISTENCY, -3, "data inconsistency")                     \
	X(CONNECTION_LOSS, -4, "connection lost")                           \
	X(MARSHALLING, -5, "malformed request")                             \
	X(UNIMPLEMENTED, -6, "not implemented")                             \
	X(OPERATION_TIMEOUT, -7, "operation timed out")                     \
	X(BAD_ARGUMENTS, -8, "bad arguments")                               \
	X(NEW_CONFIG_NO_QUORUM, -13, "no quorum for the new config")        \
	X(RECONFIG_IN_PROGRESS, -14, "a reconfig is going on")              \
	X(UNKNOWN_SESSION, -12, "unknown session")                          \
	X(API_ERROR, -100, "API error")                                     \
	X(NO_NODE, -101, "no such node")                                    \
	X(NO_AUTH, -102, "not allowed")                                     \
	X(BAD_VERSION, -103, "another version")                             \
	X(NO_CHILDREN_FOR_EPHEMERALS, -108, "ephemerals have no children")  \
	X(NODE_EXISTS, -110, "the node exists")                             \
	X(NOT_EMPTY, -111, "the node has children")                         \
	X(SESSION_EXPIRED, -112, "the session has ended")                   \
	X(INVALID_CALLBACK, -113, "invalid callback")                       \
	X(INVALID_ACL, -114, "invalid ACL")                                 \
	X(AUTH_FAILED, -115, "authentication failed")                       \
	X(SESSION_MOVED, -118, "the session moved")                         \
	X(NOT_READ_ONLY, -119, "not read-only")                             \
	X(EPHEMERAL_ON_LOCAL_SESSION, -120, "ephemeral on a local session") \
	X(NO_WATCHER, -121, "no such watcher")                              \
	X(REQUEST_TIMEOUT, -122, "request timed out")                       \
	X(RECONFIG_DISABLED, -123, "reconfig is disabled")                  \
	X(SESSION_CLOSED_REQUIRE_SASL, -124, "SASL is required")            \
	X(QUOTA_EXCEEDED, -125, "quota exceeded")                           \
	X(THROTTLED, -127, "throttled")

enum zk_err {
	ZK_OK = 0,
#define X(name, code, text) ZK_##name = code,
	ZK_ERRORS(X)
#undef X
};

/* For people; they live for ever. */
const char *zk_op_name(int32_t op); /* NULL: there is no such operation */
const char *zk_strerror(int32_t err);

/* What a watcher is told. */
enum zk_event {
	ZK_EVENT_CREATED = 1,
	ZK_EVENT_DELETED = 2,
	ZK_EVENT_DATA_CHANGED = 3,
	ZK_EVENT_CHILDREN_CHANGED = 4,
	ZK_EVENT_DATA_WATCH_REMOVED = 5,
	ZK_EVENT_CHILD_WATCH_REMOVED = 6,
	ZK_EVENT_PERSISTENT_WATCH_REMOVED = 7,
};

/* The only state that a server tells of in events. */
enum { ZK_STATE_CONNECTED = 3 };

/* Flags of create, create2, createContainer and createTTL. */
enum zk_create_mode {
	ZK_PERSISTENT = 0,
	ZK_EPHEMERAL = 1,
	ZK_PERSISTENT_SEQUENTIAL = 2,
	ZK_EPHEMERAL_SEQUENTIAL = 3,
	ZK_CONTAINER = 4,
	ZK_PERSISTENT_WITH_TTL = 5,
	ZK_PERSISTENT_SEQUENTIAL_WITH_TTL = 6,
};

/* Of ACLs. */
enum zk_perm {
	ZK_PERM_READ = 1,
	ZK_PERM_WRITE = 2,
	ZK_PERM_CREATE = 4,
	ZK_PERM_DELETE = 8,
	ZK_PERM_ADMIN = 16,
	ZK_PERM_ALL = 31,
};

/* addWatch's mode. */
enum zk_add_watch {
	ZK_ADD_WATCH_PERSISTENT = 0,
	ZK_ADD_WATCH_RECURSIVE = 1,
};

/* checkWatches' and removeWatches' type. */
enum zk_watcher_type {
	ZK_WATCHER_CHILDREN = 1,
	ZK_WATCHER_DATA = 2,
	ZK_WATCHER_ANY = 3,
};

enum { ZK_PASSWORD_BYTES = 16 };

#endif
