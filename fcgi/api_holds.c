/*
 * Holds: an identity's seats, until they are booked or their time is over.
 */
#include "config.h"

#include "fcgi/api_args.h"
#include "fcgi/caller.h"
#include "fcgi/hold_input.h"
#include "fcgi/hold_out.h"
#include "fcgi/idempotency.h"
#include "fcgi/json_out.h"
#include "fcgi/making.h"
#include "fcgi/order_out.h"
#include "fcgi/problem.h"
#include "fcgi/router.h"
#include "libhold/clock.h"
#include "libhold/err.h"

#include <stdio.h>

/* ---- answers ------------------------------------------------------------- */

static void refuse_ended(struct http_reply *reply, const struct hold_view *view)
{
	hold_refuse(reply, view->outcome);
	if (view->outcome != HOLD_BOOKED || view->order == NULL)
		return;
	hf_buf_truncate(&reply->body, hf_buf_len(&reply->body) - 1);
	hf_buf_printf(&reply->body, ",\"order\":\"/api/orders/%s\"",
		      view->order);
	problem_end(reply);
}

/* The hold as it is now, or what has become of it. */
static void show(struct site *site, const char *id,
		 const struct identity *identity, int status,
		 struct http_reply *reply)
{
	struct hold_view view;

	if (store_hold_show(site->booking.store, id, identity->holder, &view) <
	    0) {
		api_store_away(reply);
		return;
	}
	if (view.outcome == HOLD_OK) {
		reply->status = status;
		hold_add(&reply->body, &view);
	} else {
		refuse_ended(reply, &view);
	}
	hold_view_fini(&view);
}

/* ---- POST /api/events/{id}/holds ----------------------------------------- */

static bool parse(const struct http_request *request, struct http_reply *reply,
		  struct hold_input *input)
{
	int rc = hold_input_parse(request->body, input);

	if (rc == 0)
		return true;
	problem_reply(
	    reply, rc == HF_ELIMIT ? PROBLEM_UNACCEPTABLE : PROBLEM_BAD_REQUEST,
	    input->wrong);
	return false;
}

/* What a POST asks for, once it is read. */
struct wanted {
	char event[EVENT_ID_MAX + 1];
	struct identity identity;
	struct hold_input input;
};

static void show_made(struct site *site, const struct wanted *w,
		      const struct holding_taken *taken,
		      struct http_reply *reply)
{
	reply->replayed = taken->outcome == HOLD_REPLAYED;
	snprintf(reply->location, sizeof(reply->location), "/api/holds/%s",
		 taken->id);
	show(site, taken->id, &w->identity,
	     taken->outcome == HOLD_OK ? 201 : 200, reply);
}

static void answer(struct site *site, const struct wanted *w,
		   const struct holding_taken *taken, struct http_reply *reply)
{
	if (taken->outcome == HOLD_OK || taken->outcome == HOLD_AGAIN ||
	    taken->outcome == HOLD_REPLAYED)
		show_made(site, w, taken, reply);
	else if (taken->outcome == HOLD_IN_LINE && w->input.turn)
		problem_reply(reply, PROBLEM_NO_TURN,
			      "You have no turn in this line for such seats.");
	else
		hold_refuse_taking(reply, site->booking.store, w->event,
				   &w->input.basket, taken);
}

void api_hold_make(struct site *site, const struct http_request *request,
		   struct http_reply *reply)
{
	struct wanted w;
	const struct making making = { w.event, w.identity.holder, &w.input };
	struct idempotency key;
	struct holding_taken taken;
	char id[HOLD_ID_LEN + 1];

	if (!api_event_arg(request, reply, w.event) ||
	    !parse(request, reply, &w.input) ||
	    !caller_read_or_make(site->secret, request, reply, &w.identity))
		return;
	if (!idempotency_sent(request)) {
		identity_random(id);
		taken = making_take(&site->booking, &making, id);
	} else if (idempotency_read(request, reply, &key)) {
		taken = making_take_once(&site->booking, &making, &key, 0);
	} else {
		return;
	}
	answer(site, &w, &taken, reply);
}

/* ---- GET /api/holds, GET /api/holds/{id} --------------------------------- */

