/*
 * Where a command's answer goes: one interface, several sinks.
 *
 * A handler writes one reply through these calls and does not know whether
 * it becomes RESP2 or RESP3 bytes (resp.h) or values on a Lua stack
 * (script.h). Arrays and maps announce their length and are followed by just
 * so many replies. Slices are copied before a call returns.
 */
#ifndef LOCKD_REPLY_H
#define LOCKD_REPLY_H

#include "libhold/slice.h"

struct reply;

struct reply_ops {
	void (*status)(struct reply *r, struct hf_slice text);
	void (*error)(struct reply *r, struct hf_slice text);
	void (*integer)(struct reply *r, int64_t value);
	void (*bulk)(struct reply *r, struct hf_slice bytes);
	void (*null)(struct reply *r);       /* RESP2: a null bulk string */
	void (*null_array)(struct reply *r); /* RESP2: a null array */
	void (*array)(struct reply *r, size_t n);
	void (*map)(struct reply *r, size_t n);       /* RESP2: array of 2n */
	void (*set)(struct reply *r, size_t n);       /* RESP2: array */
	void (*push)(struct reply *r, size_t n);      /* RESP2: array */
	void (*boolean)(struct reply *r, bool value); /* RESP2: 1, 0 */
	void (*real)(struct reply *r, double value);  /* RESP2: bulk */
	/* Text of one format ("txt"): RESP2: a bulk string. */
	void (*verbatim)(struct reply *r, struct hf_slice text);
};

/* Embedded first in each sink. */
struct reply {
	const struct reply_ops *ops;
	int protocol;    /* 2 or 3: what the client asked for */
	uint64_t errors; /* how many error replies went through, ever */
	char code[16];   /* the first word of the last one */
};

/* Takes what nobody wants to read. */
extern const struct reply_ops reply_to_nobody;

static inline void reply_status(struct reply *r, struct hf_slice text)
{
	r->ops->status(r, text);
}

static inline void reply_ok(struct reply *r)
{
	r->ops->status(r, HF_SLICE("OK"));
}

static inline void reply_integer(struct reply *r, int64_t value)
{
	r->ops->integer(r, value);
}

static inline void reply_bulk(struct reply *r, struct hf_slice bytes)
{
	r->ops->bulk(r, bytes);
}

static inline void reply_null(struct reply *r)
{
	r->ops->null(r);
}

static inline void reply_null_array(struct reply *r)
{
	r->ops->null_array(r);
}

static inline void reply_array(struct reply *r, size_t n)
{
	r->ops->array(r, n);
}

static inline void reply_map(struct reply *r, size_t n)
{
	r->ops->map(r, n);
}

static inline void reply_set(struct reply *r, size_t n)
{
	r->ops->set(r, n);
}

static inline void reply_push(struct reply *r, size_t n)
{
	r->ops->push(r, n);
}

static inline void reply_boolean(struct reply *r, bool value)
{
	r->ops->boolean(r, value);
}

static inline void reply_real(struct reply *r, double value)
{
	r->ops->real(r, value);
}

static inline void reply_verbatim(struct reply *r, struct hf_slice text)
{
	r->ops->verbatim(r, text);
}

static inline void reply_str(struct reply *r, const char *s)
{
	r->ops->bulk(r, hf_slice_of(s));
}

/*
 * An error: its first word is the code that clients look at ("ERR",
 * "WRONGTYPE"), then a sentence. CR and LF become spaces; cut at 512 bytes.
 */
void reply_error(struct reply *r, const char *format, ...) HF_PRINTF(2, 3);

/* HELP: an array of n lines. */
void reply_lines(struct reply *r, const char *const *lines, size_t n);

/* The errors that many handlers give, with Redis's words. */
void reply_syntax_error(struct reply *r);
void reply_not_an_integer(struct reply *r);
void reply_wrong_type(struct reply *r);

#endif
