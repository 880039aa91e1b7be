/*
 * Channels, patterns, and who listens to them.
 *
 * CORE: no sockets. A listener is a client; what is published is written to
 * it through client_reach(), and one that does not read is dropped by the
 * limit on its unread output. Publishing costs as much as there are receivers
 * and distinct patterns; subscribing and ending it cost the same however many
 * there are. What one client may listen to is bounded in number and bytes.
 */
#ifndef LOCKD_PUBSUB_H
#define LOCKD_PUBSUB_H

#include "lockd/client.h"

enum pubsub_kind {
	PUBSUB_CHANNEL,
	PUBSUB_PATTERN,
	PUBSUB_SHARD, /* channels of SSUBSCRIBE: a namespace of their own */
	PUBSUB_KINDS
};

struct pubsub_limits {
	size_t per_client;       /* channels and patterns, all kinds together */
	size_t bytes_per_client; /* of their names */
};

struct pubsub;

/* seed: random, once a process. */
struct pubsub *pubsub_new(uint64_t seed, const struct pubsub_limits *limits);
/* After every client was dropped; sets *pubsub to NULL. */
void pubsub_free(struct pubsub **pubsub);

/* 0 (also if it listens already), or HF_ELIMIT. name is copied. */
int pubsub_subscribe(struct pubsub *pubsub, struct client *client,
		     enum pubsub_kind kind, struct hf_slice name) HF_MUSTUSE;
/* False if it did not listen. */
bool pubsub_unsubscribe(struct pubsub *pubsub, struct client *client,
			enum pubsub_kind kind, struct hf_slice name);
/* Ends all that client listens to, in silence. */
void pubsub_drop(struct pubsub *pubsub, struct client *client);

/* What client listens to: how many, and the oldest of them. */
size_t pubsub_count(const struct client *client, enum pubsub_kind kind);
bool pubsub_oldest(const struct client *client, enum pubsub_kind kind,
		   struct hf_slice *name_out);

/*
 * Sends message to who listens to channel; kind is not PUBSUB_PATTERN. Gives
 * how many times it was sent: a client may listen by several patterns.
 */
size_t pubsub_publish(struct pubsub *pubsub, enum pubsub_kind kind,
		      struct hf_slice channel, struct hf_slice message);

/* Names that somebody listens to, and listeners of one of them. */
size_t pubsub_topics(const struct pubsub *pubsub, enum pubsub_kind kind);
size_t pubsub_listeners(struct pubsub *pubsub, enum pubsub_kind kind,
			struct hf_slice name);
/* In the order in which they came to be; each() changes nothing in here. */
typedef void pubsub_each_fn(void *arg, struct hf_slice name);
void pubsub_each(struct pubsub *pubsub, enum pubsub_kind kind,
		 pubsub_each_fn *each, void *arg);

#endif
