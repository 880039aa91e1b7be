#include "config.h"

#include "libhold/buf.h"

#include "libhold/mem.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST_CAP_BYTES 256

void hf_buf_init(struct hf_buf *buf, size_t max_bytes)
{
	*buf = (struct hf_buf){ .max = max_bytes };
}

void hf_buf_fini(struct hf_buf *buf)
{
	free(buf->data);
	*buf = (struct hf_buf){ .max = buf->max };
}

/* Moves the bytes to the front, so that the room behind them is one piece. */
static void compact(struct hf_buf *buf)
{
	if (buf->start == 0)
		return;
	memmove(buf->data, buf->data + buf->start, hf_buf_len(buf));
	buf->end -= buf->start;
	buf->start = 0;
}

char *hf_buf_reserve(struct hf_buf *buf, size_t need)
{
	size_t len = hf_buf_len(buf);
	size_t cap = buf->cap > 0 ? buf->cap : FIRST_CAP_BYTES;

	if (HF_LIKELY(!buf->failed && buf->cap - buf->end >= need &&
		      need <= buf->max - len))
		return buf->data + buf->end;
	if (buf->failed || need > buf->max - len) {
		buf->failed = true;
		return NULL;
	}
	/* Moving costs no more than the bytes that were consumed before. */
	if (buf->start >= len) {
		compact(buf);
		if (buf->cap - buf->end >= need)
			return buf->data + buf->end;
	}
	while (cap - len < need)
		cap *= 2;
	compact(buf);
	buf->data = hf_realloc_array(buf->data, cap, 1);
	buf->cap = cap;
	return buf->data + buf->end;
}

void hf_buf_add(struct hf_buf *buf, const void *data, size_t len)
{
	char *to;

	if (len == 0)
		return;
	to = hf_buf_reserve(buf, len);
	if (to == NULL)
		return;
	memcpy(to, data, len);
	buf->end += len;
}

void hf_buf_insert(struct hf_buf *buf, size_t at, struct hf_slice s)
{
	size_t behind = hf_buf_len(buf) - at;
	char *to;

	assert(at <= hf_buf_len(buf));
	if (s.len == 0)
		return;
	to = hf_buf_reserve(buf, s.len);
	if (to == NULL)
		return;
	to -= behind;
	memmove(to + s.len, to, behind);
	memcpy(to, s.data, s.len);
	buf->end += s.len;
}

void hf_buf_printf(struct hf_buf *buf, const char *format, ...)
{
	va_list ap;
	char *to;
	int len;

	va_start(ap, format);
	len = vsnprintf(NULL, 0, format, ap);
	va_end(ap);
	assert(len >= 0);
	to = hf_buf_reserve(buf, (size_t)len + 1);
	if (to == NULL)
		return;
	va_start(ap, format);
	vsnprintf(to, (size_t)len + 1, format, ap);
	va_end(ap);
	buf->end += (size_t)len;
}

void hf_buf_consume(struct hf_buf *buf, size_t len)
{
	assert(len <= hf_buf_len(buf));
	buf->start += len;
	if (buf->start == buf->end) {
		buf->start = 0;
		buf->end = 0;
	}
}

void hf_buf_truncate(struct hf_buf *buf, size_t len)
{
	assert(len <= hf_buf_len(buf));
	buf->end = buf->start + len;
	buf->failed = false;
}

void hf_buf_reset(struct hf_buf *buf, size_t keep_bytes)
{
	buf->start = 0;
	buf->end = 0;
	buf->failed = false;
	if (buf->cap <= keep_bytes)
		return;
	free(buf->data);
	buf->data = NULL;
	buf->cap = 0;
}
