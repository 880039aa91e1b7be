#include "config.h"

#include "fcgi/hold_out.h"

#include "fcgi/api_args.h"
#include "fcgi/json_out.h"
#include "fcgi/problem.h"

#include <stdio.h>
#include <time.h>

/* ---- a hold -------------------------------------------------------------- */

void hold_add_seat(struct hf_buf *out, const struct held_seat *seat)
{
	hf_buf_printf(out, "{\"id\":");
	json_add_string(out, seat->id);
	hf_buf_printf(
	    out, ",\"ordinal\":%lld,\"section\":", (long long)seat->ordinal);
	json_add_string(out, seat->section);
	hf_buf_printf(out, ",\"row\":");
	json_add_string(out, seat->row);
	hf_buf_printf(out, ",\"number\":%lld,\"price_minor\":%lld",
		      (long long)seat->number, (long long)seat->price_minor);
}

/* What the database wrote (rfc3339(), 0006_holds.sql), since 1970. */
static int64_t wall_ms_of(const char *text)
{
	struct tm tm = { 0 };
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	int64_t ms = 0;

	if (rest == NULL || rest[0] != '.' || strlen(rest) < 4 ||
	    hf_slice_int64((struct hf_slice){ rest + 1, 3 }, &ms) < 0)
		ms = 0;
	return (int64_t)timegm(&tm) * 1000 + ms;
}

/*
 * All times by one clock, the database's, so that what is left is right
 * whatever the buyer's clock says, and a hold's end is the same in each answer.
 */
void hold_add(struct hf_buf *out, const struct hold_view *view)
{
	int64_t now_ms = wall_ms_of(view->until) - view->left_ms;

	hf_buf_printf(out, "{\"id\":\"%s\",\"event\":\"%s\",\"seats\":[",
		      view->id, view->event);
	for (size_t i = 0; i < view->n; i++) {
		if (i > 0)
			hf_buf_add_char(out, ',');
		hold_add_seat(out, &view->seats[i]);
		hf_buf_add_char(out, '}');
	}
	hf_buf_printf(out,
		      "],\"total_minor\":%lld,\"currency\":\"%s\","
		      "\"expires_in_ms\":%lld,\"expires_at\":\"%s\"",
		      (long long)view->total_minor, view->currency,
		      (long long)view->left_ms, view->until);
	hf_buf_printf(out,
		      ",\"extensions_left\":%lld,\"limit_at\":\"%s\","
		      "\"server_time\":",
		      (long long)view->extensions_left, view->limit_at);
	json_add_time(out, now_ms);
	hf_buf_add_char(out, '}');
}

/* ---- what went wrong ----------------------------------------------------- */

static const struct {
	enum problem problem;
	const char *detail;
} refusals[] = {
	[HOLD_SALE_CLOSED] = { PROBLEM_SALE_CLOSED,
			       "The box office has closed this sale." },
	[HOLD_SALE_NOT_YET] = { PROBLEM_SALE_NOT_OPEN,
				"The sale of this event has not begun." },
	[HOLD_NOTHING_FITS] = { PROBLEM_NOTHING_FITS,
				"No free seats are as you wish. Some may come "
				"back: wish for fewer, or try again." },
	[HOLD_EXPIRED] = { PROBLEM_HOLD_EXPIRED,
			   "The time of this hold has run out: its seats are "
			   "no longer yours. Hold them again if they are "
			   "free." },
	[HOLD_RELEASED] = { PROBLEM_HOLD_ENDED,
			    "This hold was given back, by you or by the box "
			    "office." },
	[HOLD_BOOKED] = { PROBLEM_HOLD_ENDED,
			  "This hold was booked: there is an order." },
	[HOLD_NOT_YOURS] = { PROBLEM_NOT_YOUR_HOLD,
			     "This hold belongs to another identity." },
	[HOLD_NONE_LEFT] = { PROBLEM_NO_EXTENSION_LEFT,
			     "All extensions of this hold are spent." },
	[HOLD_AT_LIMIT] = { PROBLEM_NO_EXTENSION_LEFT,
			    "This hold may not last longer than it does." },
	[HOLD_KEY_REUSED] = { PROBLEM_KEY_REUSED,
			      "This Idempotency-Key was sent with another "
			      "request: use a new one." },
	[HOLD_IN_PROGRESS] = { PROBLEM_REQUEST_IN_PROGRESS,
			       "A request with this Idempotency-Key is being "
			       "answered right now." },
	[HOLD_BUSY] = { PROBLEM_LOCK_UNAVAILABLE,
			"Very many ask for the best seats right now. Try "
			"again in a moment." },
};

