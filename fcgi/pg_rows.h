/*
 * Reads the rows of a result, which come as text.
 */
#ifndef FCGI_PG_ROWS_H
#define FCGI_PG_ROWS_H

#include "libhold/slice.h"

#include <libpq-fe.h>

/* NULL for a NULL; lives as long as the result. */
static inline const char *pg_text(const PGresult *result, int row, int column)
{
	return PQgetisnull(result, row, column) == 1
		   ? NULL
		   : PQgetvalue(result, row, column);
}

/* 0 for a NULL. */
static inline int64_t pg_int(const PGresult *result, int row, int column)
{
	struct hf_slice text = { PQgetvalue(result, row, column),
				 (size_t)PQgetlength(result, row, column) };
	int64_t number = 0;

	return hf_slice_int64(text, &number) == 0 ? number : 0;
}

static inline bool pg_bool(const PGresult *result, int row, int column)
{
	return PQgetvalue(result, row, column)[0] == 't';
}

#endif
