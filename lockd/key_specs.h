/*
 * What commands do with their keys, as COMMAND shows it ("key specs").
 *
 * https://redis.io/docs/latest/develop/reference/key-specs/
 */
#ifndef LOCKD_KEY_SPECS_H
#define LOCKD_KEY_SPECS_H

#include "lockd/command.h"

/* The array of c's key specs; empty if it names no keys at fixed places. */
void key_specs_reply(struct reply *r, const struct command *c);

#endif
