/*
 * Times as clients give them, turned into deadlines on the boot clock.
 */
#ifndef LOCKD_EXPIRY_H
#define LOCKD_EXPIRY_H

#include "lockd/command.h"

enum expiry_unit {
	EXPIRY_SECONDS = 1 << 0,  /* else milliseconds */
	EXPIRY_ABSOLUTE = 1 << 1, /* Unix time, else from now */
};

/*
 * text as a time in unit (a set of enum expiry_unit). positive: zero and less
 * are refused, as in SET. True and the deadline; or false after an error
 * reply that names command.
 */
bool expiry_parse(struct call *call, struct hf_slice text, unsigned unit,
		  bool positive, const char *command, int64_t *due_ms_out);

#endif
