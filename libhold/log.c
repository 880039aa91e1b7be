#include "config.h"

#include "libhold/log.h"

#include "libhold/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048
#define ID_ROOM        80

static struct {
	const char *name;
	enum hf_log_level lowest;
	hf_log_sink_fn *sink;
	void *sink_arg;
} context = { .name = "holdfast", .lowest = HF_LOG_INFO };

/* What each thread is about. */
static _Thread_local const char *request_id = "";

static const char *const level_names[] = { "debug", "info", "warn", "fatal" };

void hf_log_init(const char *name, enum hf_log_level lowest)
{
	context.name = name;
	context.lowest = lowest;
}

int hf_log_level_parse(const char *word, enum hf_log_level *level_out)
{
	for (size_t i = 0; i <= HF_LOG_WARN; i++) {
		if (strcmp(word, level_names[i]) == 0) {
			*level_out = (enum hf_log_level)i;
			return 0;
		}
	}
	return HF_EUSAGE;
}

void hf_log_request(const char *id)
{
	request_id = id;
}

const char *hf_log_request_id(void)
{
	return request_id;
}

void hf_log_sink(hf_log_sink_fn *sink, void *arg)
{
	context.sink = sink;
	context.sink_arg = arg;
}

bool hf_log_shows(enum hf_log_level level)
{
	return level >= context.lowest;
}

/* Copies text into out, control bytes as \xHH; gives the bytes written. */
static size_t escape(char *out, size_t room, const char *text)
{
	size_t n = 0;

	for (; *text != '\0' && n + 5 < room; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < 0x20 || c == 0x7f)
			n += (size_t)snprintf(out + n, room - n, "\\x%02x", c);
		else
			out[n++] = (char)c;
	}
	out[n] = '\0';
	return n;
}

static size_t stamp(char *out, size_t room, enum hf_log_level level)
{
	struct timespec ts;
	struct tm tm;
	size_t n;

	clock_gettime(CLOCK_REALTIME, &ts);
	gmtime_r(&ts.tv_sec, &tm);
	n = strftime(out, room, "%Y-%m-%dT%H:%M:%S", &tm);
	return n +
	       (size_t)snprintf(out + n, room - n,
				".%03dZ %s %s: ", (int)(ts.tv_nsec / 1000000),
				level_names[level], context.name);
}

HF_PRINTF(3, 0)
static void emit(enum hf_log_level level, int errnum, const char *format,
		 va_list ap)
{
	char text[LINE_MAX_BYTES / 2];
	char line[LINE_MAX_BYTES];
	const char *id = request_id;
	size_t n;
	int used;

	if (!hf_log_shows(level))
		return;
	used = vsnprintf(text, sizeof(text), format, ap);
	if (used < 0)
		return;
	if (errnum != 0 && (size_t)used < sizeof(text))
		snprintf(text + used, sizeof(text) - (size_t)used, ": %s",
			 strerror(errnum));
	n = stamp(line, sizeof(line), level);
	n += escape(line + n, sizeof(line) - n - 1 - ID_ROOM, text);
	if (id[0] != '\0') {
		memcpy(line + n, " id=", 4);
		n += 4;
		n += escape(line + n, sizeof(line) - n - 1, id);
	}
	if (context.sink != NULL) {
		context.sink(context.sink_arg, level, line);
		return;
	}
	line[n++] = '\n';
	/* A log that cannot be written is no reason to stop serving. */
	if (write(STDERR_FILENO, line, n) < 0)
		return;
}

#define EMIT(level, errnum)                          \
	do {                                         \
		va_list ap;                          \
		va_start(ap, format);                \
		emit((level), (errnum), format, ap); \
		va_end(ap);                          \
	} while (0)

void hf_debug(const char *format, ...)
{
	EMIT(HF_LOG_DEBUG, 0);
}

void hf_info(const char *format, ...)
{
	EMIT(HF_LOG_INFO, 0);
}

void hf_warn(const char *format, ...)
{
	EMIT(HF_LOG_WARN, errno);
}

void hf_warnx(const char *format, ...)
{
	EMIT(HF_LOG_WARN, 0);
}

void hf_fatal(const char *format, ...)
{
	EMIT(HF_LOG_FATAL, errno);
	exit(EXIT_FAILURE);
}

void hf_fatalx(const char *format, ...)
{
	EMIT(HF_LOG_FATAL, 0);
	exit(EXIT_FAILURE);
}
