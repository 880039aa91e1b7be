/*
 * Orders as JSON.
 */
#ifndef FCGI_ORDER_OUT_H
#define FCGI_ORDER_OUT_H

#include "fcgi/secret.h"
#include "fcgi/store_orders.h"

/* The answer to a booking: what never changes later, whatever is cancelled. */
void order_add_receipt(struct hf_buf *out, const struct order_view *view);

/* The order as it is now, its tickets with what their QR codes say. */
void order_add(struct hf_buf *out, const struct order_view *view,
	       const struct secret *secret);

#endif
