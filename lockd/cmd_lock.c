/*
 * LOCK.ACQUIRE, LOCK.RELEASE, LOCK.EXTEND.
 */
#include "config.h"

#include "lockd/locks.h"

#include <stdio.h>

/* Longer than anybody waits, short enough to be added without a thought. */
#define MS_MAX    (1LL << 40)
#define GRACE_MAX (24LL * 60 * 60 * 1000)

/* "n key..." at argv[1]; keys in *keys_out. 0 after an error reply. */
static size_t parse_keys(struct call *call, const struct hf_slice **keys_out)
{
	int64_t n;

	if (hf_slice_int64(call->argv[1], &n) < 0 || n < 1 ||
	    n > LOCK_KEYS_MAX) {
		reply_error(call->reply,
			    "ERR the number of keys must be a whole number "
			    "from 1 to %d",
			    LOCK_KEYS_MAX);
		return 0;
	}
	if ((size_t)n > call->argc - 3) {
		reply_error(call->reply, "ERR there are fewer keys than the "
					 "number says, or no owner");
		return 0;
	}
	*keys_out = &call->argv[2];
	return (size_t)n;
}

static bool are_distinct(struct call *call, const struct hf_slice *keys,
			 size_t n)
{
	for (size_t i = 1; i < n; i++) {
		for (size_t k = 0; k < i; k++) {
			if (hf_slice_eq(keys[i], keys[k])) {
				reply_error(call->reply,
					    "ERR a key is named twice");
				return false;
			}
		}
	}
	return true;
}

static bool check_owner(struct call *call, struct hf_slice owner)
{
	if (owner.len >= 1 && owner.len <= LOCK_OWNER_MAX)
		return true;
	reply_error(call->reply, "ERR an owner has 1 to %d bytes",
		    LOCK_OWNER_MAX);
	return false;
}

static bool parse_ms(struct call *call, struct hf_slice text, const char *what,
		     int64_t min, int64_t max, int64_t *out)
{
	if (hf_slice_int64(text, out) == 0 && *out >= min && *out <= max)
		return true;
	reply_error(call->reply, "ERR %s must be %lld to %lld ms", what,
		    (long long)min, (long long)max);
	return false;
}

/* ---- LOCK.ACQUIRE ------------------------------------------------------- */

struct acquire {
	struct call *call;
	size_t at;     /* the option that is read */
	unsigned seen; /* those that were, by their bits */
	struct lock_request request;
};

/* The word behind the option; false after an error reply. */
static bool next_word(struct acquire *a, const char *what, struct hf_slice *out)
{
	if (a->at + 1 == a->call->argc) {
		reply_error(a->call->reply, "ERR %s", what);
		return false;
	}
	*out = a->call->argv[++a->at];
	return true;
}

static bool next_ms(struct acquire *a, const char *what, int64_t min,
		    int64_t max, int64_t *out)
{
	struct hf_slice text;
	char missing[64];

	snprintf(missing, sizeof(missing),
		 "%s needs a number of milliseconds behind it", what);
	return next_word(a, missing, &text) &&
	       parse_ms(a->call, text, what, min, max, out);
}

static bool opt_px(struct acquire *a)
{
	return next_ms(a, "PX", 1, MS_MAX, &a->request.ttl_ms);
}

static bool opt_wait(struct acquire *a)
{
	return next_ms(a, "WAIT", 0, MS_MAX, &a->request.wait_ms);
}

static bool opt_shared(struct acquire *a)
{
	a->request.shared = true;
	return true;
}

static bool opt_delay(struct acquire *a)
{
	int64_t ms;

	if (!next_ms(a, "DELAY", 0, GRACE_MAX, &ms))
		return false;
	a->request.delay_ms = (uint32_t)ms;
	return true;
}

#define POLICIES                                                   \
	"ON-DISCONNECT needs KEEP, RELEASE or GRACE milliseconds " \
	"behind it"

static bool opt_on_disconnect(struct acquire *a)
{
	struct hf_slice word;
	int64_t ms;

	if (!next_word(a, POLICIES, &word))
		return false;
	if (hf_slice_ieq(word, "keep")) {
		a->request.policy = LOCK_KEEP;
	} else if (hf_slice_ieq(word, "release")) {
		a->request.policy = LOCK_RELEASE;
	} else if (hf_slice_ieq(word, "grace")) {
		if (!next_ms(a, "GRACE", 0, GRACE_MAX, &ms))
			return false;
		a->request.policy = LOCK_GRACE;
		a->request.grace_ms = (uint32_t)ms;
	} else {
		reply_error(a->call->reply, "ERR %s", POLICIES);
		return false;
	}
	return true;
}

static const struct option {
	const char *word;
	bool (*read)(struct acquire *a); /* false after an error reply */
} options[] = {
	{ "px", opt_px },
	{ "wait", opt_wait },
	{ "shared", opt_shared },
	{ "delay", opt_delay },
	{ "on-disconnect", opt_on_disconnect },
};

static bool read_option(struct acquire *a)
{
	for (size_t i = 0; i < HF_LEN(options); i++) {
		if (!hf_slice_ieq(a->call->argv[a->at], options[i].word))
			continue;
		if ((a->seen & 1U << i) != 0) {
			reply_error(a->call->reply, "ERR %s is given twice",
				    options[i].word);
			return false;
		}
		a->seen |= 1U << i;
		return options[i].read(a);
	}
	reply_error(a->call->reply,
		    "ERR '%.*s' is no option of LOCK.ACQUIRE: behind the owner "
		    "come PX, WAIT, SHARED, DELAY and ON-DISCONNECT",
		    (int)(a->call->argv[a->at].len < 64
			      ? a->call->argv[a->at].len
			      : 64),
		    a->call->argv[a->at].data);
	return false;
}

