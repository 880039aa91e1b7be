/*
 * The values of a query string.
 */
#ifndef FCGI_QUERY_H
#define FCGI_QUERY_H

#include "libhold/slice.h"

/*
 * The first value of name, as it was sent: nothing is decoded, as all values
 * here are numbers and hashes. Points into query. False: it is not there.
 */
bool query_value(const char *query, const char *name,
		 struct hf_slice *value_out);

/*
 * The same as a number from min to max; 0 and preset when it is not there, or
 * HF_EBAD.
 */
int query_number(const char *query, const char *name, int64_t min, int64_t max,
		 int64_t preset, int64_t *number_out) HF_MUSTUSE;

#endif
