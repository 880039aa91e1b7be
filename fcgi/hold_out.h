/*
 * Holds, seats and their refusals as JSON.
 */
#ifndef FCGI_HOLD_OUT_H
#define FCGI_HOLD_OUT_H

#include "fcgi/holding.h"
#include "fcgi/http.h"

/* {"id":…,"ordinal":…,"section":…,"row":…,"number":…,"price_minor":… */
void hold_add_seat(struct hf_buf *out, const struct held_seat *seat);

/* A live hold, to its last brace. */
void hold_add(struct hf_buf *out, const struct hold_view *view);

/* The problem that an outcome is which is no success. */
void hold_refuse(struct http_reply *reply, enum hold_outcome outcome);

/* More seats than limit, with the used ones. */
void hold_refuse_limit(struct http_reply *reply, int64_t limit, int64_t used);

/* The same for a hold that was not made, with what else would do. */
void hold_refuse_taking(struct http_reply *reply, struct store *store,
			const char *event, const struct basket *basket,
			const struct holding_taken *taken);

#endif
