#include "config.h"

#include "lockd/resp.h"

#include "libhold/err.h"
#include "libhold/mem.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define KEEP_ARGS      16 /* slots that stay allocated between requests */
#define LINE_MAX_BYTES 32 /* of "*123" and "$123" */
#define GLANCE_DIGITS  4  /* of nearly every such number */

/* ---- requests ----------------------------------------------------------- */

void resp_reader_init(struct resp_reader *reader, size_t request_max)
{
	*reader = (struct resp_reader){ .args_left = -1,
					.bulk_len = -1,
					.request_max = request_max };
}

static void drop_args(struct resp_reader *reader)
{
	free(reader->begins);
	free(reader->argv);
	reader->begins = NULL;
	reader->argv = NULL;
	reader->args_cap = 0;
}

void resp_reader_fini(struct resp_reader *reader)
{
	drop_args(reader);
	free(reader->inline_text);
	reader->inline_text = NULL;
}

void resp_reader_reset(struct resp_reader *reader)
{
	reader->place = 0;
	reader->args_left = -1;
	reader->bulk_len = -1;
	reader->argc = 0;
	if (HF_UNLIKELY(reader->args_cap > KEEP_ARGS))
		drop_args(reader);
	if (HF_UNLIKELY(reader->inline_text != NULL)) {
		free(reader->inline_text);
		reader->inline_text = NULL;
	}
}

/* begin: an offset, because the input may move before the request is whole. */
static void add_arg(struct resp_reader *reader, size_t begin, size_t len)
{
	if (reader->argc == reader->args_cap) {
		reader->args_cap =
		    reader->args_cap > 0 ? reader->args_cap * 2 : 8;
		reader->begins = hf_realloc_array(
		    reader->begins, reader->args_cap, sizeof(size_t));
		reader->argv = hf_realloc_array(reader->argv, reader->args_cap,
						sizeof(struct hf_slice));
	}
	reader->begins[reader->argc] = begin;
	reader->argv[reader->argc].len = len;
	reader->argc++;
}

static void aim_args(struct resp_reader *reader, const char *base)
{
	for (size_t i = 0; i < reader->argc; i++)
		reader->argv[i].data = base + reader->begins[i];
}

static enum resp_result bad(struct resp_reader *reader, const char *error)
{
	reader->error = error;
	return RESP_BAD;
}

/*
 * The line at the reader's place, without CRLF; RESP_MORE while its end is
 * not there. Moves behind it.
 */
static enum resp_result read_line(struct resp_reader *reader,
				  struct hf_slice bytes, size_t max,
				  struct hf_slice *line_out)
{
	const char *at = bytes.data + reader->place;
	size_t left = bytes.len - reader->place;
	const char *end = memchr(at, '\r', left < max ? left : max);

	if (end == NULL)
		return left >= max ? RESP_BAD : RESP_MORE;
	if ((size_t)(end - at) + 1 == left)
		return RESP_MORE; /* the LF is still to come */
	*line_out = (struct hf_slice){ at, (size_t)(end - at) };
	reader->place += line_out->len + 2;
	return RESP_DONE;
}

/*
 * The number behind the first byte of a line, if the line is whole and the
 * number short and without sign: a request is such lines above all, and one
 * look at each digit does for them. Moves behind it. False: see read_line().
 */
static bool read_at_a_glance(struct resp_reader *reader, struct hf_slice bytes,
			     int64_t *number_out)
{
	const char *at = bytes.data + reader->place;
	size_t left = bytes.len - reader->place, n = 1;
	int64_t number = 0;

	if (left < GLANCE_DIGITS + 3)
		return false;
	while (n <= GLANCE_DIGITS && at[n] >= '0' && at[n] <= '9')
		number = number * 10 + (at[n++] - '0');
	if (n == 1 || at[n] != '\r' || (at[1] == '0' && n > 2))
		return false;
	reader->place += n + 2;
	*number_out = number;
	return true;
}

