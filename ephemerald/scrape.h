/*
 * Prometheus on the clients' port: "GET /metrics" instead of a session's first
 * frame gets what the word mntr says, by the same names, in Prometheus's text
 * format, and is closed.
 *
 * ZooKeeper has a port of its own for that (its metricsProvider). Allowed as
 * mntr is, by --four-letter-words.
 */
#ifndef EPHEMERALD_SCRAPE_H
#define EPHEMERALD_SCRAPE_H

#include "ephemerald/ephemerald.h"

enum { SCRAPE_HEAD_MAX = 8192 }; /* bytes of a request */

/* Do these bytes begin such a request? No frame does: it would be too long. */
bool scrape_begins(struct hf_slice bytes);

/*
 * Answers once the request's head is whole; a longer one ends the connection.
 * Gives the bytes that were used, 0: more are needed.
 */
size_t scrape_run(struct ephemerald *e, struct client *client,
		  struct hf_slice bytes, int64_t now_ms);

#endif