static void add_hold(void *arg, const struct hold_view *view)
{
	struct hf_buf *out = arg;
	struct hf_slice text = hf_buf_slice(out);

	if (text.data[text.len - 1] != '[')
		hf_buf_add_char(out, ',');
	hold_add(out, view);
}

void api_holds(struct site *site, const struct http_request *request,
	       struct http_reply *reply)
{
	struct identity identity;

	if (!caller_read(site->secret, request, reply, &identity))
		return;
	hf_buf_printf(&reply->body, "{\"holds\":[");
	if (store_holds_of(site->booking.store, identity.holder, add_hold,
			   &reply->body) < 0) {
		api_store_away(reply);
		return;
	}
	hf_buf_printf(&reply->body, "],\"server_time\":");
	json_add_time(&reply->body, hf_wall_ms());
	hf_buf_add_char(&reply->body, '}');
	reply->status = 200;
}

/* Whose call it is and on which hold; false after a problem. */
static bool read_call(struct site *site, const struct http_request *request,
		      struct http_reply *reply, char id[HOLD_ID_LEN + 1],
		      struct identity *identity)
{
	return caller_read(site->secret, request, reply, identity) &&
	       api_hold_arg(request, reply, id);
}

void api_hold(struct site *site, const struct http_request *request,
	      struct http_reply *reply)
{
	char id[HOLD_ID_LEN + 1];
	struct identity identity;

	if (read_call(site, request, reply, id, &identity))
		show(site, id, &identity, 200, reply);
}

/* ---- POST /api/holds/{id}/… ---------------------------------------------- */

/* As show() says it, which knows what came of a hold that has ended. */
static void refuse(struct site *site, const char *id,
		   const struct identity *identity, enum hold_outcome outcome,
		   struct http_reply *reply)
{
	if (outcome == HOLD_BOOKED)
		show(site, id, identity, 200, reply);
	else
		hold_refuse(reply, outcome);
}

void api_hold_extend(struct site *site, const struct http_request *request,
		     struct http_reply *reply)
{
	char id[HOLD_ID_LEN + 1];
	struct identity identity;
	enum hold_outcome outcome;

	if (!read_call(site, request, reply, id, &identity))
		return;
	outcome = holding_extend(&site->booking, id, identity.holder);
	if (outcome == HOLD_OK)
		show(site, id, &identity, 200, reply);
	else
		refuse(site, id, &identity, outcome, reply);
}

void api_hold_release(struct site *site, const struct http_request *request,
		      struct http_reply *reply)
{
	char id[HOLD_ID_LEN + 1];
	struct identity identity;
	enum hold_outcome outcome;

	if (!read_call(site, request, reply, id, &identity))
		return;
	outcome = holding_release(&site->booking, id, identity.holder);
	if (outcome != HOLD_OK) {
		refuse(site, id, &identity, outcome, reply);
		return;
	}
	reply->status = 200;
	hf_buf_printf(&reply->body,
		      "{\"id\":\"%s\",\"state\":\"released\","
		      "\"server_time\":",
		      id);
	json_add_time(&reply->body, hf_wall_ms());
	hf_buf_add_char(&reply->body, '}');
}

static void add_booked(void *arg, const struct order_view *view)
{
	struct http_reply *reply = arg;

	reply->status = 200;
	order_add_receipt(&reply->body, view);
}

void api_hold_book(struct site *site, const struct http_request *request,
		   struct http_reply *reply)
{
	char id[HOLD_ID_LEN + 1];
	struct identity identity;
	struct idempotency idempotency;
	struct hold_booked booked;

	if (!read_call(site, request, reply, id, &identity) ||
	    !idempotency_read(request, reply, &idempotency))
		return;
	booked = holding_book(&site->booking, id, identity.holder,
			      idempotency.key, idempotency.fingerprint);
	if (booked.outcome != HOLD_OK && booked.outcome != HOLD_REPLAYED) {
		refuse(site, id, &identity, booked.outcome, reply);
		return;
	}
	reply->replayed = booked.outcome == HOLD_REPLAYED;
	if (store_order_show(site->booking.store, booked.order, identity.holder,
			     add_booked, reply) < 0)
		api_store_away(reply); /* it is booked: the same key tells */
}
