/*
 * Commands that count in strings.
 */
#include "config.h"

#include "lockd/real.h"
#include "lockd/values.h"

#include <math.h>
#include <stdio.h>

/*
 * Redisson's RFencedLock counts its tokens in keys of this name, which a
 * deletion sets back. Not here: what INCR gives for one is never less than
 * the next token of the counter of all keys, and takes it.
 */
static bool is_token_key(struct hf_slice key)
{
	static const struct hf_slice prefix =
	    HF_SLICE_INIT("redisson_lock_token:");

	return key.len >= prefix.len &&
	       memcmp(key.data, prefix.data, prefix.len) == 0;
}

static int64_t at_least_next_token(const struct keyspace *ks, int64_t value)
{
	int64_t next = keyspace_last_fence(ks) + 1;

	return value > next ? value : next;
}

static void increase(struct call *call, int64_t by)
{
	struct hf_slice key = call->argv[1];
	struct ks_view old;
	int64_t value = 0;
	char text[24];
	int len;

	if (!value_write(call, key, KS_STRING, &old))
		return;
	if (old.type != KS_NONE && hf_slice_int64(old.value, &value) < 0) {
		reply_not_an_integer(call->reply);
		return;
	}
	if (__builtin_add_overflow(value, by, &value)) {
		reply_error(call->reply,
			    "ERR increment or decrement would overflow");
		return;
	}
	if (is_token_key(key))
		value = at_least_next_token(call->lockd->keys, value);
	len = snprintf(text, sizeof(text), "%lld", (long long)value);
	value_put(call, key, &old, KS_STRING,
		  (struct hf_slice){ text, (size_t)len });
	reply_integer(call->reply, value);
}

void cmd_incr(struct call *call)
{
	increase(call, 1);
}

void cmd_decr(struct call *call)
{
	increase(call, -1);
}

void cmd_incrby(struct call *call)
{
	int64_t by;

	if (hf_slice_int64(call->argv[2], &by) < 0)
		reply_not_an_integer(call->reply);
	else
		increase(call, by);
}

void cmd_decrby(struct call *call)
{
	int64_t by;

	if (hf_slice_int64(call->argv[2], &by) < 0)
		reply_not_an_integer(call->reply);
	else if (by == INT64_MIN)
		reply_error(call->reply, "ERR decrement would overflow");
	else
		increase(call, -by);
}

void cmd_incrbyfloat(struct call *call)
{
	struct hf_slice key = call->argv[1], result;
	long double value = 0, by;
	char text[REAL_TEXT_MAX];
	struct ks_view old;

	if (!value_write(call, key, KS_STRING, &old))
		return;
	if ((old.type != KS_NONE && real_parse(old.value, &value) < 0) ||
	    real_parse(call->argv[2], &by) < 0) {
		reply_error(call->reply, "ERR value is not a valid float");
		return;
	}
	value += by;
	if (isnan(value) || isinf(value)) {
		reply_error(call->reply,
			    "ERR increment would produce NaN or Infinity");
		return;
	}
	result = (struct hf_slice){ text, real_format(value, text) };
	value_put(call, key, &old, KS_STRING, result);
	reply_bulk(call->reply, result);
}
