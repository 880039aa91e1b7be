/*
 * How a connection gets its session: a new one, or the one that it had.
 */
#ifndef EPHEMERALD_CONNECT_H
#define EPHEMERALD_CONNECT_H

#include "ephemerald/ephemerald.h"

/* The first frame of a connection. Answers it, or closes. */
void connect_run(struct ephemerald *e, struct client *client,
		 struct hf_slice frame, int64_t now_ms);

#endif
