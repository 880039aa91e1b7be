/*
 * The slow log: the last requests that took long, newest first.
 *
 * A ring bounded by CONFIG's slowlog-max-len; of a request at most 32
 * arguments are kept, of an argument at most 128 bytes.
 */
#ifndef LOCKD_SLOWLOG_H
#define LOCKD_SLOWLOG_H

#include "lockd/client.h"

enum { SLOWLOG_ARGS = 32, SLOWLOG_ARG_BYTES = 128, SLOWLOG_LEN_MAX = 10000 };

struct slow_entry {
	struct hf_list all;
	uint64_t id;
	int64_t at_s; /* wall clock */
	int64_t took_us;
	char addr[CLIENT_ADDR_MAX];
	char name[CLIENT_NAME_MAX + 1];
	size_t argc;
	char *argv[SLOWLOG_ARGS];
	size_t arg_len[SLOWLOG_ARGS];
};

struct slowlog {
	struct hf_list entries; /* oldest first */
	size_t len;
	uint64_t next_id;
};

void slowlog_init(struct slowlog *log);
void slowlog_fini(struct slowlog *log);

/* Notes call's request; keeps at most max entries, the newest. */
void slowlog_note(struct slowlog *log, struct call *call, int64_t took_us,
		  size_t max);
void slowlog_trim(struct slowlog *log, size_t max);

#endif
