/*
 * OBJECT: how a value is kept, and when it was used.
 */
#include "config.h"

#include "lockd/hash_value.h"
#include "lockd/values.h"

/* Up to here Redis keeps a string together with its header, a hash packed. */
enum { EMBEDDED_MAX = 44, PACKED_FIELDS_MAX = 128, PACKED_BYTES_MAX = 64 };

/* False after the null that stands for no such key. */
static bool look(struct call *call, struct ks_view *out)
{
	*out = value_peek(call, call->argv[2]);
	if (out->type == KS_NONE)
		reply_null(call->reply);
	return out->type != KS_NONE;
}

static const char *encoding_of_string(struct hf_slice value)
{
	int64_t number;

	if (hf_slice_int64(value, &number) == 0)
		return "int";
	return value.len <= EMBEDDED_MAX ? "embstr" : "raw";
}

static const char *encoding_of_hash(struct hf_slice fields)
{
	struct hash_field field;
	size_t n = 0;

	while (hash_value_next(&fields, &field)) {
		if (++n > PACKED_FIELDS_MAX ||
		    field.name.len > PACKED_BYTES_MAX ||
		    field.value.len > PACKED_BYTES_MAX)
			return "hashtable";
	}
	return "listpack";
}

/* What Redis would keep such a value as: clients decide by it. */
static void object_encoding(struct call *call)
{
	struct ks_view view;

	if (!look(call, &view))
		return;
	if (view.type == KS_STRING)
		reply_str(call->reply, encoding_of_string(view.value));
	else if (view.type == KS_HASH)
		reply_str(call->reply, encoding_of_hash(view.value));
	else
		reply_str(call->reply, "holders");
}

static void object_refcount(struct call *call)
{
	struct ks_view view;

	if (look(call, &view))
		reply_integer(call->reply, 1);
}

static void object_idletime(struct call *call)
{
	int64_t since_ms = call->lockd->stats.started_ms;
	struct ks_view view;

	if (!look(call, &view))
		return;
	if (view.used_ms > since_ms)
		since_ms = view.used_ms;
	reply_integer(call->reply, (call->now_ms - since_ms) / 1000);
}

static void object_freq(struct call *call)
{
	struct ks_view view;

	if (look(call, &view))
		reply_error(call->reply,
			    "ERR An LFU maxmemory policy is not selected, "
			    "access frequency not tracked. Please note that "
			    "when switching between policies at runtime LRU "
			    "and LFU data will take some time to adjust.");
}

static void object_help(struct call *call)
{
	static const char *const lines[] = {
		"OBJECT <subcommand> [<arg> ...]. Subcommands are:",
		"ENCODING <key>",
		"    How Redis would keep the value.",
		"FREQ <key>",
		"    An error: how often keys are used is not counted.",
		"IDLETIME <key>",
		"    Seconds since it was last used.",
		"REFCOUNT <key>",
		"    Always 1: no value is shared.",
		"HELP",
		"    This text.",
	};

	reply_lines(call->reply, lines, HF_LEN(lines));
}

void cmd_object(struct call *call)
{
	static const struct subcommand subs[] = {
		{ "encoding", 3, 3, object_encoding },
		{ "freq", 3, 3, object_freq },
		{ "idletime", 3, 3, object_idletime },
		{ "refcount", 3, 3, object_refcount },
		{ "help", 2, 2, object_help },
	};

	command_run_sub(call, "object", subs, HF_LEN(subs));
}
