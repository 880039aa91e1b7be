#include "config.h"

#include "lockd/pubsub.h"

#include "libhold/err.h"
#include "libhold/mem.h"
#include "libhold/table.h"
#include "lockd/glob.h"

#include <assert.h>
#include <stdlib.h>

/* A name that somebody listens to; it goes with its last listener. */
struct topic {
	struct hf_table_node node;
	struct hf_list all;  /* on pubsub->topics[kind], oldest first */
	struct hf_list subs; /* who listens, in the order they came */
	size_t listeners;
	size_t name_len;
	char name[];
};

/* One client on one topic. */
struct sub {
	struct hf_table_node node;
	struct hf_list of_topic;
	struct hf_list of_client;
	struct topic *topic;
	struct client *client;
};

/* A client's side; it exists while the client listens to something. */
struct pubsub_side {
	struct hf_list subs[PUBSUB_KINDS]; /* oldest first */
	size_t count[PUBSUB_KINDS];
	size_t name_bytes;
};

struct pubsub {
	struct pubsub_limits limits;
	uint64_t seed;
	struct hf_table *by_name[PUBSUB_KINDS]; /* struct topic */
	struct hf_list topics[PUBSUB_KINDS];
	struct hf_table *subs; /* struct sub, by the pair */
};

struct pubsub *pubsub_new(uint64_t seed, const struct pubsub_limits *limits)
{
	struct pubsub *ps = hf_new(struct pubsub);

	ps->limits = *limits;
	ps->seed = seed;
	ps->subs = hf_table_new();
	for (int kind = 0; kind < PUBSUB_KINDS; kind++) {
		ps->by_name[kind] = hf_table_new();
		hf_list_init(&ps->topics[kind]);
	}
	return ps;
}

void pubsub_free(struct pubsub **pubsub)
{
	struct pubsub *ps = *pubsub;

	if (ps == NULL)
		return;
	assert(hf_table_count(ps->subs) == 0);
	for (int kind = 0; kind < PUBSUB_KINDS; kind++)
		hf_table_free(&ps->by_name[kind]);
	hf_table_free(&ps->subs);
	free(ps);
	*pubsub = NULL;
}

/* ---- looking up --------------------------------------------------------- */

static struct topic *topic_of(const struct hf_table_node *node)
{
	return HF_CONTAINER_OF((uintptr_t)node, struct topic, node);
}

static struct sub *sub_of(const struct hf_table_node *node)
{
	return HF_CONTAINER_OF((uintptr_t)node, struct sub, node);
}

static struct hf_slice name_of(const struct topic *topic)
{
	return (struct hf_slice){ topic->name, topic->name_len };
}

static bool has_name(const struct hf_table_node *node, struct hf_slice name)
{
	return hf_slice_eq(name_of(topic_of(node)), name);
}

static struct topic *find_topic(struct pubsub *ps, enum pubsub_kind kind,
				struct hf_slice name)
{
	struct hf_table_node *node = hf_table_find(
	    ps->by_name[kind], hf_table_hash(ps->seed, name), has_name, name);

	return node != NULL ? topic_of(node) : NULL;
}

/* What the table of pairs is searched by: two addresses. */
struct pair {
	const struct topic *topic;
	const struct client *client;
};

static struct hf_slice pair_bytes(const struct pair *pair)
{
	return (struct hf_slice){ (const char *)pair, sizeof(*pair) };
}

static bool is_pair(const struct hf_table_node *node, struct hf_slice key)
{
	const struct sub *sub = sub_of(node);
	struct pair pair = { sub->topic, sub->client };

	return hf_slice_eq(pair_bytes(&pair), key);
}

static uint32_t pair_hash(const struct pubsub *ps, const struct pair *pair)
{
	return hf_table_hash(ps->seed, pair_bytes(pair));
}

static struct sub *find_sub(struct pubsub *ps, const struct topic *topic,
			    const struct client *client)
{
	struct pair pair = { topic, client };
	struct hf_table_node *node = hf_table_find(
	    ps->subs, pair_hash(ps, &pair), is_pair, pair_bytes(&pair));

	return node != NULL ? sub_of(node) : NULL;
}

