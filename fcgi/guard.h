/*
 * Looks at a FastCGI request before libfcgi does, and takes nothing away.
 *
 * libfcgi 2.4.2 can be crashed by records that nginx never sends: management
 * records smash its stack, a declared length larger than its stream trips an
 * assert. So the request is peeked at, record by record (SO_PEEK_OFF), until
 * all of it is known to be of the form that nginx sends.
 * Format: https://fastcgi-archives.github.io/FastCGI_Specification.html 3.3
 */
#ifndef FCGI_GUARD_H
#define FCGI_GUARD_H

#include "libhold/slice.h"

enum {
	/* Bytes of all parameters: what nginx takes as headers, and more. */
	GUARD_PARAMS_MAX = 40 * 1024,
	GUARD_REQUEST_MAX = 160 * 1024,
};

/* The form of a request so far: exactly three answers. */
enum guard_result {
	GUARD_FINE,  /* whole, or so much body that nobody will read on */
	GUARD_MORE,  /* fine up to here */
	GUARD_WRONG, /* not what a web server sends: drop the peer */
};

/* What is known of a request's form; starts zeroed. */
struct guard {
	size_t at;         /* next record's first byte */
	size_t params_len; /* gathered below */
	size_t body_len;
	unsigned id; /* of the request, 0: not begun */
	bool params_ended;
	char params[GUARD_PARAMS_MAX];
};

/* bytes: the request from its first byte, more of it each time. */
enum guard_result guard_look(struct guard *guard, struct hf_slice bytes,
			     size_t body_max);

struct guard_room; /* memory to peek into, one a thread */

struct guard_room *guard_room_new(void);
void guard_room_free(struct guard_room **room);

/*
 * Waits on socket fd (which has a receive time limit) until the request is
 * whole. True: hand it to libfcgi. Nothing is consumed. A peer that sends now
 * and then is given up after within_ms, and one receive time limit at most.
 */
bool guard_peer(struct guard_room *room, int fd, size_t body_max,
		int64_t within_ms);

#endif
