#include "config.h"

#include "fcgi/pg_params.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

enum { FORMAT_TEXT = 0, FORMAT_BINARY = 1 };

void pg_params_init(struct pg_params *params)
{
	params->n = 0;
	params->used = 0;
}

static void put(struct pg_params *params, const void *data, size_t len)
{
	assert(len <= sizeof(params->room) - params->used);
	memcpy(params->room + params->used, data, len);
	params->used += len;
}

static void put32(struct pg_params *params, uint32_t number)
{
	uint32_t wire = htobe32(number);

	put(params, &wire, sizeof(wire));
}

static void put64(struct pg_params *params, int64_t number)
{
	uint64_t wire = htobe64((uint64_t)number);

	put(params, &wire, sizeof(wire));
}

/* The next parameter is what was put from start on. */
static void add_binary(struct pg_params *params, size_t start)
{
	assert(params->n < PG_PARAMS_MAX);
	params->values[params->n] = params->room + start;
	params->lengths[params->n] = (int)(params->used - start);
	params->formats[params->n] = FORMAT_BINARY;
	params->n++;
}

void pg_params_text(struct pg_params *params, const char *text)
{
	assert(params->n < PG_PARAMS_MAX);
	params->values[params->n] = text;
	params->lengths[params->n] = 0; /* not looked at: it ends with NUL */
	params->formats[params->n] = FORMAT_TEXT;
	params->n++;
}

void pg_params_int8(struct pg_params *params, int64_t number)
{
	size_t start = params->used;

	put64(params, number);
	add_binary(params, start);
}

void pg_params_null(struct pg_params *params)
{
	assert(params->n < PG_PARAMS_MAX);
	params->values[params->n] = NULL;
	params->lengths[params->n] = 0;
	params->formats[params->n] = FORMAT_TEXT;
	params->n++;
}

/* One dimension of n elements, no NULLs, the first has the index 1. */
static void put_array_header(struct pg_params *params, enum pg_type type,
			     size_t n)
{
	put32(params, 1);
	put32(params, 0);
	put32(params, type);
	put32(params, (uint32_t)n);
	put32(params, 1);
}

void pg_params_texts(struct pg_params *params, const char *const *texts,
		     size_t n)
{
	size_t start = params->used;

	put_array_header(params, PG_TEXT, n);
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(texts[i]);

		put32(params, (uint32_t)len);
		put(params, texts[i], len);
	}
	add_binary(params, start);
}

void pg_params_int8s(struct pg_params *params, const int64_t *numbers, size_t n)
{
	size_t start = params->used;

	put_array_header(params, PG_INT8, n);
	for (size_t i = 0; i < n; i++) {
		put32(params, sizeof(numbers[i]));
		put64(params, numbers[i]);
	}
	add_binary(params, start);
}
