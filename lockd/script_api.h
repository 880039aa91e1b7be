/*
 * What scripts find in the table "redis": calling commands and the rest.
 */
#ifndef LOCKD_SCRIPT_API_H
#define LOCKD_SCRIPT_API_H

#include "lockd/command.h"
#include "lockd/script_log.h"
#include "lockd/script_meter.h"

/* What the functions need of the run under way. */
struct script_context {
	struct script_meter meter; /* first: the interpreter finds it so */
	struct call *call;         /* NULL: nothing runs */
	int protocol;              /* redis.setresp() */
	bool wrote;                /* this run has called a writing command */
	bool read_only;            /* it may not (EVAL_RO) */
	bool may_grow;             /* memory was not full when it began, or
				    * it asked for that not to matter */
	struct script_log log;     /* of all runs */
};

/* Pushes the table; the interpreter must have been started under a context. */
void script_api_push(lua_State *L);

#endif
