/*
 * The beginning of a session, on the wire.
 */
#ifndef BENCH_ZK_HELLO_H
#define BENCH_ZK_HELLO_H

#include "libhold/zkrec.h"

/* Adds the frame that asks for a new session. */
void zk_hello_put(struct hf_buf *out);

/* Whether what a server answered gives a session. */
bool zk_hello_accepted(struct hf_slice frame);

#endif
