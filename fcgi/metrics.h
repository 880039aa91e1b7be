/*
 * The numbers of this worker, for Prometheus: what its threads count, and what
 * is to be seen of the process.
 *
 * Made before the threads and freed after them; whoever shows the numbers
 * takes no lock that a sale waits for. docs/monitoring.md tells what each one
 * means.
 */
#ifndef FCGI_METRICS_H
#define FCGI_METRICS_H

#include "fcgi/listener.h"
#include "fcgi/live.h"
#include "fcgi/meter.h"
#include "fcgi/store.h"
#include "libhold/buf.h"

struct metrics;

/* threads: how many answer requests. */
struct metrics *metrics_new(size_t threads);
void metrics_free(struct metrics **metrics);

/* Of the thread that answers requests with this number, from 0 on. */
struct meter *metrics_meter(struct metrics *metrics, size_t thread);

/* Of a thread beside them: LIVE_... */
struct meter *metrics_live_meter(struct metrics *metrics, size_t thread);

/* Whose state is shown, too; both outlive the threads. */
void metrics_watch(struct metrics *metrics, const struct live *live,
		   const struct listener *listener);

/*
 * Looks through the history for tickets that were sold twice, if that was not
 * done a moment ago: one statement at most, over the caller's store.
 */
void metrics_look(struct metrics *metrics, struct store *store);

/* All of it. */
void metrics_show(const struct metrics *metrics, struct hf_buf *out);

#endif
