/*
 * What a ticket's QR code says: "HF1.<payload>.<signature>".
 *
 * The payload is "event|ticket|order|seat" in base64url, the signature the
 * Ed25519 one over all before the last dot, in base64url too: a door with the
 * public key of /api/keys needs no network.
 */
#ifndef FCGI_TICKET_TEXT_H
#define FCGI_TICKET_TEXT_H

#include "fcgi/secret.h"
#include "fcgi/store_orders.h"

/* Of the i-th ticket of an order. */
void ticket_add_text(struct hf_buf *out, const struct order_view *view,
		     size_t i, const struct secret *secret);

#endif
