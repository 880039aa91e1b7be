/*
 * Connecting to one server of a ZooKeeper service, with a deadline and a
 * descriptor that ends the wait.
 */
#ifndef FCGI_ZKC_DIAL_H
#define FCGI_ZKC_DIAL_H

#include "fcgi/zk_session.h"
#include "fcgi/zk_url.h"

#include <stdatomic.h>

struct zkc_dial {
	int wake_fd; /* an eventfd; readable: look at stopping */
	const atomic_bool *stopping; /* true: give up */
	int64_t until_ms;
	char why[160]; /* what went wrong */
};

/* A non-blocking socket to server i of url, or -1 and why. */
int zkc_dial(struct zkc_dial *dial, const struct zk_url *url, size_t i);

/*
 * Asks for session (id 0: for a new one) on fd. 0, and then session is what
 * the server gave and timeout_ms_out what it lasts without a word from us;
 * HF_ENOTFOUND: it does not know this session any more; HF_EUNREACHABLE and
 * why.
 */
int zkc_greet(struct zkc_dial *dial, int fd, struct zk_session *session,
	      int32_t timeout_ms, int64_t *timeout_ms_out) HF_MUSTUSE;

#endif
