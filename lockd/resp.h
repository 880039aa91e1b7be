/*
 * RESP: requests in, replies out.
 *
 * The reader is incremental: it keeps its place in an unfinished request, so
 * bytes are looked at once however they arrive, and arguments are slices of
 * the input. It never recurses; every length a client sends is checked
 * against a limit before it is believed.
 * Format: https://redis.io/docs/latest/develop/reference/protocol-spec/
 */
#ifndef LOCKD_RESP_H
#define LOCKD_RESP_H

#include "libhold/buf.h"
#include "lockd/reply.h"

enum {
	RESP_INLINE_MAX = 64 * 1024,       /* bytes of an inline request */
	RESP_ARGS_MAX = 1024 * 1024,       /* arguments of a request */
	RESP_BULK_MAX = 512 * 1024 * 1024, /* bytes of an argument */
	/* Of who has not given the password yet: AUTH and HELLO fit. */
	RESP_STRANGER_ARGS_MAX = 10,
	RESP_STRANGER_BULK_MAX = 16384,
};

enum resp_result {
	RESP_DONE, /* a request is whole (argc may be 0: nothing to do) */
	RESP_MORE, /* not all of it is there yet */
	RESP_BAD,  /* cannot be read: reader.error says why; close the peer */
};

struct resp_reader {
	size_t place;      /* bytes of this request read so far */
	int64_t args_left; /* -1: its first line is still to come */
	int64_t bulk_len;  /* -1: the length line is still to come */
	size_t argc;
	size_t args_cap;
	size_t *begins;        /* offsets from the request's first byte */
	struct hf_slice *argv; /* valid after RESP_DONE, until reset */
	char *inline_text;     /* unquoted words of an inline request */
	size_t request_max;    /* bytes of a request; 0: no limit of its own */
	bool stranger;         /* the narrow limits are in force */
	const char *error;     /* after RESP_BAD: a Redis error text */
	char error_text[96];
};

/* request_max: see there. */
void resp_reader_init(struct resp_reader *reader, size_t request_max);
void resp_reader_fini(struct resp_reader *reader);

/*
 * Reads on in bytes, which begin at the request's first byte each time. With
 * RESP_DONE *used_out is the request's length, and argv[0..argc-1] point into
 * bytes until resp_reader_reset().
 */
enum resp_result resp_read(struct resp_reader *reader, struct hf_slice bytes,
			   size_t *used_out);

/* Ready for the next request. */
void resp_reader_reset(struct resp_reader *reader);

/* A reply sink that writes RESP2 or RESP3 bytes to out. */
struct resp_writer {
	struct reply reply; /* .protocol may be changed between replies */
	struct hf_buf *out;
};

void resp_writer_init(struct resp_writer *writer, struct hf_buf *out,
		      int protocol);

#endif
