/*
 * A growing run of bytes with a hard maximum.
 *
 * Going over the maximum sticks: the append that would not fit and all later
 * ones add nothing, and hf_buf_failed() says so. The owner looks once, after
 * a whole message, instead of at each byte. Bytes are taken from the front
 * with hf_buf_consume(), so the same type serves input and output.
 */
#ifndef HOLD_BUF_H
#define HOLD_BUF_H

#include "libhold/slice.h"

struct hf_buf {
	char *data; /* the first unconsumed byte is data + start */
	size_t start;
	size_t end; /* one past the last byte */
	size_t cap;
	size_t max; /* most unconsumed bytes, ever */
	bool failed;
};

void hf_buf_init(struct hf_buf *buf, size_t max_bytes);
void hf_buf_fini(struct hf_buf *buf);

static inline size_t hf_buf_len(const struct hf_buf *buf)
{
	return buf->end - buf->start;
}

static inline bool hf_buf_failed(const struct hf_buf *buf)
{
	return buf->failed;
}

/* The unconsumed bytes; valid until the next call that may grow it. */
static inline struct hf_slice hf_buf_slice(const struct hf_buf *buf)
{
	/* Without memory yet: not even 0 may be added to a null pointer. */
	return buf->data == NULL ? (struct hf_slice){ "", 0 }
				 : (struct hf_slice){ buf->data + buf->start,
						      hf_buf_len(buf) };
}

/*
 * Room for at least need more bytes, to be written at the returned place and
 * then counted with hf_buf_commit(). NULL when that would pass the maximum
 * (and the buffer has failed).
 */
char *hf_buf_reserve(struct hf_buf *buf, size_t need);

static inline void hf_buf_commit(struct hf_buf *buf, size_t len)
{
	buf->end += len;
}

/* Bytes that reserve can give now without allocating. */
static inline size_t hf_buf_room(const struct hf_buf *buf)
{
	return buf->cap - buf->end;
}

void hf_buf_add(struct hf_buf *buf, const void *data, size_t len);
void hf_buf_printf(struct hf_buf *buf, const char *format, ...) HF_PRINTF(2, 3);

static inline void hf_buf_add_slice(struct hf_buf *buf, struct hf_slice s)
{
	hf_buf_add(buf, s.data, s.len);
}

static inline void hf_buf_add_char(struct hf_buf *buf, char c)
{
	hf_buf_add(buf, &c, 1);
}

/* As hf_buf_add(), behind the first at bytes; at is at most what is there. */
void hf_buf_insert(struct hf_buf *buf, size_t at, struct hf_slice s);

/* Drops len bytes from the front; len is at most what is there. */
void hf_buf_consume(struct hf_buf *buf, size_t len);

/* Drops the last bytes so that len stay; un-fails the buffer. */
void hf_buf_truncate(struct hf_buf *buf, size_t len);

/* Empties it and gives memory above keep_bytes back. */
void hf_buf_reset(struct hf_buf *buf, size_t keep_bytes);

#endif
