#include "config.h"

#include "fcgi/metrics.h"

#include "fcgi/process_stats.h"
#include "fcgi/prom_text.h"
#include "fcgi/router.h"
#include "fcgi/store_backup.h"
#include "fcgi/store_oversold.h"
#include "libhold/clock.h"
#include "libhold/mem.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	LOOK_MS = 10000,      /* from look to look, whoever asks */
	LOOK_TICKETS = 10000, /* looked at in one of them */
};

struct metrics {
	int64_t started_ms; /* by the wall clock */
	const struct live *live;
	const struct listener *listener;
	size_t threads;
	size_t n;             /* with those beside them */
	struct meter *meters; /* of the threads, then LIVE_... */

	pthread_mutex_t looking; /* who has it looks; for the next one alone */
	int64_t look_ms;         /* not before */
	meter_count oversold, whole_ms; /* as last seen */
	meter_count backup_s;           /* likewise */
	atomic_bool looked;
};

struct metrics *metrics_new(size_t threads)
{
	struct metrics *metrics = hf_new(struct metrics);

	pthread_mutex_init(&metrics->looking, NULL);
	metrics->started_ms = hf_wall_ms();
	metrics->threads = threads;
	metrics->n = threads + LIVE_THREADS;
	metrics->meters = hf_new_array(struct meter, metrics->n);
	return metrics;
}

void metrics_free(struct metrics **metrics)
{
	pthread_mutex_destroy(&(*metrics)->looking);
	free((*metrics)->meters);
	free(*metrics);
	*metrics = NULL;
}

struct meter *metrics_meter(struct metrics *metrics, size_t thread)
{
	assert(thread < metrics->threads);
	return &metrics->meters[thread];
}

struct meter *metrics_live_meter(struct metrics *metrics, size_t thread)
{
	assert(thread < LIVE_THREADS);
	return &metrics->meters[metrics->threads + thread];
}

void metrics_watch(struct metrics *metrics, const struct live *live,
		   const struct listener *listener)
{
	metrics->live = live;
	metrics->listener = listener;
}

/* ---- what was sold twice, and saved
 * ------------------------------------------------- */

static void look(struct metrics *metrics, struct store *store)
{
	struct oversold seen;
	int64_t backup_s;

	metrics->look_ms = hf_clock_ms() + LOOK_MS;
	if (store_oversold_look(store, LOOK_MS, LOOK_TICKETS, &seen) < 0 ||
	    store_backup_made(store, &backup_s) < 0)
		return; /* what was seen last is still true of its time */
	meter_set(&metrics->oversold, (uint64_t)seen.tickets);
	meter_set(&metrics->whole_ms, (uint64_t)seen.whole_ms);
	meter_set(&metrics->backup_s, (uint64_t)backup_s);
	atomic_store(&metrics->looked, true);
}

void metrics_look(struct metrics *metrics, struct store *store)
{
	if (pthread_mutex_trylock(&metrics->looking) != 0)
		return;
	if (hf_clock_ms() >= metrics->look_ms)
		look(metrics, store);
	pthread_mutex_unlock(&metrics->looking);
}

/* No number at all is better than a 0 that nobody has seen. */
static void show_oversold(const struct metrics *metrics, struct hf_buf *out,
			  const char *name)
{
	if (atomic_load(&metrics->looked))
		prom_count(out, name, "", meter_get(&metrics->oversold));
}

static void show_whole(const struct metrics *metrics, struct hf_buf *out,
		       const char *name)
{
	prom_number(out, name, "", (double)meter_get(&metrics->whole_ms) / 1e3);
}

static void show_backup(const struct metrics *metrics, struct hf_buf *out,
			const char *name)
{
	if (atomic_load(&metrics->looked))
		prom_count(out, name, "", meter_get(&metrics->backup_s));
}

/* ---- sums over all threads ----------------------------------------------- */

static uint64_t sum(const struct metrics *metrics, size_t offset)
{
	uint64_t total = 0;

	for (size_t i = 0; i < metrics->n; i++) {
		const char *meter = (const char *)&metrics->meters[i];

		total += meter_get((const meter_count *)(meter + offset));
	}
	return total;
}