void hold_refuse(struct http_reply *reply, enum hold_outcome outcome)
{
	if (outcome == HOLD_NO_EVENT)
		api_no_such_event(reply);
	else if (outcome == HOLD_UNKNOWN)
		api_no_such_hold(reply);
	else if (outcome == HOLD_LOCK_AWAY)
		api_lock_away(reply);
	else if (outcome >= HF_LEN(refusals) ||
		 refusals[outcome].detail == NULL)
		api_store_away(reply);
	else
		problem_reply(reply, refusals[outcome].problem,
			      refusals[outcome].detail);
}

/* ---- seats that are not to be had ---------------------------------------- */

/* What most finally refuses comes first. */
static const struct verdict {
	enum seat_state state;
	enum problem problem;
	const char *word, *detail; /* the seat stands between the two */
} verdicts[] = {
	{ SEAT_UNKNOWN, PROBLEM_UNKNOWN_SEAT, "unknown",
	  "is no seat of this event." },
	{ SEAT_BOOKED, PROBLEM_SEAT_SOLD, "booked", "is sold." },
	{ SEAT_BLOCKED, PROBLEM_SEAT_BLOCKED, "blocked", "is not for sale." },
	{ SEAT_HELD, PROBLEM_SEAT_HELD, "held",
	  "is in somebody else's basket, and may come back." },
};

static bool is_verdict(const struct verdict *verdict,
		       const struct seat_seen *seen)
{
	return seen->state == verdict->state;
}

/* The verdict and the first seat that it is on. */
static const struct verdict *judge(const struct basket *basket,
				   const struct seat_seen *seen,
				   size_t *culprit_out)
{
	const struct verdict *verdict = verdicts;

	for (; verdict < verdicts + HF_LEN(verdicts); verdict++) {
		for (size_t i = 0; i < basket->n; i++) {
			*culprit_out = i;
			if (is_verdict(verdict, &seen[i]))
				return verdict;
		}
	}
	*culprit_out = 0; /* all free by now: whoever had it gave it back */
	return verdict - 1;
}

/* Not to the millisecond: that would be a timetable for whoever lurks. */
static int64_t coarse_s(int64_t ms)
{
	static const int64_t steps_s[] = { 30, 60, 180 };

	for (size_t i = 0; i < HF_LEN(steps_s); i++) {
		if (ms <= steps_s[i] * 1000)
			return steps_s[i];
	}
	return 600;
}

static void add_conflict(struct hf_buf *out, const char *id,
			 const struct seat_seen *seen)
{
	size_t i = 0;

	while (i + 1 < HF_LEN(verdicts) && verdicts[i].state != seen->state)
		i++;
	hf_buf_printf(out, "{\"seat\":");
	json_add_string(out, id);
	hf_buf_printf(out, ",\"state\":\"%s\"", verdicts[i].word);
	if (seen->mine)
		hf_buf_printf(out, ",\"mine\":true");
	if (seen->state == SEAT_HELD)
		hf_buf_printf(out, ",\"may_return_in_s\":%lld",
			      (long long)coarse_s(seen->left_ms));
	hf_buf_add_char(out, '}');
}