/* ---- subscribing -------------------------------------------------------- */

static struct topic *topic_new(struct pubsub *ps, enum pubsub_kind kind,
			       struct hf_slice name)
{
	struct topic *topic = hf_alloc(sizeof(*topic) + name.len);

	topic->name_len = name.len;
	if (name.len > 0)
		memcpy(topic->name, name.data, name.len);
	hf_list_init(&topic->subs);
	hf_list_init(&topic->all);
	hf_list_append(&ps->topics[kind], &topic->all);
	hf_table_insert(ps->by_name[kind], &topic->node,
			hf_table_hash(ps->seed, name));
	return topic;
}

static void drop_topic_if_idle(struct pubsub *ps, enum pubsub_kind kind,
			       struct topic *topic)
{
	if (topic->listeners > 0)
		return;
	hf_list_remove(&topic->all);
	hf_table_remove(ps->by_name[kind], &topic->node);
	free(topic);
}

static struct pubsub_side *side_new(void)
{
	struct pubsub_side *side = hf_new(struct pubsub_side);

	for (int kind = 0; kind < PUBSUB_KINDS; kind++)
		hf_list_init(&side->subs[kind]);
	return side;
}

static size_t total(const struct pubsub_side *side)
{
	size_t n = 0;

	for (int kind = 0; kind < PUBSUB_KINDS; kind++)
		n += side->count[kind];
	return n;
}

static bool has_room(const struct pubsub *ps, const struct pubsub_side *side,
		     struct hf_slice name)
{
	size_t n = side != NULL ? total(side) : 0;
	size_t bytes = side != NULL ? side->name_bytes : 0;

	return n < ps->limits.per_client &&
	       name.len <= ps->limits.bytes_per_client - bytes;
}

static void link_sub(struct pubsub *ps, enum pubsub_kind kind,
		     struct topic *topic, struct client *client)
{
	struct pair pair = { topic, client };
	struct sub *sub = hf_new(struct sub);

	sub->topic = topic;
	sub->client = client;
	hf_list_init(&sub->of_topic);
	hf_list_init(&sub->of_client);
	hf_list_append(&topic->subs, &sub->of_topic);
	hf_list_append(&client->listens->subs[kind], &sub->of_client);
	hf_table_insert(ps->subs, &sub->node, pair_hash(ps, &pair));
	topic->listeners++;
	client->listens->count[kind]++;
	client->listens->name_bytes += topic->name_len;
}

int pubsub_subscribe(struct pubsub *ps, struct client *client,
		     enum pubsub_kind kind, struct hf_slice name)
{
	struct topic *topic = find_topic(ps, kind, name);

	if (topic != NULL && find_sub(ps, topic, client) != NULL)
		return 0;
	if (!has_room(ps, client->listens, name))
		return HF_ELIMIT;
	if (topic == NULL)
		topic = topic_new(ps, kind, name);
	if (client->listens == NULL)
		client->listens = side_new();
	link_sub(ps, kind, topic, client);
	return 0;
}

static void unlink_sub(struct pubsub *ps, enum pubsub_kind kind,
		       struct sub *sub)
{
	struct pubsub_side *side = sub->client->listens;

	hf_list_remove(&sub->of_topic);
	hf_list_remove(&sub->of_client);
	hf_table_remove(ps->subs, &sub->node);
	sub->topic->listeners--;
	side->count[kind]--;
	side->name_bytes -= sub->topic->name_len;
	drop_topic_if_idle(ps, kind, sub->topic);
	free(sub);
}

static void drop_side_if_idle(struct client *client)
{
	if (total(client->listens) > 0)
		return;
	free(client->listens);
	client->listens = NULL;
}

bool pubsub_unsubscribe(struct pubsub *ps, struct client *client,
			enum pubsub_kind kind, struct hf_slice name)
{
	struct topic *topic = find_topic(ps, kind, name);
	struct sub *sub = topic != NULL ? find_sub(ps, topic, client) : NULL;

