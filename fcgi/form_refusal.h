/*
 * What the plain pages say when something was not done.
 */
#ifndef FCGI_FORM_REFUSAL_H
#define FCGI_FORM_REFUSAL_H

#include "fcgi/form_guard.h"
#include "fcgi/holding.h"

/* event: where one may go on; NULL: the start. */
void form_refuse(struct http_reply *reply, enum hold_outcome outcome,
		 const char *event);

/* The same for a hold that was not made, with what else would do. */
void form_refuse_taking(struct http_reply *reply, struct store *store,
			const char *event, const struct basket *basket,
			const struct holding_taken *taken,
			const struct form_visitor *visitor);

#endif
