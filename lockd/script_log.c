#include "config.h"

#include "lockd/script_log.h"

static void begin_second(struct script_log *log, int64_t now_ms)
{
	if (log->left_out > 0)
		hf_warnx("script: redis.log() was too fast: left out "
			 "lines=%llu, over %d a second",
			 (unsigned long long)log->left_out, SCRIPT_LOG_LINES);
	*log = (struct script_log){ .began_ms = now_ms };
}

static void write_line(enum hf_log_level level, const char *text)
{
	if (level == HF_LOG_WARN)
		hf_warnx("script: %s", text);
	else if (level == HF_LOG_INFO)
		hf_info("script: %s", text);
	else
		hf_debug("script: %s", text);
}

void script_log_line(struct script_log *log, enum hf_log_level level,
		     const char *text, int64_t now_ms)
{
	if (!hf_log_shows(level))
		return; /* costs nothing, so it takes no other's room */
	if (now_ms - log->began_ms >= 1000 || now_ms < log->began_ms)
		begin_second(log, now_ms);
	if (log->lines < SCRIPT_LOG_LINES) {
		log->lines++;
		write_line(level, text);
		return;
	}
	if (log->left_out++ == 0)
		hf_warnx("script: redis.log() is too fast: of this second no "
			 "more than %d lines are kept",
			 SCRIPT_LOG_LINES);
}
