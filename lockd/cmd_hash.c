/*
 * Commands on hashes: fields set, got, counted and removed.
 *
 * The token of a hash says who holds it (docs/lockd-locks.md): a new one when
 * a field comes to be or is set to another value, the old one when a positive
 * count goes on or a field is removed. So a lock that is a hash with a count
 * for its holder, as Redisson's are, keeps its token while the same one takes
 * it again or partly releases it.
 */
#include "config.h"

#include "libhold/err.h"
#include "lockd/hash_value.h"
#include "lockd/real.h"
#include "lockd/values.h"

#include <math.h>
#include <stdio.h>

/* Of one call: a name is looked for in every field. */
#define NAMES_MAX HASH_FIELDS_MAX

/* False after an error reply. */
static bool are_few(struct call *call, size_t n)
{
	if (n <= NAMES_MAX)
		return true;
	reply_error(call->reply, "ERR at most %d fields at a time", NAMES_MAX);
	return false;
}

/* ---- reading ------------------------------------------------------------ */

static void reply_field(struct reply *r, struct hf_slice fields,
			struct hf_slice name)
{
	struct hash_field field;

	if (hash_value_find(fields, name, &field))
		reply_bulk(r, field.value);
	else
		reply_null(r);
}

void cmd_hget(struct call *call)
{
	struct ks_view view;

	if (value_read(call, call->argv[1], KS_HASH, &view))
		reply_field(call->reply, view.value, call->argv[2]);
}

void cmd_hmget(struct call *call)
{
	struct ks_view view;

	if (!are_few(call, call->argc - 2) ||
	    !value_read(call, call->argv[1], KS_HASH, &view))
		return;
	reply_array(call->reply, call->argc - 2);
	for (size_t i = 2; i < call->argc; i++)
		reply_field(call->reply, view.value, call->argv[i]);
}

void cmd_hexists(struct call *call)
{
	struct hash_field field;
	struct ks_view view;

	if (value_read(call, call->argv[1], KS_HASH, &view))
		reply_integer(
		    call->reply,
		    hash_value_find(view.value, call->argv[2], &field) ? 1 : 0);
}

void cmd_hstrlen(struct call *call)
{
	struct hash_field field;
	struct ks_view view;

	if (!value_read(call, call->argv[1], KS_HASH, &view))
		return;
	if (!hash_value_find(view.value, call->argv[2], &field))
		field.value.len = 0;
	reply_integer(call->reply, (int64_t)field.value.len);
}

void cmd_hlen(struct call *call)
{
	struct ks_view view;

	if (value_read(call, call->argv[1], KS_HASH, &view))
		reply_integer(call->reply,
			      (int64_t)hash_value_count(view.value));
}

static void reply_all(struct call *call, bool names, bool values)
{
	struct hash_field field;
	struct ks_view view;
	size_t n;

	if (!value_read(call, call->argv[1], KS_HASH, &view))
		return;
	n = hash_value_count(view.value);
	if (names && values)
		reply_map(call->reply, n);
	else
		reply_array(call->reply, n);
	while (hash_value_next(&view.value, &field)) {
		if (names)
			reply_bulk(call->reply, field.name);
		if (values)
			reply_bulk(call->reply, field.value);
	}
}

void cmd_hgetall(struct call *call)
{
	reply_all(call, true, true);
}

void cmd_hkeys(struct call *call)
{
	reply_all(call, true, false);
}

void cmd_hvals(struct call *call)
{
	reply_all(call, false, true);
}

/* ---- changing ----------------------------------------------------------- */

/* fence: the token that stays, or 0: as the keyspace finds. */
static void store(struct call *call, const struct ks_view *old,
		  const struct hf_buf *hash, int64_t fence)
{
	struct ks_change change = { .kind = KS_SET,
				    .type = KS_HASH,
				    .key = call->argv[1],
				    .value = hf_buf_slice(hash),
				    .due_ms = old->type != KS_NONE ? old->due_ms
								   : HF_NEVER,
				    .fence = fence };

	if (change.value.len == 0)
		change.kind = KS_DELETE; /* a hash without fields is none */
	keyspace_apply(call->lockd->keys, &change, call->now_ms);
}

static void reply_too_large(struct reply *r)
{
	reply_error(r, "ERR a hash has at most %d fields and %d bytes",
		    HASH_FIELDS_MAX, HASH_BYTES_MAX);
}

/*
 * The "name value ..." from argv[2] on, all or none: how many are new, or
 * HF_ELIMIT after an error reply.
 */