static enum resp_result read_count_line(struct resp_reader *reader,
					struct hf_slice bytes,
					int64_t *count_out)
{
	struct hf_slice line;
	enum resp_result result =
	    read_line(reader, bytes, LINE_MAX_BYTES, &line);

	if (result == RESP_BAD)
		return bad(reader,
			   "ERR Protocol error: too big mbulk count string");
	if (result != RESP_DONE)
		return result;
	line.data++;
	line.len--;
	if (hf_slice_int64(line, count_out) < 0 || *count_out > RESP_ARGS_MAX)
		return bad(reader,
			   "ERR Protocol error: invalid multibulk length");
	return RESP_DONE;
}

static enum resp_result read_count(struct resp_reader *reader,
				   struct hf_slice bytes)
{
	enum resp_result result = RESP_DONE;
	int64_t count;

	if (!read_at_a_glance(reader, bytes, &count))
		result = read_count_line(reader, bytes, &count);
	if (result != RESP_DONE)
		return result;
	if (reader->stranger && count > RESP_STRANGER_ARGS_MAX)
		return bad(reader, "ERR Protocol error: unauthenticated "
				   "multibulk length");
	reader->args_left = count > 0 ? count : 0;
	return RESP_DONE;
}

static enum resp_result read_bulk_line(struct resp_reader *reader,
				       struct hf_slice bytes)
{
	struct hf_slice line;
	enum resp_result result =
	    read_line(reader, bytes, LINE_MAX_BYTES, &line);

	if (result == RESP_BAD)
		return bad(reader,
			   "ERR Protocol error: too big bulk count string");
	if (result != RESP_DONE)
		return result;
	line.data++;
	line.len--;
	if (hf_slice_int64(line, &reader->bulk_len) < 0 ||
	    reader->bulk_len < 0 || reader->bulk_len > RESP_BULK_MAX)
		return bad(reader, "ERR Protocol error: invalid bulk length");
	return RESP_DONE;
}

static enum resp_result read_bulk_len(struct resp_reader *reader,
				      struct hf_slice bytes)
{
	enum resp_result result = RESP_DONE;
	char first;

	if (reader->place == bytes.len)
		return RESP_MORE;
	first = bytes.data[reader->place];
	if (first != '$') {
		snprintf(reader->error_text, sizeof(reader->error_text),
			 "ERR Protocol error: expected '$', got '%c'", first);
		return bad(reader, reader->error_text);
	}
	if (!read_at_a_glance(reader, bytes, &reader->bulk_len))
		result = read_bulk_line(reader, bytes);
	if (result != RESP_DONE)
		return result;
	if (reader->stranger && reader->bulk_len > RESP_STRANGER_BULK_MAX)
		return bad(reader, "ERR Protocol error: unauthenticated bulk "
				   "length");
	return RESP_DONE;
}

static enum resp_result read_args(struct resp_reader *reader,
				  struct hf_slice bytes)
{
	while (reader->args_left > 0) {
		if (reader->bulk_len < 0) {
			enum resp_result result = read_bulk_len(reader, bytes);

			if (result != RESP_DONE)
				return result;
		}
		if (bytes.len - reader->place < (size_t)reader->bulk_len + 2)
			return RESP_MORE;
		add_arg(reader, reader->place, (size_t)reader->bulk_len);
		reader->place += (size_t)reader->bulk_len + 2;
		reader->bulk_len = -1;
		reader->args_left--;
	}
	return RESP_DONE;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that the escape at text (behind its backslash) stands for. */
static char unescape(const char *text, const char *end, size_t *used_out)
{
	static const char from[] = "nrtba", to[] = "\n\r\t\b\a";
	const char *known = strchr(from, text[0]);

	if (text[0] == 'x' && end - text >= 3 && hex_digit(text[1]) >= 0 &&
	    hex_digit(text[2]) >= 0) {
		*used_out = 3;
		return (char)(hex_digit(text[1]) * 16 + hex_digit(text[2]));
	}
	*used_out = 1;
	return known != NULL && text[0] != '\0' ? to[known - from] : text[0];
}

/*
 * A quoted part of a word, at its opening quote. Gives the place behind the
 * closing one, or NULL when it is missing or something sticks to it.
 */
static const char *read_quoted(const char *at, const char *end, char **to)
{
	char quote = *at++;

	while (at < end && *at != quote) {
		if (*at == '\\' && quote == '"' && at + 1 < end) {
			size_t used;

			*(*to)++ = unescape(at + 1, end, &used);
			at += 1 + used;
		} else if (*at == '\\' && at + 1 < end && at[1] == '\'') {
			*(*to)++ = '\'';
			at += 2;
		} else {
			*(*to)++ = *at++;
		}
	}
	if (at == end)
		return NULL;
	at++;
	return at == end || isspace((unsigned char)*at) ? at : NULL;
}

/* Words of an inline request; quotes as redis-cli has them. false: unbalanced.
 */
static bool split_words(struct resp_reader *reader, struct hf_slice line)
{
	const char *at = line.data, *end = line.data + line.len;
	char *to = hf_alloc(line.len + 1);

	reader->inline_text = to;
	for (;;) {
		char *begin;

		while (at < end && isspace((unsigned char)*at))
			at++;
		if (at == end)
			return true;
		begin = to;
		while (at < end && !isspace((unsigned char)*at)) {
			if (*at == '"' || *at == '\'') {
				at = read_quoted(at, end, &to);
				if (at == NULL)
					return false;
			} else {
				*to++ = *at++;
			}
		}
		add_arg(reader, (size_t)(begin - reader->inline_text),
			(size_t)(to - begin));
	}
}

static enum resp_result read_inline(struct resp_reader *reader,
				    struct hf_slice bytes, size_t *used_out)
{
	const char *end = NULL;
	struct hf_slice line = { bytes.data, 0 };