static bool parse_acquire(struct call *call, struct lock_request *out)
{
	struct acquire a = { .call = call };
	size_t n = parse_keys(call, &a.request.keys);

	if (n == 0 || !are_distinct(call, a.request.keys, n))
		return false;
	a.request.n_keys = n;
	a.request.owner = call->argv[n + 2];
	if (!check_owner(call, a.request.owner))
		return false;
	for (a.at = n + 3; a.at < call->argc; a.at++) {
		if (!read_option(&a))
			return false;
	}
	if (a.request.ttl_ms == 0) {
		reply_error(call->reply, "ERR PX is missing: a lock has a "
					 "deadline");
		return false;
	}
	*out = a.request;
	return true;
}

/* Where every command must answer at once, WAIT counts as 0. */
static bool may_wait(const struct call *call)
{
	return !call->in_script && !call->in_exec;
}

void cmd_lock_acquire(struct call *call)
{
	struct lock_request request;
	struct lock_grant grant;

	if (!parse_acquire(call, &request))
		return;
	request.session = &call->client->locks;
	request.pid = client_watch_peer(call->client);
	if (!may_wait(call))
		request.wait_ms = 0;
	switch (locktab_acquire(call->lockd->locks, &request, locks_now(call),
				&grant)) {
	case LOCK_GRANTED:
		reply_grant(call->reply, &grant);
		break;
	case LOCK_WAITS:
		locks_wait(call);
		break;
	case LOCK_OVERLAPS:
		reply_error(call->reply,
			    "OVERLAP the owner holds some of these keys by "
			    "another grant: release it first");
		break;
	case LOCK_CLOSED:
		reply_error(
		    call->reply,
		    "TRYAGAIN the last stop was not clean: nothing is "
		    "granted for %lld ms, until what was lost is over",
		    (long long)(locktab_closed_until_ms(call->lockd->locks) -
				call->now_ms));
		break;
	default:
		reply_null_array(call->reply);
	}
}

/* ---- LOCK.RELEASE, LOCK.EXTEND ------------------------------------------ */

/*
 * "owner" or "TOKEN token" at argv[*at], with rest words behind it. The
 * number of words tells which: an owner may be called "token".
 */
static bool parse_who(struct call *call, size_t *at, size_t rest,
		      struct lock_who *out)
{
	size_t words = call->argc - *at;

	*out = (struct lock_who){ 0 };
	if (words == 1 + rest) {
		out->owner = call->argv[(*at)++];
		return check_owner(call, out->owner);
	}
	if (words != 2 + rest || !hf_slice_ieq(call->argv[*at], "token")) {
		reply_error(call->reply,
			    "ERR behind the keys come the owner, or TOKEN and "
			    "the token%s, and no more",
			    rest > 0 ? ", then PX and milliseconds" : "");
		return false;
	}
	if (hf_slice_int64(call->argv[*at + 1], &out->token) < 0 ||
	    out->token < 1) {
		reply_error(call->reply, "ERR a token is a positive integer");
		return false;
	}
	*at += 2;
	return true;
}

static void refuse(struct call *call, enum lock_result why, struct hf_slice key)
{
	int shown = (int)(key.len < 128 ? key.len : 128);

	if (why == LOCK_NOT_HELD)
		reply_error(call->reply,
			    "NOTHELD nobody holds '%.*s': it has "
			    "expired or was released",
			    shown, key.data);
	else
		reply_error(call->reply,
			    "NOTOWNER '%.*s' is held by another owner", shown,
			    key.data);
}

void cmd_lock_release(struct call *call)
{
	const struct hf_slice *keys;
	size_t n = parse_keys(call, &keys), at = n + 2;
	size_t released, refused = 0;
	struct lock_who who;
	enum lock_result result;

	if (n == 0 || !parse_who(call, &at, 0, &who))
		return;
	result = locktab_release(call->lockd->locks, keys, n, &who,
				 locks_now(call), &released, &refused);
	if (result == LOCK_GRANTED)
		reply_integer(call->reply, (int64_t)released);
	else
		refuse(call, result, keys[refused]);
}

void cmd_lock_extend(struct call *call)
{
	const struct hf_slice *keys;
	size_t n = parse_keys(call, &keys), at = n + 2, refused = 0;
	struct lock_grant grant;
	struct lock_who who;
	enum lock_result result;
	int64_t ttl_ms;

	if (n == 0 || !parse_who(call, &at, 2, &who))
		return;
	if (!hf_slice_ieq(call->argv[at], "px")) {
		reply_error(call->reply, "ERR behind the owner come PX and "
					 "milliseconds");
		return;
	}
	if (!parse_ms(call, call->argv[at + 1], "PX", 1, MS_MAX, &ttl_ms))
		return;
	client_watch_peer(call->client);
	result = locktab_extend(call->lockd->locks, keys, n, &who, ttl_ms,
				&call->client->locks, locks_now(call), &grant,
				&refused);
	if (result == LOCK_GRANTED)
		reply_grant(call->reply, &grant);
	else
		refuse(call, result, keys[refused]);
}