/* How many there were. */
static size_t add_conflicts(struct hf_buf *out, const struct basket *basket,
			    const struct seat_seen *seen, size_t culprit)
{
	size_t n = 0;

	hf_buf_printf(out, ",\"conflicts\":[");
	for (size_t i = 0; i < basket->n; i++) {
		if (seen[i].state == SEAT_AVAILABLE && i != culprit)
			continue;
		if (n++ > 0)
			hf_buf_add_char(out, ',');
		add_conflict(out, basket->ids[i], &seen[i]);
	}
	hf_buf_add_char(out, ']');
	return n;
}

static void add_alternative(void *arg, const char *id)
{
	struct hf_buf *out = arg;
	struct hf_slice text = hf_buf_slice(out);

	if (text.data[text.len - 1] != '[')
		hf_buf_add_char(out, ',');
	json_add_string(out, id);
}

/* Of one kind with the lost seat, as many as were lost; none if need be. */
static void add_alternatives(struct hf_buf *out, struct store *store,
			     const char *event, int64_t ordinal, size_t n)
{
	size_t before;

	hf_buf_printf(out, ",\"alternatives\":[");
	before = hf_buf_len(out);
	if (store_seats_near(store, event, ordinal, (int64_t)n, add_alternative,
			     out) < 0)
		hf_buf_truncate(out, before);
	hf_buf_add_char(out, ']');
}

static void refuse_seats(struct http_reply *reply, struct store *store,
			 const char *event, const struct basket *basket,
			 const struct seat_seen *seen)
{
	size_t culprit, n;
	const struct verdict *verdict = judge(basket, seen, &culprit);
	char detail[TICKET_ID_MAX + 80];

	if (verdict->state == SEAT_HELD && seen[culprit].mine)
		snprintf(detail, sizeof(detail),
			 "%s is in another hold of yours.",
			 basket->ids[culprit]);
	else
		snprintf(detail, sizeof(detail), "%s %s", basket->ids[culprit],
			 verdict->detail);
	if (verdict->state == SEAT_HELD)
		reply->retry_after_s = coarse_s(seen[culprit].left_ms);
	problem_begin(reply, verdict->problem, detail);
	n = add_conflicts(&reply->body, basket, seen, culprit);
	if (verdict->state != SEAT_UNKNOWN)
		add_alternatives(&reply->body, store, event,
				 seen[culprit].ordinal, n);
	problem_end(reply);
}

void hold_refuse_limit(struct http_reply *reply, int64_t limit, int64_t used)
{
	problem_begin(reply, PROBLEM_SEAT_LIMIT,
		      "This would be more seats than one buyer may have of "
		      "this event.");
	hf_buf_printf(&reply->body, ",\"seats_limit\":%lld,\"seats_used\":%lld",
		      (long long)limit, (long long)used);
	problem_end(reply);
}

static void refuse_in_line(struct http_reply *reply, const char *event,
			   const struct holding_taken *taken)
{
	problem_begin(reply, PROBLEM_WAIT_IN_LINE,
		      "Others wait in line for such seats and come first: join "
		      "them by POST to line.");
	hf_buf_printf(&reply->body,
		      ",\"line\":\"/api/events/%s/line\",\"length\":%lld",
		      event, (long long)taken->in_line);
	problem_end(reply);
}

void hold_refuse_taking(struct http_reply *reply, struct store *store,
			const char *event, const struct basket *basket,
			const struct holding_taken *taken)
{
	if (taken->outcome == HOLD_REFUSED) {
		refuse_seats(reply, store, event, basket, taken->seen);
	} else if (taken->outcome == HOLD_OVER_LIMIT) {
		hold_refuse_limit(reply, taken->seats_limit, taken->seats_used);
	} else if (taken->outcome == HOLD_IN_LINE) {
		refuse_in_line(reply, event, taken);
	} else {
		if (taken->outcome == HOLD_SALE_NOT_YET)
			reply->retry_after_s =
			    (taken->opens_in_ms + 999) / 1000;
		hold_refuse(reply, taken->outcome);
	}
}
