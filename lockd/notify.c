#include "config.h"

#include "lockd/notify.h"

#include "libhold/buf.h"
#include "libhold/err.h"
#include "libhold/mem.h"
#include "lockd/command.h"
#include "lockd/pubsub.h"

#include <stdlib.h>

enum {
	NOTIFY_KEYSPACE = 1 << 0,
	NOTIFY_KEYEVENT = 1 << 1,
	NOTIFY_GENERIC = 1 << 2,
	NOTIFY_STRING = 1 << 3,
	NOTIFY_LIST = 1 << 4,
	NOTIFY_SET = 1 << 5,
	NOTIFY_HASH = 1 << 6,
	NOTIFY_ZSET = 1 << 7,
	NOTIFY_EXPIRED = 1 << 8,
	NOTIFY_EVICTED = 1 << 9,
	NOTIFY_STREAM = 1 << 10,
	NOTIFY_MODULE = 1 << 11,
	NOTIFY_ALL = (1 << 12) - (1 << 2), /* the letter A */
};

/* The order is that in which Redis shows them. */
static const struct letter {
	char letter;
	unsigned flag;
} letters[] = {
	{ 'g', NOTIFY_GENERIC },  { '$', NOTIFY_STRING },
	{ 'l', NOTIFY_LIST },     { 's', NOTIFY_SET },
	{ 'h', NOTIFY_HASH },     { 'z', NOTIFY_ZSET },
	{ 'x', NOTIFY_EXPIRED },  { 'e', NOTIFY_EVICTED },
	{ 't', NOTIFY_STREAM },   { 'd', NOTIFY_MODULE },
	{ 'K', NOTIFY_KEYSPACE }, { 'E', NOTIFY_KEYEVENT },
};

/* What a kind of change is called if the command does not say otherwise. */
static const struct event {
	const char *name;
	unsigned class;
} events[] = {
	[KS_SET] = { "set", NOTIFY_STRING },
	[KS_DUE] = { "expire", NOTIFY_GENERIC },
	[KS_DELETE] = { "del", NOTIFY_GENERIC },
	[KS_EXPIRE] = { "expired", NOTIFY_EXPIRED },
};

static const struct exception {
	const char *command;
	enum ks_kind kind;
	struct event event;
} exceptions[] = {
	{ "incr", KS_SET, { "incrby", NOTIFY_STRING } },
	{ "incrby", KS_SET, { "incrby", NOTIFY_STRING } },
	{ "decr", KS_SET, { "incrby", NOTIFY_STRING } },
	{ "decrby", KS_SET, { "incrby", NOTIFY_STRING } },
	{ "incrbyfloat", KS_SET, { "incrbyfloat", NOTIFY_STRING } },
	{ "append", KS_SET, { "append", NOTIFY_STRING } },
	{ "setrange", KS_SET, { "setrange", NOTIFY_STRING } },
	{ "hincrby", KS_SET, { "hincrby", NOTIFY_HASH } },
	{ "hincrbyfloat", KS_SET, { "hincrbyfloat", NOTIFY_HASH } },
	{ "hdel", KS_SET, { "hdel", NOTIFY_HASH } },
	{ "rename", KS_SET, { "rename_to", NOTIFY_GENERIC } },
	{ "renamenx", KS_SET, { "rename_to", NOTIFY_GENERIC } },
	{ "copy", KS_SET, { "copy_to", NOTIFY_GENERIC } },
};

struct notify {
	struct ks_observer observer; /* on the keyspace's list while on */
	struct lockd *lockd;
	unsigned flags;
	struct hf_buf channel; /* room to write a channel's name in */
};

int notify_parse(struct hf_slice text, unsigned *flags_out)
{
	unsigned flags = 0;

	for (size_t i = 0; i < text.len; i++) {
		unsigned flag = text.data[i] == 'A' ? NOTIFY_ALL : 0;

		for (size_t n = 0; n < HF_LEN(letters); n++) {
			if (text.data[i] == letters[n].letter)
				flag = letters[n].flag;
		}
		if (flag == 0)
			return HF_EBAD;
		flags |= flag;
	}
	*flags_out = flags;
	return 0;
}

void notify_format(unsigned flags, char out[NOTIFY_TEXT_MAX])
{
	if ((flags & NOTIFY_ALL) == NOTIFY_ALL) {
		*out++ = 'A';
		flags &= ~(unsigned)NOTIFY_ALL;
	}
	for (size_t n = 0; n < HF_LEN(letters); n++) {
		if ((flags & letters[n].flag) != 0)
			*out++ = letters[n].letter;
	}
	*out = '\0';
}

