/*
 * Commands that publish and listen.
 */
#include "config.h"

#include "lockd/command.h"
#include "lockd/glob.h"
#include "lockd/pubsub.h"

/* How each kind is spoken of. */
static const struct kind_words {
	const char *subscribed, *unsubscribed;
} words_of[PUBSUB_KINDS] = {
	[PUBSUB_CHANNEL] = { "subscribe", "unsubscribe" },
	[PUBSUB_PATTERN] = { "psubscribe", "punsubscribe" },
	[PUBSUB_SHARD] = { "ssubscribe", "sunsubscribe" },
};

/* The number in a confirmation: shard channels are counted for themselves. */
static size_t count_with(const struct client *client, enum pubsub_kind kind)
{
	if (kind == PUBSUB_SHARD)
		return pubsub_count(client, PUBSUB_SHARD);
	return pubsub_count(client, PUBSUB_CHANNEL) +
	       pubsub_count(client, PUBSUB_PATTERN);
}

/* Confirmations come as messages do: also when CLIENT REPLY is off. */
static void confirm(struct call *call, const char *what,
		    const struct hf_slice *name, size_t count)
{
	struct reply *r = client_wants_reply(call->client)
			      ? call->reply
			      : client_reach(call->client);

	reply_push(r, 3);
	reply_str(r, what);
	if (name != NULL)
		reply_bulk(r, *name);
	else
		reply_null(r);
	reply_integer(r, (int64_t)count);
}

static void subscribe(struct call *call, enum pubsub_kind kind)
{
	for (size_t i = 1; i < call->argc; i++) {
		if (pubsub_subscribe(call->lockd->pubsub, call->client, kind,
				     call->argv[i]) < 0)
			reply_error(call->reply,
				    "ERR too many subscriptions of one "
				    "connection");
		else
			confirm(call, words_of[kind].subscribed, &call->argv[i],
				count_with(call->client, kind));
	}
}

static void unsubscribe_all(struct call *call, enum pubsub_kind kind)
{
	const char *what = words_of[kind].unsubscribed;
	struct hf_slice name;

	if (pubsub_count(call->client, kind) == 0)
		confirm(call, what, NULL, count_with(call->client, kind));
	while (pubsub_oldest(call->client, kind, &name)) {
		/* The name dies with the subscription: it is told first. */
		confirm(call, what, &name, count_with(call->client, kind) - 1);
		pubsub_unsubscribe(call->lockd->pubsub, call->client, kind,
				   name);
	}
}

static void unsubscribe(struct call *call, enum pubsub_kind kind)
{
	if (call->argc == 1)
		unsubscribe_all(call, kind);
	for (size_t i = 1; i < call->argc; i++) {
		pubsub_unsubscribe(call->lockd->pubsub, call->client, kind,
				   call->argv[i]);
		confirm(call, words_of[kind].unsubscribed, &call->argv[i],
			count_with(call->client, kind));
	}
}

void cmd_subscribe(struct call *call)
{
	subscribe(call, PUBSUB_CHANNEL);
}

void cmd_psubscribe(struct call *call)
{
	subscribe(call, PUBSUB_PATTERN);
}

void cmd_ssubscribe(struct call *call)
{
	subscribe(call, PUBSUB_SHARD);
}

void cmd_unsubscribe(struct call *call)
{
	unsubscribe(call, PUBSUB_CHANNEL);
}

void cmd_punsubscribe(struct call *call)
{
	unsubscribe(call, PUBSUB_PATTERN);
}

void cmd_sunsubscribe(struct call *call)
{
	unsubscribe(call, PUBSUB_SHARD);
}

void cmd_publish(struct call *call)
{
	reply_integer(call->reply, (int64_t)pubsub_publish(
				       call->lockd->pubsub, PUBSUB_CHANNEL,
				       call->argv[1], call->argv[2]));
}

void cmd_spublish(struct call *call)
{
	reply_integer(call->reply,
		      (int64_t)pubsub_publish(call->lockd->pubsub, PUBSUB_SHARD,
					      call->argv[1], call->argv[2]));
}

/* ---- PUBSUB ------------------------------------------------------------- */

struct listing {
	struct reply *reply;            /* NULL: only count */
	const struct hf_slice *pattern; /* NULL: all */
	size_t n;
};

static void list_name(void *arg, struct hf_slice name)
{
	struct listing *listing = arg;

	if (listing->pattern != NULL && !glob_match(*listing->pattern, name))
		return;
	listing->n++;
	if (listing->reply != NULL)
		reply_bulk(listing->reply, name);
}

static void list_names(struct call *call, enum pubsub_kind kind)
{
	struct listing listing = { .pattern =
				       call->argc > 2 ? &call->argv[2] : NULL };

	pubsub_each(call->lockd->pubsub, kind, list_name, &listing);
	reply_array(call->reply, listing.n);
	listing.reply = call->reply;
	pubsub_each(call->lockd->pubsub, kind, list_name, &listing);
}

static void count_listeners(struct call *call, enum pubsub_kind kind)
{
	reply_array(call->reply, 2 * (call->argc - 2));
	for (size_t i = 2; i < call->argc; i++) {
		reply_bulk(call->reply, call->argv[i]);
		reply_integer(call->reply,
			      (int64_t)pubsub_listeners(call->lockd->pubsub,
							kind, call->argv[i]));
	}
}

static void pubsub_channels(struct call *call)
{
	if (command_sub_has_at_most(call, 3, "PUBSUB"))
		list_names(call, PUBSUB_CHANNEL);
}

static void pubsub_shardchannels(struct call *call)
{
	if (command_sub_has_at_most(call, 3, "PUBSUB"))
		list_names(call, PUBSUB_SHARD);
}

static void pubsub_numsub(struct call *call)
{
	count_listeners(call, PUBSUB_CHANNEL);
}

static void pubsub_shardnumsub(struct call *call)
{
	count_listeners(call, PUBSUB_SHARD);
}

static void pubsub_numpat(struct call *call)
{
	reply_integer(call->reply, (int64_t)pubsub_topics(call->lockd->pubsub,
							  PUBSUB_PATTERN));
}

static void pubsub_help(struct call *call)
{
	static const char *const lines[] = {
		"PUBSUB <subcommand> [<arg> ...]. Subcommands are:",
		"CHANNELS [<pattern>]",
		"    Channels that somebody listens to.",
		"NUMPAT",
		"    How many different patterns are listened to.",
		"NUMSUB [<channel> ...]",
		"    How many listen to each, patterns not counted.",
		"SHARDCHANNELS [<pattern>]",
		"    Shard channels that somebody listens to.",
		"SHARDNUMSUB [<channel> ...]",
		"    How many listen to each shard channel.",
		"HELP",
		"    This text.",
	};

	reply_lines(call->reply, lines, HF_LEN(lines));
}

void cmd_pubsub(struct call *call)
{
	static const struct subcommand subs[] = {
		{ "channels", 2, 0, pubsub_channels },
		{ "numsub", 2, 0, pubsub_numsub },
		{ "numpat", 2, 2, pubsub_numpat },
		{ "shardchannels", 2, 0, pubsub_shardchannels },
		{ "shardnumsub", 2, 0, pubsub_shardnumsub },
		{ "help", 2, 2, pubsub_help },
	};

	command_run_sub(call, "pubsub", subs, HF_LEN(subs));
}
