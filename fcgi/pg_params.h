/*
 * The parameters of one prepared statement, as libpq sends them.
 *
 * Texts go as they are (borrowed), numbers and arrays in PostgreSQL's binary
 * format: no quoting, so no byte of a client's can be taken for syntax.
 * Array format: array_send() in PostgreSQL's arrayfuncs.c. All fits in the
 * struct; what is added past it is our own bug.
 */
#ifndef FCGI_PG_PARAMS_H
#define FCGI_PG_PARAMS_H

#include "fcgi/basket.h"

/* Types that a parameter may have; numbers from pg_type.dat. */
enum pg_type {
	PG_INT8 = 20,
	PG_TEXT = 25,
	PG_TEXT_ARRAY = 1009,
	PG_INT8_ARRAY = 1016,
};

enum {
	PG_PARAMS_MAX = 8,
	PG_ARRAY_HEADER_BYTES = 20,
	PG_PARAMS_BYTES = 2048, /* a basket's ids and two arrays of int8 */
};

struct pg_params {
	int n;
	const char *values[PG_PARAMS_MAX];
	int lengths[PG_PARAMS_MAX];
	int formats[PG_PARAMS_MAX];
	size_t used;
	char room[PG_PARAMS_BYTES];
};

void pg_params_init(struct pg_params *params);
void pg_params_text(struct pg_params *params, const char *text);
void pg_params_int8(struct pg_params *params, int64_t number);
void pg_params_null(struct pg_params *params);
void pg_params_texts(struct pg_params *params, const char *const *texts,
		     size_t n);
void pg_params_int8s(struct pg_params *params, const int64_t *numbers,
		     size_t n);

#endif