	/* What was searched before has no newline. */
	end =
	    memchr(bytes.data + reader->place, '\n', bytes.len - reader->place);
	if ((end == NULL ? bytes.len : (size_t)(end - bytes.data)) >=
	    RESP_INLINE_MAX)
		return bad(reader,
			   "ERR Protocol error: too big inline request");
	if (end == NULL) {
		reader->place = bytes.len;
		return RESP_MORE;
	}
	line.len = (size_t)(end - bytes.data);
	*used_out = line.len + 1;
	if (line.len > 0 && line.data[line.len - 1] == '\r')
		line.len--;
	if (!split_words(reader, line))
		return bad(reader,
			   "ERR Protocol error: unbalanced quotes in request");
	aim_args(reader, reader->inline_text);
	return RESP_DONE;
}

static enum resp_result read_request(struct resp_reader *reader,
				     struct hf_slice bytes, size_t *used_out)
{
	enum resp_result result;

	if (bytes.len == 0)
		return RESP_MORE;
	if (bytes.data[0] != '*')
		return read_inline(reader, bytes, used_out);
	if (reader->args_left < 0) {
		result = read_count(reader, bytes);
		if (result != RESP_DONE)
			return result;
	}
	result = read_args(reader, bytes);
	if (result != RESP_DONE)
		return result;
	aim_args(reader, bytes.data);
	*used_out = reader->place;
	return RESP_DONE;
}

/* How many bytes the request under way has at least. */
static size_t least_length(const struct resp_reader *reader,
			   struct hf_slice bytes)
{
	size_t announced = reader->place;

