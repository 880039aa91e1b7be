#include "config.h"

#include "bench/resp_work.h"

#include <assert.h>
#include <stdio.h>

static const struct resp_work works[] = {
	{ "ping", { RESP_STEP_PING, RESP_STEP_NONE }, false },
	{ "set", { RESP_STEP_ACQUIRE, RESP_STEP_NONE }, false },
	{ "pairs", { RESP_STEP_ACQUIRE, RESP_STEP_DELETE }, false },
	{ "retake", { RESP_STEP_DELETE, RESP_STEP_ACQUIRE }, false },
	{ "script-pairs", { RESP_STEP_ACQUIRE, RESP_STEP_RELEASE }, false },
	{ "fill", { RESP_STEP_ACQUIRE, RESP_STEP_NONE }, true },
	{ "release", { RESP_STEP_RELEASE, RESP_STEP_NONE }, true },
};

const char *const resp_work_names[] = { "ping",         "set",
					"pairs",        "retake",
					"script-pairs", "fill",
					"release",      NULL };

static_assert(HF_LEN(works) + 1 == HF_LEN(resp_work_names),
	      "each work has a name to be chosen by");

const struct resp_work *resp_work_of(int number)
{
	return &works[number];
}

/* ---- requests ----------------------------------------------------------- */

#define KEY_DIGITS   11
#define VALUE_DIGITS 20
#define KEY          "$16\r\nlock:00000000000\r\n"
#define VALUE        "$20\r\n00000000000000000000\r\n"

static int print_acquire(const struct resp_words *words, char *to, size_t room)
{
	bool at = words->until_ms > 0;
	char ms[24];
	int len = snprintf(ms, sizeof(ms), "%lld",
			   (long long)(at ? words->until_ms : words->ttl_ms));

	return snprintf(to, room,
			"*6\r\n$3\r\nSET\r\n" KEY VALUE "$2\r\nNX\r\n"
			"$%d\r\n%s\r\n$%d\r\n%s\r\n",
			at ? 4 : 2, at ? "PXAT" : "PX", len, ms);
}

static int print(enum resp_step step, const struct resp_words *words, char *to,
		 size_t room)
{
	switch (step) {
	case RESP_STEP_PING:
		return snprintf(to, room, "*1\r\n$4\r\nPING\r\n");
	case RESP_STEP_ACQUIRE:
		return print_acquire(words, to, room);
	case RESP_STEP_DELETE:
		return snprintf(to, room, "*2\r\n$3\r\nDEL\r\n" KEY);
	case RESP_STEP_RELEASE:
		return snprintf(to, room,
				"*5\r\n$7\r\nEVALSHA\r\n$40\r\n%.40s\r\n"
				"$1\r\n1\r\n" KEY VALUE,
				words->sha);
	case RESP_STEP_NONE:
		break;
	}
	return 0;
}

/* Where the digits behind this text begin. */
static size_t behind(const struct resp_request *request, const char *text)
{
	const char *found = strstr(request->bytes, text);

	return found != NULL ? (size_t)(found - request->bytes) + strlen(text)
			     : 0;
}

void resp_request_make(struct resp_request *request, enum resp_step step,
		       const struct resp_words *words)
{
	int len = print(step, words, request->bytes, sizeof(request->bytes));

	assert(len >= 0 && (size_t)len < sizeof(request->bytes));
	request->len = (size_t)len;
	request->key_at = behind(request, "lock:");
	request->value_at = behind(request, "$20\r\n");
}

static void put_digits(char *to, size_t n, uint64_t value)
{
	while (n > 0) {
		to[--n] = (char)('0' + value % 10);
		value /= 10;
	}
}

void resp_request_add(struct resp_request *request, uint64_t key,
		      struct hf_buf *out)
{
	if (request->key_at > 0)
		put_digits(request->bytes + request->key_at, KEY_DIGITS, key);
	if (request->value_at > 0)
		put_digits(request->bytes + request->value_at, VALUE_DIGITS,
			   key);
	hf_buf_add(out, request->bytes, request->len);
}
