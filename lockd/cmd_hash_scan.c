/*
 * HSCAN and HRANDFIELD: some of a hash's fields.
 */
#include "config.h"

#include "lockd/chance.h"
#include "lockd/hash_value.h"
#include "lockd/scan_options.h"
#include "lockd/values.h"

/* ---- HSCAN -------------------------------------------------------------- */

static size_t count_fitting(struct hf_slice fields,
			    const struct scan_options *options)
{
	struct hash_field field;
	size_t n = 0;

	while (hash_value_next(&fields, &field))
		n += scan_fits(options, field.name) ? 1 : 0;
	return n;
}

/* Hashes are small: one step gives all of one, as Redis does for such. */
void cmd_hscan(struct call *call)
{
	struct scan_options options = { 0 };
	struct hash_field field;
	struct ks_view view;
	uint64_t cursor;

	if (!scan_cursor(call, call->argv[2], &cursor) ||
	    !value_read(call, call->argv[1], KS_HASH, &view) ||
	    (view.type != KS_NONE && !scan_options(call, 3, false, &options)))
		return;
	reply_array(call->reply, 2);
	reply_str(call->reply, "0");
	reply_array(call->reply, 2 * count_fitting(view.value, &options));
	while (hash_value_next(&view.value, &field)) {
		if (!scan_fits(&options, field.name))
			continue;
		reply_bulk(call->reply, field.name);
		reply_bulk(call->reply, field.value);
	}
}

/* ---- HRANDFIELD --------------------------------------------------------- */

static void reply_picked(struct reply *r, const struct hash_field *field,
			 bool with_value)
{
	if (with_value && r->protocol >= 3)
		reply_array(r, 2);
	reply_bulk(r, field->name);
	if (with_value)
		reply_bulk(r, field->value);
}

static void reply_picked_head(struct reply *r, size_t n, bool with_values)
{
	reply_array(r, with_values && r->protocol < 3 ? 2 * n : n);
}

static struct hash_field field_at(struct hf_slice fields, size_t i)
{
	struct hash_field field = { { "", 0 }, { "", 0 } };

	while (hash_value_next(&fields, &field) && i > 0)
		i--;
	return field;
}

/* want of all n, each at most once: every set of that many is as likely. */
static void pick_distinct(struct reply *r, struct hf_slice fields, size_t n,
			  size_t want, bool with_values)
{
	struct hash_field field;

	reply_picked_head(r, want, with_values);
	for (; want > 0 && hash_value_next(&fields, &field); n--) {
		if (chance_below(n) >= want)
			continue;
		reply_picked(r, &field, with_values);
		want--;
	}
}

static void pick_any(struct reply *r, struct hf_slice fields, size_t n,
		     size_t want, bool with_values)
{
	reply_picked_head(r, want, with_values);
	while (want-- > 0) {
		struct hash_field field = field_at(fields, chance_below(n));

		reply_picked(r, &field, with_values);
	}
}

/* False after an error reply. */
static bool parse_pick(struct call *call, int64_t *count_out)
{
	bool with_values = call->argc > 3;

	if (hf_slice_int64(call->argv[2], count_out) < 0) {
		reply_not_an_integer(call->reply);
		return false;
	}
	if (*count_out == INT64_MIN) {
		reply_error(call->reply,
			    "ERR value is out of range, value must between "
			    "-9223372036854775807 and 9223372036854775807");
		return false;
	}
	if (call->argc > 4 ||
	    (with_values && !hf_slice_ieq(call->argv[3], "withvalues"))) {
		reply_syntax_error(call->reply);
		return false;
	}
	/* With repetitions a small request could ask for any amount. */
	if (*count_out < -HASH_FIELDS_MAX ||
	    (with_values && *count_out > INT64_MAX / 2)) {
		reply_error(call->reply, "ERR value is out of range");
		return false;
	}
	return true;
}

/* HRANDFIELD key count [WITHVALUES] */
static void pick_some(struct call *call)
{
	bool with_values = call->argc > 3;
	struct ks_view view;
	int64_t count;
	size_t n;

	if (!parse_pick(call, &count) ||
	    !value_read(call, call->argv[1], KS_HASH, &view))
		return;
	n = hash_value_count(view.value);
	if (n == 0)
		reply_array(call->reply, 0);
	else if (count < 0)
		pick_any(call->reply, view.value, n, (size_t)-count,
			 with_values);
	else
		pick_distinct(call->reply, view.value, n,
			      (size_t)count < n ? (size_t)count : n,
			      with_values);
}

void cmd_hrandfield(struct call *call)
{
	struct ks_view view;
	size_t n;

	if (call->argc > 2) {
		pick_some(call);
		return;
	}
	if (!value_read(call, call->argv[1], KS_HASH, &view))
		return;
	n = hash_value_count(view.value);
	if (n == 0)
		reply_null(call->reply);
	else
		reply_bulk(call->reply,
			   field_at(view.value, chance_below(n)).name);
}
