/*
 * What went wrong, for programs: application/problem+json (RFC 9457).
 *
 * A client reads "type" alone; title and detail are for people. Kinds, their
 * statuses and whether to try again stand in one table.
 */
#ifndef FCGI_PROBLEM_H
#define FCGI_PROBLEM_H

#include "fcgi/http.h"

enum problem {
	PROBLEM_BAD_REQUEST,
	PROBLEM_BODY_TOO_LARGE,
	PROBLEM_IDENTITY_REQUIRED,
	PROBLEM_BAD_IDENTITY,
	PROBLEM_CROSS_SITE,
	PROBLEM_NOT_YOUR_HOLD,
	PROBLEM_NOT_FOUND,
	PROBLEM_UNKNOWN_EVENT,
	PROBLEM_UNKNOWN_LAYOUT,
	PROBLEM_UNKNOWN_SEAT,
	PROBLEM_UNKNOWN_HOLD,
	PROBLEM_METHOD_NOT_ALLOWED,
	PROBLEM_SEAT_HELD,
	PROBLEM_SEAT_SOLD,
	PROBLEM_SEAT_BLOCKED,
	PROBLEM_NOTHING_FITS,
	PROBLEM_SALE_CLOSED,
	PROBLEM_SALE_NOT_OPEN,
	PROBLEM_SEAT_LIMIT,
	PROBLEM_NO_EXTENSION_LEFT,
	PROBLEM_NO_TURN,
	PROBLEM_WAIT_IN_LINE,
	PROBLEM_LINE_FULL,
	PROBLEM_REQUEST_IN_PROGRESS,
	PROBLEM_HOLD_EXPIRED,
	PROBLEM_HOLD_ENDED,
	PROBLEM_UNACCEPTABLE,
	PROBLEM_KEY_REQUIRED,
	PROBLEM_KEY_REUSED,
	PROBLEM_ANSWER_TOO_LARGE,
	PROBLEM_LOCK_UNAVAILABLE,
	PROBLEM_DATABASE_UNAVAILABLE,
	PROBLEM_NOT_CONFIGURED,
	PROBLEM_KINDS, /* not one: how many there are */
};

/*
 * Sets status and headers and writes the body, up to its last brace: members
 * that tell more may follow, each after a comma, and then problem_end(). What
 * stood in the body is dropped. detail: a sentence on this very case.
 */
void problem_begin(struct http_reply *reply, enum problem kind,
		   const char *detail);
void problem_end(struct http_reply *reply);

/* Both in one. */
void problem_reply(struct http_reply *reply, enum problem kind,
		   const char *detail);

/* The last part of a kind's type: "seat-held". Lives for ever. */
const char *problem_word(enum problem kind);

#endif