static struct prom_times times(const struct metrics *metrics, size_t offset)
{
	struct prom_times total = { 0 };

	for (size_t i = 0; i < metrics->n; i++) {
		const char *meter = (const char *)&metrics->meters[i];

		prom_times_add(&total,
			       (const struct meter_times *)(meter + offset));
	}
	return total;
}

/* ---- requests ------------------------------------------------------------ */

enum { LABELS_MAX = 160 };

/* The results of one call by all threads; a word stands once. */
struct results {
	size_t n;
	struct {
		const char *word;
		uint64_t count;
	} all[METER_RESULTS_MAX];
	uint64_t other;
};

static void note(struct results *results, const char *word, uint64_t count)
{
	size_t i = 0;

	while (i < results->n && strcmp(results->all[i].word, word) != 0)
		i++;
	if (i == METER_RESULTS_MAX) {
		results->other += count;
		return;
	}
	if (i == results->n)
		results->all[results->n++].word = word;
	results->all[i].count += count;
}

static void note_call(struct results *results, const struct meter_call *call)
{
	results->other += meter_get(&call->other);
	for (size_t i = 0; i < METER_RESULTS_MAX; i++) {
		const struct meter_result *result = &call->results[i];
		const char *word =
		    atomic_load_explicit(&result->word, memory_order_acquire);

		if (word == NULL)
			return;
		note(results, word, meter_get(&result->n));
	}
}

static void show_result(struct hf_buf *out, const char *name, const char *call,
			const char *word, uint64_t count)
{
	hf_buf_printf(out, "%s{%s,result=\"%s\"} %llu\n", name, call, word,
		      (unsigned long long)count);
}

static void call_label(char labels[LABELS_MAX], size_t call)
{
	char name[LABELS_MAX / 2];

	router_call_name(call, name, sizeof(name));
	snprintf(labels, LABELS_MAX, "call=\"%s\"", name);
}

/* Which errors of ours a call may be answered with, by its path. */
static const struct {
	const char *path;
	const char *words[2];
} known_errors[] = {
	{ " /api/", { "lock-unavailable", "database-unavailable" } },
	{ " /plain/", { "error" } },
	{ "_ticket", { "lock_unavailable", "database_unavailable" } },
};

/*
 * These are there before they happen: what first appears with a count has not
 * grown, for Prometheus, and the first errors would be missed.
 */
static void begin(struct results *results, const char *label)
{
	size_t i = 0;

	note(results, "ok", 0);
	while (i < HF_LEN(known_errors) &&
	       strstr(label, known_errors[i].path) == NULL)
		i++;
	for (size_t j = 0; i < HF_LEN(known_errors) && j < 2; j++)
		if (known_errors[i].words[j] != NULL)
			note(results, known_errors[i].words[j], 0);
}

static void show_results(const struct metrics *metrics, struct hf_buf *out,
			 const char *name)
{
	for (size_t call = 0; call < router_calls(); call++) {
		struct results results = { 0 };
		char label[LABELS_MAX];

		call_label(label, call);
		begin(&results, label);
		for (size_t i = 0; i < metrics->n; i++)
			note_call(&results, &metrics->meters[i].calls[call]);
		for (size_t i = 0; i < results.n; i++)
			show_result(out, name, label, results.all[i].word,
				    results.all[i].count);
		if (results.other > 0)
			show_result(out, name, label, "other", results.other);
	}
}

static void show_call_times(const struct metrics *metrics, struct hf_buf *out,
			    const char *name)
{
	for (size_t call = 0; call < router_calls(); call++) {
		struct prom_times total =
		    times(metrics, offsetof(struct meter, calls) +
				       call * sizeof(struct meter_call) +
				       offsetof(struct meter_call, times));
		char label[LABELS_MAX];

		call_label(label, call);
		prom_times_show(out, name, label, &total);
	}
}

static void show_waits(const struct metrics *metrics, struct hf_buf *out,
		       const char *name)
{
	struct prom_times total = times(metrics, offsetof(struct meter, waits));

	prom_times_show(out, name, "", &total);
}

/* ---- counters with one label --------------------------------------------- */

