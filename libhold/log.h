/*
 * One line an event, on standard error, with a level.
 *
 * "2026-01-31T12:00:00.123Z warn lockd: cannot listen path=/x: In use". Bytes
 * that a terminal would obey are written as \xHH, so a peer's text cannot
 * forge a line. Safe from any thread: one write(2) a line. The name, level
 * and sink are the process's one logging context, set before threads start.
 */
#ifndef HOLD_LOG_H
#define HOLD_LOG_H

#include "libhold/base.h"

enum hf_log_level {
	HF_LOG_DEBUG,
	HF_LOG_INFO,
	HF_LOG_WARN,
	HF_LOG_FATAL,
};

/* name is shown on each line and must outlive the process's logging. */
void hf_log_init(const char *name, enum hf_log_level lowest);

/* 0, or HF_EUSAGE for a word that is no level ("debug", "info", "warn"). */
int hf_log_level_parse(const char *word,
		       enum hf_log_level *level_out) HF_MUSTUSE;

/* Is such a line written, or left out? */
bool hf_log_shows(enum hf_log_level level);

/*
 * Every line of this thread ends with " id=" and this, until it says another;
 * "": none. Borrowed.
 */
void hf_log_request(const char *id);

/* What it said last; as long as that lives. */
const char *hf_log_request_id(void);

/* Where whole lines (no newline) go instead of stderr; NULL: back to it. */
typedef void hf_log_sink_fn(void *arg, enum hf_log_level level,
			    const char *line);
void hf_log_sink(hf_log_sink_fn *sink, void *arg);

void hf_debug(const char *format, ...) HF_PRINTF(1, 2);
void hf_info(const char *format, ...) HF_PRINTF(1, 2);
void hf_warn(const char *format, ...) HF_PRINTF(1, 2);  /* adds errno */
void hf_warnx(const char *format, ...) HF_PRINTF(1, 2); /* does not */

/* As above, then exits 1. */
void hf_fatal(const char *format, ...) HF_PRINTF(1, 2) HF_NORETURN;
void hf_fatalx(const char *format, ...) HF_PRINTF(1, 2) HF_NORETURN;

#endif