	if (reader->bulk_len >= 0)
		announced += (size_t)reader->bulk_len + 2;
	return announced > bytes.len ? announced : bytes.len;
}

/* Announced is enough: nobody waits for what will not be taken. */
enum resp_result resp_read(struct resp_reader *reader, struct hf_slice bytes,
			   size_t *used_out)
{
	enum resp_result result = read_request(reader, bytes, used_out);
	size_t length;

	if (result == RESP_BAD || reader->request_max == 0)
		return result;
	length = result == RESP_DONE ? *used_out : least_length(reader, bytes);
	if (length <= reader->request_max)
		return result;
	snprintf(reader->error_text, sizeof(reader->error_text),
		 "ERR Protocol error: a request of more than %zu bytes "
		 "(--max-request)",
		 reader->request_max);
	return bad(reader, reader->error_text);
}

/* ---- replies ------------------------------------------------------------ */

static struct hf_buf *out_of(struct reply *r)
{
	return HF_CONTAINER_OF(r, struct resp_writer, reply)->out;
}

/* Digits of value into the end of text[24]; gives where they begin. */
static char *digits(char text[24], int64_t value)
{
	uint64_t left = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
	char *at = text + 24;

	do {
		*--at = (char)('0' + left % 10);
		left /= 10;
	} while (left > 0);
	if (value < 0)
		*--at = '-';
	return at;
}

/* ":123\r\n", "$3\r\n", "*2\r\n": a type byte, a number, the line's end. */
static void add_number_line(struct reply *r, char type, int64_t value)
{
	char text[24];
	char *from = digits(text, value);
	size_t len = (size_t)(text + 24 - from);
	char *to = hf_buf_reserve(out_of(r), len + 3);

	if (to == NULL)
		return;
	to[0] = type;
	memcpy(to + 1, from, len);
	to[len + 1] = '\r';
	to[len + 2] = '\n';
	hf_buf_commit(out_of(r), len + 3);
}

static void add_text_line(struct reply *r, char type, struct hf_slice text)
{
	char *to = hf_buf_reserve(out_of(r), text.len + 3);

	if (to == NULL)
		return;
	to[0] = type;
	memcpy(to + 1, text.data, text.len);
	to[text.len + 1] = '\r';
	to[text.len + 2] = '\n';
	hf_buf_commit(out_of(r), text.len + 3);
}

static void write_status(struct reply *r, struct hf_slice text)
{
	add_text_line(r, '+', text);
}

static void write_error(struct reply *r, struct hf_slice text)
{
	add_text_line(r, '-', text);
}

static void write_integer(struct reply *r, int64_t value)
{
	add_number_line(r, ':', value);
}

static void write_bulk(struct reply *r, struct hf_slice bytes)
{
	add_number_line(r, '$', (int64_t)bytes.len);
	hf_buf_add_slice(out_of(r), bytes);
	hf_buf_add(out_of(r), "\r\n", 2);
}

static void write_null(struct reply *r)
{
	if (r->protocol >= 3)
		hf_buf_add(out_of(r), "_\r\n", 3);
	else
		hf_buf_add(out_of(r), "$-1\r\n", 5);
}

static void write_null_array(struct reply *r)
{
	if (r->protocol >= 3)
		hf_buf_add(out_of(r), "_\r\n", 3);
	else
		hf_buf_add(out_of(r), "*-1\r\n", 5);
}

static void write_array(struct reply *r, size_t n)
{
	add_number_line(r, '*', (int64_t)n);
}

static void write_map(struct reply *r, size_t n)
{
	if (r->protocol >= 3)
		add_number_line(r, '%', (int64_t)n);
	else
		add_number_line(r, '*', (int64_t)(2 * n));
}

static void write_set(struct reply *r, size_t n)
{
	add_number_line(r, r->protocol >= 3 ? '~' : '*', (int64_t)n);
}

static void write_push(struct reply *r, size_t n)
{
	add_number_line(r, r->protocol >= 3 ? '>' : '*', (int64_t)n);
}

static void write_boolean(struct reply *r, bool value)
{
	if (r->protocol >= 3)
		hf_buf_add(out_of(r), value ? "#t\r\n" : "#f\r\n", 4);
	else
		write_integer(r, value ? 1 : 0);
}

static void write_real(struct reply *r, double value)
{
	char text[40];

	if (isinf(value))
		snprintf(text, sizeof(text), "%s", value > 0 ? "inf" : "-inf");
	else
		snprintf(text, sizeof(text), "%.17g", value);
	if (r->protocol >= 3)
		add_text_line(r, ',', hf_slice_of(text));
	else
		write_bulk(r, hf_slice_of(text));
}

static void write_verbatim(struct reply *r, struct hf_slice text)
{
	if (r->protocol < 3) {
		write_bulk(r, text);
		return;
	}
	add_number_line(r, '=', (int64_t)text.len + 4);
	hf_buf_add(out_of(r), "txt:", 4);
	hf_buf_add_slice(out_of(r), text);
	hf_buf_add(out_of(r), "\r\n", 2);
}

void resp_writer_init(struct resp_writer *writer, struct hf_buf *out,
		      int protocol)
{
	static const struct reply_ops ops = {
		.status = write_status,
		.error = write_error,
		.integer = write_integer,
		.bulk = write_bulk,
		.null = write_null,
		.null_array = write_null_array,
		.array = write_array,
		.map = write_map,
		.set = write_set,
		.push = write_push,
		.boolean = write_boolean,
		.real = write_real,
		.verbatim = write_verbatim,
	};

	*writer = (struct resp_writer){
		.reply = { .ops = &ops, .protocol = protocol }, .out = out
	};
}
