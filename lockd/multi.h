/*
 * MULTI: the commands that a client has queued.
 *
 * They are copied: a request's bytes die with its turn. How much one client
 * may queue is bounded in bytes.
 */
#ifndef LOCKD_MULTI_H
#define LOCKD_MULTI_H

#include "lockd/command.h"

struct queued {
	struct hf_list all;
	const struct command *command;
	size_t argc;
	struct hf_slice argv[]; /* into bytes behind the last one */
};

struct multi {
	struct hf_list queue; /* struct queued, the oldest first */
	size_t count;
	size_t bytes;   /* memory, about */
	unsigned flags; /* of all its commands' */
	bool broken;    /* one was refused: EXEC will refuse all */
};

void multi_begin(struct client *client); /* sets client->multi */

/*
 * Queues the call's command and answers it; false, after an error reply, when
 * it would keep more than the setting max-transaction allows, or than may be
 * kept past max-memory.
 */
bool multi_queue(struct call *call, const struct command *command);

/* A command was refused, if the client queues at all. */
void multi_break(struct client *client);

/* The flags of what EXEC would run; 0 without MULTI. */
unsigned multi_flags(const struct client *client);

/* MULTI, WATCH: all as if neither had been. */
void multi_forget(struct lockd *lockd, struct client *client);

#endif
