/*
 * What a lock server can be asked to do again and again: each kind of work is
 * one request, or two that belong together, for a batch of keys.
 */
#ifndef BENCH_RESP_WORK_H
#define BENCH_RESP_WORK_H

#include "libhold/buf.h"

#define RESP_STEPS_MAX 2

enum resp_step {
	RESP_STEP_NONE,
	RESP_STEP_PING,
	RESP_STEP_ACQUIRE, /* SET key value NX PX */
	RESP_STEP_DELETE,  /* DEL key */
	RESP_STEP_RELEASE, /* EVALSHA compare-and-delete */
};

struct resp_work {
	const char *name;
	enum resp_step steps[RESP_STEPS_MAX];
	bool each_key_once; /* and then no more; else keys at random */
};

/* The works' names, for a setting's choices; NULL behind the last. */
extern const char *const resp_work_names[];

const struct resp_work *resp_work_of(int number); /* as in the names */

/* What a step's requests have in them. */
struct resp_words {
	const char *sha; /* of the script that compares and deletes */
	int64_t ttl_ms;
	int64_t until_ms; /* not 0: that (of the wall clock) ends the locks */
};

/* A step's request, made once: only the key's digits change. */
struct resp_request {
	char bytes[256];
	size_t len;
	size_t key_at;   /* where its digits are; 0: it has none */
	size_t value_at; /* the same of the value */
};

void resp_request_make(struct resp_request *request, enum resp_step step,
		       const struct resp_words *words);
void resp_request_add(struct resp_request *request, uint64_t key,
		      struct hf_buf *out);

#endif
