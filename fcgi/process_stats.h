/*
 * What the kernel says of this process, by the names that Prometheus's own
 * client libraries use.
 */
#ifndef FCGI_PROCESS_STATS_H
#define FCGI_PROCESS_STATS_H

#include "libhold/buf.h"

/* started_ms: by the wall clock. What cannot be read is left out. */
void process_stats_show(struct hf_buf *out, int64_t started_ms);

#endif
