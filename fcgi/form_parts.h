/*
 * What several of the plain pages have: forms, times, prices, what is mine.
 */
#ifndef FCGI_FORM_PARTS_H
#define FCGI_FORM_PARTS_H

#include "fcgi/form_guard.h"
#include "fcgi/store_forms.h"
#include "fcgi/store_holds.h"

/*
 * A form's beginning: pattern with its '%' is where it is sent, the visitor's
 * key goes with it. It ends with </form>.
 */
void form_begin(struct hf_buf *out, const struct form_visitor *visitor,
		const char *pattern, const char *value);

/*
 * The beginning of a form that makes a hold of an event. It has a field once,
 * which no other form has: sent twice, it makes one hold.
 */
void form_begin_hold(struct hf_buf *out, const struct form_visitor *visitor,
		     const char *event);

/* A form of nothing but a button; look: its class. */
void form_add_button(struct hf_buf *out, const struct form_visitor *visitor,
		     const char *pattern, const char *value, const char *look,
		     const char *label);

/* Where an event takes place, and when, with the zone's name. */
void form_add_when(struct hf_buf *out, const struct form_event *event);

/* ", 45.00 EUR" or ", 30.00 EUR to 45.00 EUR"; nothing for what is free. */
void form_add_prices(struct hf_buf *out, int64_t least_minor,
		     int64_t most_minor, const char *currency);

/* A list's entry: section, row, seat and price. */
void form_add_place(struct hf_buf *out, const struct held_seat *seat,
		    const char *currency);

/* The visitor's holds and orders of an event, or of all: NULL. */
int form_add_mine(struct hf_buf *out, struct store *store, const char *event,
		  const struct form_visitor *visitor) HF_MUSTUSE;

/* As api_args.h has them; false after a page that says so. */
bool form_event_arg(const struct http_request *request,
		    struct http_reply *reply,
		    char event_out[EVENT_ID_MAX + 1]) HF_MUSTUSE;
bool form_hold_arg(const struct http_request *request, struct http_reply *reply,
		   char id_out[HOLD_ID_LEN + 1]) HF_MUSTUSE;
bool form_order_arg(const struct http_request *request,
		    struct http_reply *reply,
		    char number_out[ORDER_NUMBER_MAX + 1]) HF_MUSTUSE;

/* The page that is not there, or not the visitor's. */
void form_no_hold(struct http_reply *reply);
void form_no_order(struct http_reply *reply);

/* Sends the browser there. */
void form_go_event(struct http_reply *reply, const char *event);
void form_go_hold(struct http_reply *reply, const char *id);
void form_go_order(struct http_reply *reply, const char *number);

#endif
