/*
 * Prometheus's text format, version 0.0.4: families, and samples below them.
 *
 * Labels are written as they stand (kind="lost"): their values are words of
 * ours, without quotes, backslashes and line ends. Format:
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 */
#ifndef FCGI_PROM_TEXT_H
#define FCGI_PROM_TEXT_H

#include "fcgi/meter.h"
#include "libhold/buf.h"

#define PROM_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* A family: its samples follow. type: "counter", "gauge", "histogram". */
void prom_family(struct hf_buf *out, const char *name, const char *type,
		 const char *help);

/* A sample; labels "": none. */
void prom_count(struct hf_buf *out, const char *name, const char *labels,
		uint64_t value);
void prom_number(struct hf_buf *out, const char *name, const char *labels,
		 double value);

/* A histogram's samples, in seconds. */
struct prom_times {
	uint64_t buckets[METER_BOUNDS + 1];
	uint64_t sum_us;
};

void prom_times_add(struct prom_times *sum, const struct meter_times *times);
void prom_times_show(struct hf_buf *out, const char *name, const char *labels,
		     const struct prom_times *times);

#endif
