/*
 * As much of RESP's replies as a load driver needs: where a reply ends, and
 * what kind it is.
 */
#ifndef BENCH_RESP_REPLY_H
#define BENCH_RESP_REPLY_H

#include "libhold/slice.h"

struct resp_reply {
	size_t used_bytes; /* with all that an array has in it */
	char kind;         /* the first byte: '+', '-', ':', '$', '*', ... */
	bool null;         /* "$-1", "*-1" or "_" */
};

/*
 * 1 and the reply when it is whole, 0 when more bytes are needed, HF_EBAD
 * when it is none.
 */
int resp_reply_parse(struct hf_slice in,
		     struct resp_reply *reply_out) HF_MUSTUSE;

#endif