	if (sub == NULL)
		return false;
	unlink_sub(ps, kind, sub);
	drop_side_if_idle(client);
	return true;
}

void pubsub_drop(struct pubsub *ps, struct client *client)
{
	if (client->listens == NULL)
		return;
	for (int kind = 0; kind < PUBSUB_KINDS; kind++) {
		HF_LIST_FOREACH (node, &client->listens->subs[kind])
			unlink_sub(
			    ps, (enum pubsub_kind)kind,
			    HF_CONTAINER_OF(node, struct sub, of_client));
	}
	drop_side_if_idle(client);
}

size_t pubsub_count(const struct client *client, enum pubsub_kind kind)
{
	return client->listens != NULL ? client->listens->count[kind] : 0;
}

bool pubsub_oldest(const struct client *client, enum pubsub_kind kind,
		   struct hf_slice *name_out)
{
	struct hf_list *node = client->listens != NULL
				   ? hf_list_first(&client->listens->subs[kind])
				   : NULL;

	if (node == NULL)
		return false;
	*name_out =
	    name_of(HF_CONTAINER_OF(node, struct sub, of_client)->topic);
	return true;
}

/* ---- publishing --------------------------------------------------------- */

struct message {
	const char *type;            /* the first word of what receivers see */
	const struct topic *pattern; /* by which it matched; NULL: none */
	struct hf_slice channel;
	struct hf_slice text;
};

static void send(struct client *client, const struct message *message)
{
	struct reply *r = client_reach(client);

	reply_push(r, message->pattern != NULL ? 4 : 3);
	reply_str(r, message->type);
	if (message->pattern != NULL)
		reply_bulk(r, name_of(message->pattern));
	reply_bulk(r, message->channel);
	reply_bulk(r, message->text);
}

static size_t send_all(struct topic *topic, const struct message *message)
{
	HF_LIST_FOREACH (node, &topic->subs)
		send(HF_CONTAINER_OF(node, struct sub, of_topic)->client,
		     message);
	return topic->listeners;
}

static size_t send_by_patterns(struct pubsub *ps, struct hf_slice channel,
			       struct hf_slice text)
{
	size_t sent = 0;

	HF_LIST_FOREACH (node, &ps->topics[PUBSUB_PATTERN]) {
		struct topic *topic = HF_CONTAINER_OF(node, struct topic, all);
		struct message message = { "pmessage", topic, channel, text };

		if (glob_match(name_of(topic), channel))
			sent += send_all(topic, &message);
	}
	return sent;
}

size_t pubsub_publish(struct pubsub *ps, enum pubsub_kind kind,
		      struct hf_slice channel, struct hf_slice text)
{
	struct topic *topic = find_topic(ps, kind, channel);
	struct message message = { kind == PUBSUB_SHARD ? "smessage"
							: "message",
				   NULL, channel, text };
	size_t sent = 0;

	assert(kind != PUBSUB_PATTERN);
	if (topic != NULL)
		sent += send_all(topic, &message);
	if (kind == PUBSUB_CHANNEL)
		sent += send_by_patterns(ps, channel, text);
	return sent;
}

/* ---- looking at it ------------------------------------------------------ */

size_t pubsub_topics(const struct pubsub *ps, enum pubsub_kind kind)
{
	return hf_table_count(ps->by_name[kind]);
}

size_t pubsub_listeners(struct pubsub *ps, enum pubsub_kind kind,
			struct hf_slice name)
{
	struct topic *topic = find_topic(ps, kind, name);

	return topic != NULL ? topic->listeners : 0;
}

void pubsub_each(struct pubsub *ps, enum pubsub_kind kind, pubsub_each_fn *each,
		 void *arg)
{
	HF_LIST_FOREACH (node, &ps->topics[kind])
		each(arg, name_of(HF_CONTAINER_OF(node, struct topic, all)));
}