/* One sample for each word, from the counters that begin at offset. */
static void show_words(const struct metrics *metrics, struct hf_buf *out,
		       const char *name, size_t offset, const char *label,
		       const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char labels[LABELS_MAX];

		snprintf(labels, sizeof(labels), "%s=\"%s\"", label, words[i]);
		prom_count(out, name, labels,
			   sum(metrics, offset + i * sizeof(meter_count)));
	}
}

static void show_holds(const struct metrics *metrics, struct hf_buf *out,
		       const char *name)
{
	static const char *const words[METER_HOLDS] = {
		[METER_GRANTED] = "granted",   [METER_EXTENDED] = "extended",
		[METER_RELEASED] = "released", [METER_BOOKED] = "booked",
		[METER_EXPIRED] = "expired",   [METER_LOST] = "lost",
	};

	show_words(metrics, out, name, offsetof(struct meter, holds), "outcome",
		   words, METER_HOLDS);
}

static const char *const failures[METER_FAILURES] = {
	[METER_AWAY] = "away",       [METER_CONNECT] = "connect",
	[METER_TIMEOUT] = "timeout", [METER_BROKEN] = "broken",
	[METER_REFUSED] = "refused",
};

static void show_lock_failures(const struct metrics *metrics,
			       struct hf_buf *out, const char *name)
{
	show_words(metrics, out, name, offsetof(struct meter, lock_failures),
		   "kind", failures, METER_FAILURES);
}

static void show_statement_failures(const struct metrics *metrics,
				    struct hf_buf *out, const char *name)
{
	show_words(metrics, out, name,
		   offsetof(struct meter, statement_failures), "kind", failures,
		   METER_FAILURES);
}

static void show_frames(const struct metrics *metrics, struct hf_buf *out,
			const char *name)
{
	static const char *const words[METER_FRAMES] = {
		[METER_SENT] = "sent",
		[METER_TOO_SOON] = "too_soon",
		[METER_FAILED] = "failed",
	};

	show_words(metrics, out, name, offsetof(struct meter, frames), "result",
		   words, METER_FRAMES);
}

/* ---- the services behind ------------------------------------------------- */

static void show_locks(const struct metrics *metrics, struct hf_buf *out,
		       const char *name)
{
	static const char *const labels[METER_LOCK_CALLS] = {
		[METER_ACQUIRE] = "op=\"acquire\"",
		[METER_CHECK] = "op=\"check\"",
		[METER_EXTEND] = "op=\"extend\"",
		[METER_RELEASE] = "op=\"release\"",
		[METER_PING] = "op=\"ping\"",
	};

	for (size_t i = 0; i < METER_LOCK_CALLS; i++) {
		struct prom_times total =
		    times(metrics, offsetof(struct meter, locks) +
				       i * sizeof(struct meter_times));

		prom_times_show(out, name, labels[i], &total);
	}
}

static void show_statements(const struct metrics *metrics, struct hf_buf *out,
			    const char *name)
{
	struct prom_times total =
	    times(metrics, offsetof(struct meter, statements));

	prom_times_show(out, name, "", &total);
}

/* ---- gauges -------------------------------------------------------------- */

static void show_threads(const struct metrics *metrics, struct hf_buf *out,
			 const char *name)
{
	prom_count(out, name, "", metrics->threads);
}

static void show_busy(const struct metrics *metrics, struct hf_buf *out,
		      const char *name)
{
	prom_count(out, name, "", sum(metrics, offsetof(struct meter, busy)));
}

static void show_waiting(const struct metrics *metrics, struct hf_buf *out,
			 const char *name)
{
	int64_t waiting = listener_waiting(metrics->listener);

	if (waiting >= 0)
		prom_count(out, name, "", (uint64_t)waiting);
}

/* Every thread may have one. */
static void show_pool(const struct metrics *metrics, struct hf_buf *out,
		      const char *name)
{
	prom_count(out, name, "", metrics->n);
}

static void show_connections(const struct metrics *metrics, struct hf_buf *out,
			     const char *name)
{
	prom_count(out, name, "",
		   sum(metrics, offsetof(struct meter, connections)));
}