static void publish(struct notify *notify, const char *prefix,
		    struct hf_slice about, struct hf_slice text)
{
	hf_buf_reset(&notify->channel, 256);
	hf_buf_printf(&notify->channel, "%s", prefix);
	hf_buf_add_slice(&notify->channel, about);
	if (!hf_buf_failed(&notify->channel))
		pubsub_publish(notify->lockd->pubsub, PUBSUB_CHANNEL,
			       hf_buf_slice(&notify->channel), text);
}

static void tell(struct notify *notify, const struct event *event,
		 struct hf_slice key)
{
	struct hf_slice name = hf_slice_of(event->name);

	if ((notify->flags & event->class) == 0)
		return;
	if ((notify->flags & NOTIFY_KEYSPACE) != 0)
		publish(notify, "__keyspace@0__:", key, name);
	if ((notify->flags & NOTIFY_KEYEVENT) != 0)
		publish(notify, "__keyevent@0__:", name, key);
}

static const struct event *event_of(const struct call *call,
				    const struct ks_change *change)
{
	static const struct event lock = { "lock", NOTIFY_GENERIC };
	static const struct event persist = { "persist", NOTIFY_GENERIC };
	static const struct event hset = { "hset", NOTIFY_HASH };
	enum ks_kind kind = change->kind;

	if (kind == KS_SET && change->type == KS_LOCK)
		return &lock; /* acquired, extended, or shared by fewer */
	if (kind == KS_DUE && change->due_ms == HF_NEVER)
		return &persist;
	for (size_t i = 0; call != NULL && i < HF_LEN(exceptions); i++) {
		if (kind == exceptions[i].kind &&
		    hf_slice_ieq(call->argv[0], exceptions[i].command))
			return &exceptions[i].event;
	}
	if (kind == KS_SET && change->type == KS_HASH)
		return &hset;
	return &events[kind];
}

static bool has_word(const struct call *call, const char *word)
{
	for (size_t i = 3; i < call->argc; i++) {
		if (hf_slice_ieq(call->argv[i], word))
			return true;
	}
	return false;
}

/* Did the command itself give the value that it sets a deadline? */
static bool gives_deadline(const struct call *call)
{
	return hf_slice_ieq(call->argv[0], "setex") ||
	       hf_slice_ieq(call->argv[0], "psetex") ||
	       (hf_slice_ieq(call->argv[0], "set") &&
		!has_word(call, "keepttl"));
}

static bool is_rename(const struct call *call)
{
	return call != NULL && (hf_slice_ieq(call->argv[0], "rename") ||
				hf_slice_ieq(call->argv[0], "renamenx"));
}

/* What comes before the event of the change itself. */
static void tell_before(struct notify *notify, const struct call *call,
			const struct ks_change *change)
{
	static const struct event from = { "rename_from", NOTIFY_GENERIC };
	static const struct event hdel = { "hdel", NOTIFY_HASH };

	if (change->kind == KS_SET && is_rename(call))
		tell(notify, &from, call->argv[1]);
	if (change->kind == KS_DELETE && call != NULL &&
	    hf_slice_ieq(call->argv[0], "hdel"))
		tell(notify, &hdel, change->key); /* of the last field */
}

static void seen(struct ks_observer *observer, const struct ks_change *change)
{
	struct notify *notify =
	    HF_CONTAINER_OF(observer, struct notify, observer);
	const struct call *call = notify->lockd->running;

	if ((size_t)change->kind >= HF_LEN(events))
		return; /* of no key: nobody is told */
	if (change->kind == KS_DELETE && is_rename(call))
		return; /* told of when the value came to its new key */
	tell_before(notify, call, change);
	tell(notify, event_of(call, change), change->key);
	if (change->kind == KS_SET && change->due_ms != HF_NEVER &&
	    call != NULL && gives_deadline(call))
		tell(notify, &events[KS_DUE], change->key);
}

struct notify *notify_new(struct lockd *lockd)
{
	struct notify *notify = hf_new(struct notify);

	notify->lockd = lockd;
	notify->observer.seen = seen;
	hf_list_init(&notify->observer.all);
	hf_buf_init(&notify->channel, (size_t)1 << 30);
	return notify;
}

void notify_free(struct notify **notify)
{
	if (*notify == NULL)
		return;
	hf_list_remove(&(*notify)->observer.all);
	hf_buf_fini(&(*notify)->channel);
	free(*notify);
	*notify = NULL;
}

void notify_set(struct notify *notify, unsigned flags)
{
	notify->flags = flags;
	hf_list_remove(&notify->observer.all);
	if (flags != 0)
		keyspace_observe(notify->lockd->keys, &notify->observer);
}

unsigned notify_flags(const struct notify *notify)
{
	return notify->flags;
}
