/*
 * Ends holds at their deadline, so that all who watch see it then.
 *
 * A ticket past its time counts as free without anybody doing anything; this
 * makes it free in the table, by its token, and tells the publisher. One
 * thread a worker, which is told what the worker granted; what others left
 * behind (a worker that died, an answer that was lost) it finds in the table,
 * at its start and now and then. One that it misses costs nobody a ticket.
 */
#ifndef FCGI_EXPIRER_H
#define FCGI_EXPIRER_H

#include "fcgi/hold.h"
#include "fcgi/meter.h"
#include "fcgi/publisher.h"

struct expirer;

/*
 * url is copied; publisher: who is told, or NULL; meter: the thread's, or NULL.
 * Both outlive the expirer.
 */
struct expirer *expirer_open(const char *database_url,
			     struct publisher *publisher, struct meter *meter);
void expirer_close(struct expirer **expirer); /* NULL is harmless */

/* From any thread: these were granted, or extended, as answer says. */
void expirer_add(struct expirer *expirer, const struct basket *basket,
		 const struct hold_answer *answer);

/* From any thread: the holds whose deadline it waits for. */
size_t expirer_count(struct expirer *expirer);

/* From any thread: they are booked, or given back. */
void expirer_forget(struct expirer *expirer, const struct basket *basket);

#endif
