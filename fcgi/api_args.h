/*
 * What stands in the places of a path, checked before anything is asked of it.
 */
#ifndef FCGI_API_ARGS_H
#define FCGI_API_ARGS_H

#include "fcgi/http.h"
#include "fcgi/store_orders.h"

/* An event's id into event_out; false after a problem: there is none. */
bool api_event_arg(const struct http_request *request, struct http_reply *reply,
		   char event_out[EVENT_ID_MAX + 1]) HF_MUSTUSE;

/* The same for a hold's id and an order's number. */
bool api_hold_arg(const struct http_request *request, struct http_reply *reply,
		  char id_out[HOLD_ID_LEN + 1]) HF_MUSTUSE;
bool api_order_arg(const struct http_request *request, struct http_reply *reply,
		   char number_out[ORDER_NUMBER_MAX + 1]) HF_MUSTUSE;

/* Problems that several calls have. */
void api_no_such_event(struct http_reply *reply);
void api_no_such_hold(struct http_reply *reply);
void api_no_such_order(struct http_reply *reply);
void api_store_away(struct http_reply *reply);
void api_lock_away(struct http_reply *reply);

#endif
