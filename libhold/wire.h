/*
 * Big-endian numbers: a writer onto a buffer, and a reader whose error
 * sticks.
 *
 * Read the whole record, then ask hf_rd_ok() once: a read past the end gives
 * zeros from there on, never rubbish, and bytes left over are an error too.
 * (The idea: Knot DNS's wire_ctx.)
 */
#ifndef HOLD_WIRE_H
#define HOLD_WIRE_H

#include "libhold/buf.h"

struct hf_rd {
	const unsigned char *at;
	size_t left;
	bool bad;
};

static inline struct hf_rd hf_rd_of(struct hf_slice s)
{
	return (struct hf_rd){ (const unsigned char *)s.data, s.len, false };
}

/* n bytes, or an empty slice and a sticking error. */
static inline struct hf_slice hf_rd_bytes(struct hf_rd *r, size_t n)
{
	struct hf_slice s = { (const char *)r->at, n };

	if (r->bad || n > r->left) {
		r->bad = true;
		return (struct hf_slice){ "", 0 };
	}
	r->at += n;
	r->left -= n;
	return s;
}

static inline uint64_t hf_rd_uint(struct hf_rd *r, size_t bytes)
{
	struct hf_slice s = hf_rd_bytes(r, bytes);
	uint64_t value = 0;

	for (size_t i = 0; i < s.len; i++)
		value = value << 8 | (unsigned char)s.data[i];
	return value;
}

static inline uint8_t hf_rd_u8(struct hf_rd *r)
{
	return (uint8_t)hf_rd_uint(r, 1);
}

static inline uint32_t hf_rd_u32(struct hf_rd *r)
{
	return (uint32_t)hf_rd_uint(r, 4);
}

static inline uint64_t hf_rd_u64(struct hf_rd *r)
{
	return hf_rd_uint(r, 8);
}

static inline int64_t hf_rd_i64(struct hf_rd *r)
{
	return (int64_t)hf_rd_uint(r, 8);
}

/* A u32 length and so many bytes. */
static inline struct hf_slice hf_rd_blob(struct hf_rd *r)
{
	return hf_rd_bytes(r, hf_rd_u32(r));
}

static inline bool hf_rd_ok(const struct hf_rd *r)
{
	return !r->bad && r->left == 0;
}

static inline void hf_wr_uint(struct hf_buf *out, uint64_t value, size_t bytes)
{
	char text[8];

	for (size_t i = bytes; i > 0; i--, value >>= 8)
		text[i - 1] = (char)(value & 0xff);
	hf_buf_add(out, text, bytes);
}

static inline void hf_wr_u8(struct hf_buf *out, uint8_t value)
{
	hf_wr_uint(out, value, 1);
}

static inline void hf_wr_u32(struct hf_buf *out, uint32_t value)
{
	hf_wr_uint(out, value, 4);
}

static inline void hf_wr_u64(struct hf_buf *out, uint64_t value)
{
	hf_wr_uint(out, value, 8);
}

static inline void hf_wr_i64(struct hf_buf *out, int64_t value)
{
	hf_wr_uint(out, (uint64_t)value, 8);
}

static inline void hf_wr_blob(struct hf_buf *out, struct hf_slice s)
{
	hf_wr_u32(out, (uint32_t)s.len);
	hf_buf_add_slice(out, s);
}

#endif
