/*
 * Commands on strings, as a whole and in part.
 */
#include "config.h"

#include "lockd/values.h"

#include "libhold/buf.h"

void cmd_get(struct call *call)
{
	struct ks_view view;

	if (!value_read(call, call->argv[1], KS_STRING, &view))
		return;
	if (view.type == KS_NONE)
		reply_null(call->reply);
	else
		reply_bulk(call->reply, view.value);
}

void cmd_mget(struct call *call)
{
	reply_array(call->reply, call->argc - 1);
	for (size_t i = 1; i < call->argc; i++) {
		struct ks_view view = value_to_change(call, call->argv[i]);

		if (view.type == KS_STRING)
			reply_bulk(call->reply, view.value);
		else
			reply_null(call->reply);
	}
}

void cmd_strlen(struct call *call)
{
	struct ks_view view;

	if (value_read(call, call->argv[1], KS_STRING, &view))
		reply_integer(call->reply, (int64_t)view.value.len);
}

/* ---- removal ------------------------------------------------------------ */

void cmd_getdel(struct call *call)
{
	struct ks_view view;

	if (!value_read(call, call->argv[1], KS_STRING, &view))
		return;
	if (view.type == KS_NONE) {
		reply_null(call->reply);
		return;
	}
	reply_bulk(call->reply, view.value);
	value_remove(call, call->argv[1]);
}

static void remove_if(struct call *call, bool wanted)
{
	if (wanted && !command_may_change(call))
		return;
	reply_integer(call->reply,
		      wanted && value_remove(call, call->argv[1]) ? 1 : 0);
}

/* DELIFEQ key value, as Valkey has it. */
void cmd_delifeq(struct call *call)
{
	struct ks_view view;

	if (value_write(call, call->argv[1], KS_STRING, &view))
		remove_if(call, view.type == KS_STRING &&
				    hf_slice_eq(view.value, call->argv[2]));
}

/* DELEX key [IFEQ value | IFNE value], as Redis 8.4 has it. */
void cmd_delex(struct call *call)
{
	struct ks_view view;
	bool same;

	if (call->argc == 3) {
		reply_error(call->reply,
			    "ERR wrong number of arguments for 'delex' "
			    "command");
		return;
	}
	view = value_to_change(call, call->argv[1]);
	if (call->argc == 2 || view.type == KS_NONE) {
		remove_if(call, view.type != KS_NONE);
		return;
	}
	if (view.type != KS_STRING) {
		reply_error(call->reply, "ERR Key should be of string type if "
					 "conditions are specified");
		return;
	}
	same = hf_slice_eq(view.value, call->argv[3]);
	if (hf_slice_ieq(call->argv[2], "ifeq"))
		remove_if(call, same);
	else if (hf_slice_ieq(call->argv[2], "ifne"))
		remove_if(call, !same);
	else
		reply_error(call->reply,
			    "ERR Invalid condition. Use IFEQ or IFNE");
}

/* ---- parts -------------------------------------------------------------- */

/* Bytes first to last, both counted, from the end if negative. */
static struct hf_slice part_of(struct hf_slice value, int64_t first,
			       int64_t last)
{
	int64_t len = (int64_t)value.len;

	if (first < 0 && last < 0 && first > last)
		return HF_SLICE("");
	first = first < 0 ? first + len : first;
	last = last < 0 ? last + len : last;
	first = first < 0 ? 0 : first;
	last = last < 0 ? 0 : last;
	last = last >= len ? len - 1 : last;
	if (first > last)
		return HF_SLICE("");
	return (struct hf_slice){ value.data + first,
				  (size_t)(last - first + 1) };
}

void cmd_getrange(struct call *call)
{
	struct ks_view view;
	int64_t first, last;

	if (hf_slice_int64(call->argv[2], &first) < 0 ||
	    hf_slice_int64(call->argv[3], &last) < 0)
		reply_not_an_integer(call->reply);
	else if (value_read(call, call->argv[1], KS_STRING, &view))
		reply_bulk(call->reply, part_of(view.value, first, last));
}

/* Writes piece over the value at offset, with zeros before if need be. */
static void write_at(struct call *call, const struct ks_view *old,
		     size_t offset, struct hf_slice piece)
{
	size_t end = offset + piece.len;
	size_t len = end > old->value.len ? end : old->value.len;
	struct hf_buf value;
	char *to;

	if (len > VALUE_GROWN_MAX) {
		reply_error(call->reply,
			    "ERR string exceeds maximum allowed size (%d "
			    "bytes, if it grows by pieces)",
			    VALUE_GROWN_MAX);
		return;
	}
	hf_buf_init(&value, VALUE_GROWN_MAX + 1);
	to = hf_buf_reserve(&value, len + 1); /* something, for an empty one */
	memset(to, 0, len);
	if (old->value.len > 0)
		memcpy(to, old->value.data, old->value.len);
	memcpy(to + offset, piece.data, piece.len);
	hf_buf_commit(&value, len);
	value_put(call, call->argv[1], old, KS_STRING, hf_buf_slice(&value));
	hf_buf_fini(&value);
	reply_integer(call->reply, (int64_t)len);
}

void cmd_append(struct call *call)
{
	struct ks_view old;

	if (value_write(call, call->argv[1], KS_STRING, &old))
		write_at(call, &old, old.value.len, call->argv[2]);
}

void cmd_setrange(struct call *call)
{
	struct ks_view old;
	int64_t offset;

	if (hf_slice_int64(call->argv[2], &offset) < 0) {
		reply_not_an_integer(call->reply);
		return;
	}
	if (offset < 0) {
		reply_error(call->reply, "ERR offset is out of range");
		return;
	}
	if (!value_write(call, call->argv[1], KS_STRING, &old))
		return;
	if (call->argv[3].len == 0)
		reply_integer(call->reply, (int64_t)old.value.len);
	else
		write_at(call, &old,
			 offset < VALUE_GROWN_MAX ? (size_t)offset
						  : (size_t)VALUE_GROWN_MAX,
			 call->argv[3]);
}
