/*
 * Who wants to know what a sale has changed: the page's live view, and whoever
 * ends holds at their deadline.
 *
 * The rules of a sale (booking.c and others) tell, after the row is changed;
 * none of it blocks, fails or is waited for. A NULL changes has no listener.
 */
#ifndef FCGI_CHANGES_H
#define FCGI_CHANGES_H

#include "fcgi/hold.h"

struct changes {
	void (*granted)(void *arg, const struct basket *basket,
			const struct hold_answer *answer);
	void (*ended)(void *arg, const struct basket *basket);
	void (*rows)(void *arg, const struct basket *basket);
	void *arg;
};

/* Tickets were taken, or their deadline moved: answer says until when. */
static inline void changes_granted(const struct changes *changes,
				   const struct basket *basket,
				   const struct hold_answer *answer)
{
	if (changes != NULL)
		changes->granted(changes->arg, basket, answer);
}

/* Tickets were booked or given back: their deadline is nobody's any more. */
static inline void changes_ended(const struct changes *changes,
				 const struct basket *basket)
{
	if (changes != NULL)
		changes->ended(changes->arg, basket);
}

/* Something else changed, or may have. */
static inline void changes_rows(const struct changes *changes,
				const struct basket *basket)
{
	if (changes != NULL)
		changes->rows(changes->arg, basket);
}

#endif
