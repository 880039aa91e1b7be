#include "config.h"

#include "fcgi/schema.h"

#include "fcgi/schema_needed.h"

#include <stdio.h>
#include <string.h>

bool schema_is_old(const char *last, char wrong_out[SCHEMA_WRONG_MAX])
{
	/* Their numbers come first and have four digits. */
	if (strcmp(last, SCHEMA_NEEDED) >= 0)
		return false;
	snprintf(wrong_out, SCHEMA_WRONG_MAX,
		 "its schema (%.60s) is older than this worker's (%s): run "
		 "holdfast-init --migrate-only",
		 last[0] != '\0' ? last : "none", SCHEMA_NEEDED);
	return true;
}
