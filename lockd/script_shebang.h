/*
 * The first line of a script that says what it needs: "#!lua flags=no-writes".
 */
#ifndef LOCKD_SCRIPT_SHEBANG_H
#define LOCKD_SCRIPT_SHEBANG_H

#include "lockd/reply.h"

struct script_head {
	struct hf_slice body; /* what is to be compiled: from the newline on */
	bool declared;        /* there is such a line */
	bool no_writes;
	bool allow_oom; /* it may go on past max-memory */
};

/* Is it refused past max-memory, whatever it does? */
static inline bool script_head_needs_memory(const struct script_head *head)
{
	return head->declared && !head->no_writes && !head->allow_oom;
}

/*
 * Reads it off text, if it is there; 0, or HF_EBAD after an error reply.
 * Other flags allow what lockd never forbids: they are taken and mean nothing.
 */
int script_shebang_read(struct hf_slice text, struct reply *reply,
			struct script_head *out) HF_MUSTUSE;

#endif
