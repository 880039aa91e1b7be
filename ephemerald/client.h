/*
 * A connection as requests know it, and the way back to it.
 */
#ifndef EPHEMERALD_CLIENT_H
#define EPHEMERALD_CLIENT_H

#include "ephemerald/zdb.h"

struct client;
struct ephemerald;

/* What is sent to a client. */
enum client_frame {
	CLIENT_REPLY, /* never before an earlier reply */
	CLIENT_EVENT, /* the same, but later replies may come before it */
	CLIENT_PING,  /* its answer: before any reply and event */
};

/* What the server does for a client. */
struct client_ops {
	/*
	 * Where to write one frame. It leaves at the turn's end, but not
	 * before the disk has all changes up to zxid (0: it tells of none).
	 * What need not wait overtakes what does, as far as its kind may.
	 */
	struct hf_buf *(*out)(struct client *client, enum client_frame frame,
			      int64_t zxid);
	void (*close_soon)(struct client *client); /* when all has left */
	void (*kill)(struct client *client);       /* now */
	/* How many bytes it has not taken yet. */
	size_t (*queued)(struct client *client);
	bool (*waits)(struct client *client); /* for a reply, for the disk */
};

enum { CLIENT_ADDRESS_MAX = 128 };

/* For people: cons, stat. */
struct client_stats {
	uint64_t received, sent;
	int64_t since_wall_ms;
	int32_t last_op, last_xid;
	int64_t last_zxid;
	int64_t last_heard_ms;
};

struct client {
	const struct client_ops *ops;
	struct hf_list all;      /* on ephemerald->clients, oldest first */
	struct hf_list stranger; /* on ->strangers while it has no session */
	struct session *session; /* NULL: none yet */
	struct acl_who who;
	struct watcher watcher;
	struct client_stats stats;
	int64_t opened_ms;
	int64_t told_zxid; /* the greatest of its replies, sent or waiting */
	bool over;         /* nothing it sends is read any more */
	char address[CLIENT_ADDRESS_MAX]; /* "127.0.0.1:4242", "unix:/path" */
};

void client_opened(struct ephemerald *e, struct client *client, int64_t now_ms);
void client_closed(struct ephemerald *e, struct client *client);

/* Its address is known: it counts as an identity. */
void client_is_at(struct client *client, const char *address);

/* No request of it is run any more; it is closed when all has left. */
void client_end(struct client *client);

static inline struct client *client_of_watcher(struct watcher *watcher)
{
	return HF_CONTAINER_OF(watcher, struct client, watcher);
}

#endif