static int put_all(struct call *call, const struct ks_view *old)
{
	struct hf_buf hash;
	int added = 0, rc = 0;

	hash_value_edit(&hash, old->value);
	for (size_t i = 2; rc >= 0 && i < call->argc; i += 2) {
		rc = hash_value_put(&hash, call->argv[i], call->argv[i + 1]);
		added += rc;
	}
	if (rc < 0)
		reply_too_large(call->reply);
	else
		store(call, old, &hash, 0);
	hf_buf_fini(&hash);
	return rc < 0 ? rc : added;
}

/* Gives as put_all(). */
static int set_fields(struct call *call, const char *command)
{
	struct ks_view old;

	if (call->argc % 2 != 0) {
		reply_error(call->reply,
			    "ERR wrong number of arguments for '%s' command",
			    command);
		return HF_EBAD;
	}
	if (!are_few(call, (call->argc - 2) / 2) ||
	    !value_write(call, call->argv[1], KS_HASH, &old))
		return HF_EBAD;
	return put_all(call, &old);
}

void cmd_hset(struct call *call)
{
	int added = set_fields(call, "hset");

	if (added >= 0)
		reply_integer(call->reply, added);
}

void cmd_hmset(struct call *call)
{
	if (set_fields(call, "hmset") >= 0)
		reply_ok(call->reply);
}

void cmd_hsetnx(struct call *call)
{
	struct hash_field field;
	struct ks_view old;

	if (!value_write(call, call->argv[1], KS_HASH, &old))
		return;
	if (hash_value_find(old.value, call->argv[2], &field))
		reply_integer(call->reply, 0);
	else if (put_all(call, &old) >= 0)
		reply_integer(call->reply, 1);
}

void cmd_hdel(struct call *call)
{
	struct hf_buf hash;
	struct ks_view old;
	int64_t removed = 0;

	if (!are_few(call, call->argc - 2) ||
	    !value_write(call, call->argv[1], KS_HASH, &old))
		return;
	hash_value_edit(&hash, old.value);
	for (size_t i = 2; i < call->argc; i++)
		removed += hash_value_remove(&hash, call->argv[i]) ? 1 : 0;
	if (removed > 0)
		store(call, &old, &hash, old.fence);
	hf_buf_fini(&hash);
	reply_integer(call->reply, removed);
}

/* ---- counting ----------------------------------------------------------- */

/* Field argv[2] has this value from now on; false after an error reply. */
static bool put_number(struct call *call, const struct ks_view *old,
		       struct hf_slice value, int64_t fence)
{
	struct hf_buf hash;
	int rc;

	hash_value_edit(&hash, old->value);
	rc = hash_value_put(&hash, call->argv[2], value);
	if (rc < 0)
		reply_too_large(call->reply);
	else
		store(call, old, &hash, fence);
	hf_buf_fini(&hash);
	return rc >= 0;
}

void cmd_hincrby(struct call *call)
{
	int64_t value = 0, by, fence = 0;
	struct hash_field field;
	struct ks_view old;
	char text[24];
	int len;

	if (hf_slice_int64(call->argv[3], &by) < 0) {
		reply_not_an_integer(call->reply);
		return;
	}
	if (!value_write(call, call->argv[1], KS_HASH, &old))
		return;
	if (hash_value_find(old.value, call->argv[2], &field) &&
	    hf_slice_int64(field.value, &value) < 0) {
		reply_error(call->reply, "ERR hash value is not an integer");
		return;
	}
	if (value > 0)
		fence = old.fence; /* whoever is counted there stays */
	if (__builtin_add_overflow(value, by, &value)) {
		reply_error(call->reply,
			    "ERR increment or decrement would overflow");
		return;
	}
	len = snprintf(text, sizeof(text), "%lld", (long long)value);
	if (put_number(call, &old, (struct hf_slice){ text, (size_t)len },
		       fence))
		reply_integer(call->reply, value);
}

void cmd_hincrbyfloat(struct call *call)
{
	long double value = 0, by;
	char text[REAL_TEXT_MAX];
	struct hash_field field;
	struct hf_slice result;
	struct ks_view old;

	if (real_parse(call->argv[3], &by) < 0) {
		reply_error(call->reply, "ERR value is not a valid float");
		return;
	}
	if (isinf(by)) {
		reply_error(call->reply, "ERR value is NaN or Infinity");
		return;
	}
	if (!value_write(call, call->argv[1], KS_HASH, &old))
		return;
	if (hash_value_find(old.value, call->argv[2], &field) &&
	    real_parse(field.value, &value) < 0) {
		reply_error(call->reply, "ERR hash value is not a float");
		return;
	}
	value += by;
	if (isnan(value) || isinf(value)) {
		reply_error(call->reply,
			    "ERR increment would produce NaN or Infinity");
		return;
	}
	result = (struct hf_slice){ text, real_format(value, text) };
	if (put_number(call, &old, result, 0))
		reply_bulk(call->reply, result);
}