static void show_running(const struct metrics *metrics, struct hf_buf *out,
			 const char *name)
{
	prom_count(out, name, "",
		   sum(metrics, offsetof(struct meter, statements_running)));
}

static void show_queued(const struct metrics *metrics, struct hf_buf *out,
			const char *name)
{
	prom_count(out, name, "", live_look(metrics->live).queued);
}

static void show_dropped(const struct metrics *metrics, struct hf_buf *out,
			 const char *name)
{
	prom_count(out, name, "", live_look(metrics->live).dropped);
}

static void show_deadlines(const struct metrics *metrics, struct hf_buf *out,
			   const char *name)
{
	prom_count(out, name, "", live_look(metrics->live).holds);
}

static void show_build(const struct metrics *metrics, struct hf_buf *out,
		       const char *name)
{
	HF_UNUSED(metrics);
	prom_count(out, name, "version=\"" PACKAGE_VERSION "\"", 1);
}

/* ---- all of it ----------------------------------------------------------- */

static const struct family {
	const char *name, *type, *help;
	void (*show)(const struct metrics *metrics, struct hf_buf *out,
		     const char *name);
} families[] = {
	{ "holdfast_requests_total", "counter",
	  "Requests answered, by call and result.", show_results },
	{ "holdfast_request_seconds", "histogram",
	  "From a request's first byte to its answer's last, by call.",
	  show_call_times },
	{ "holdfast_request_wait_seconds", "histogram",
	  "From nginx, by its clock, until a thread takes the request.",
	  show_waits },
	{ "holdfast_threads", "gauge", "Threads that answer requests.",
	  show_threads },
	{ "holdfast_threads_busy", "gauge",
	  "Threads that are answering one now, this one too.", show_busy },
	{ "holdfast_requests_waiting", "gauge",
	  "Requests in the worker's socket that no thread has taken.",
	  show_waiting },
	{ "holdfast_holds_total", "counter", "Tickets, by what became of them.",
	  show_holds },
	{ "holdfast_lock_seconds", "histogram",
	  "Round trips to the lock service that were answered.", show_locks },
	{ "holdfast_lock_errors_total", "counter",
	  "Calls of the lock service without an answer, by kind.",
	  show_lock_failures },
	{ "holdfast_database_seconds", "histogram",
	  "Statements that were answered.", show_statements },
	{ "holdfast_database_errors_total", "counter",
	  "Statements without an answer, by kind.", show_statement_failures },
	{ "holdfast_database_pool_size", "gauge",
	  "Connections to the database that there may be: one a thread.",
	  show_pool },
	{ "holdfast_database_connections", "gauge",
	  "Connections to the database that are open.", show_connections },
	{ "holdfast_database_connections_busy", "gauge",
	  "Connections to the database that wait for an answer.",
	  show_running },
	{ "holdfast_publisher_queued", "gauge",
	  "Changed tickets that wait to be told to who watches.", show_queued },
	{ "holdfast_publisher_dropped_total", "counter",
	  "Changed tickets without room to wait: pages fetch all anew.",
	  show_dropped },
	{ "holdfast_publisher_frames_total", "counter",
	  "Frames handed to nginx, by what it said.", show_frames },
	{ "holdfast_deadlines", "gauge",
	  "Held tickets whose deadline this worker sees to.", show_deadlines },
	{ "holdfast_oversold_tickets", "gauge",
	  "Tickets that were booked twice without a cancellation between, as "
	  "their history tells: must stay 0.",
	  show_oversold },
	{ "holdfast_oversold_checked_timestamp_seconds", "gauge",
	  "What was over by then was looked at for it; 0: never yet.",
	  show_whole },
	{ "holdfast_backup_timestamp_seconds", "gauge",
	  "The moment that the last backup of the sale has; 0: none was made.",
	  show_backup },
	{ "holdfast_build_info", "gauge", "1, and which version this is.",
	  show_build },
};

void metrics_show(const struct metrics *metrics, struct hf_buf *out)
{
	for (size_t i = 0; i < HF_LEN(families); i++) {
		const struct family *family = &families[i];

		prom_family(out, family->name, family->type, family->help);
		family->show(metrics, out, family->name);
	}
	process_stats_show(out, metrics->started_ms);
}
