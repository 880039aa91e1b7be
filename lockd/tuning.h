/*
 * What CONFIG SET changes while lockd runs.
 */
#ifndef LOCKD_TUNING_H
#define LOCKD_TUNING_H

#include "libhold/base.h"

struct tuning {
	int64_t slowlog_slower_than_us; /* negative: no slow log */
	int64_t slowlog_max_len;
	int64_t busy_reply_ms;    /* others hear -BUSY after; 0: never */
	int64_t max_memory_bytes; /* of the state; 0: no limit */
	int64_t idle_timeout_s;   /* 0: idle clients stay */
};

#endif
