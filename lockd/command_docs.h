/*
 * COMMAND DOCS: what each command is for and what arguments it takes.
 *
 * redis-cli shows hints by it while somebody types, and clients make their
 * own help of it.
 */
#ifndef LOCKD_COMMAND_DOCS_H
#define LOCKD_COMMAND_DOCS_H

#include "lockd/command.h"

/* The map that COMMAND DOCS gives for one command. */
void command_docs_reply(struct reply *r, const struct command *c);

#endif
