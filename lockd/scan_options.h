/*
 * What SCAN and HSCAN take: a cursor, then MATCH, COUNT and TYPE.
 */
#ifndef LOCKD_SCAN_OPTIONS_H
#define LOCKD_SCAN_OPTIONS_H

#include "lockd/command.h"

struct scan_options {
	struct hf_slice pattern; /* data == NULL: all */
	struct hf_slice type;    /* data == NULL: all */
	int64_t count;           /* at least 1 */
};

/* As strtoul() reads it, which is how Redis does. False after an error reply.
 */
bool scan_cursor(struct call *call, struct hf_slice text, uint64_t *out);

/* The words from argv[first] on; false after an error reply. */
bool scan_options(struct call *call, size_t first, bool takes_type,
		  struct scan_options *out);

/* Does name fit the pattern, if there is one? */
bool scan_fits(const struct scan_options *options, struct hf_slice name);

#endif
