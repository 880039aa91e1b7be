#include "config.h"

#include "lockd/expiry.h"

#include "libhold/clock.h"

static void reply_invalid(struct call *call, const char *command)
{
	reply_error(call->reply, "ERR invalid expire time in '%s' command",
		    command);
}

bool expiry_parse(struct call *call, struct hf_slice text, unsigned unit,
		  bool positive, const char *command, int64_t *due_ms_out)
{
	int64_t wall_ms = hf_wall_ms(), value, from_now_ms;

	if (hf_slice_int64(text, &value) < 0) {
		reply_not_an_integer(call->reply);
		return false;
	}
	if ((positive && value <= 0) ||
	    ((unit & EXPIRY_SECONDS) != 0 &&
	     __builtin_mul_overflow(value, 1000, &value)) ||
	    ((unit & EXPIRY_ABSOLUTE) == 0 && value > INT64_MAX - wall_ms)) {
		reply_invalid(call, command);
		return false;
	}
	/* Far away on either side stays just that. */
	if ((unit & EXPIRY_ABSOLUTE) == 0)
		from_now_ms = value;
	else if (__builtin_sub_overflow(value, wall_ms, &from_now_ms))
		from_now_ms = INT64_MIN;
	if (__builtin_add_overflow(call->now_ms, from_now_ms, due_ms_out))
		*due_ms_out = from_now_ms > 0 ? HF_NEVER - 1 : INT64_MIN;
	return true;
}
