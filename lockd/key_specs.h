/*
 * What commands do with their keys, as COMMAND shows it ("key specs").
 *
 * https://redis.io/docs/latest/develop/reference/key-specs/
 */
#ifndef LOCKD_KEY_SPECS_H
#define LOCKD_KEY_SPECS_H

#include "lockd/command.h"

/* Does it take keys (no channels), and is their number an argument? */
bool key_specs_has(const struct command *c);
bool key_specs_is_counted(const struct command *c);
/* Of such a one: may the number be 0? */
bool key_specs_may_be_none(const struct command *c);

/* The array of c's key specs; empty if it names no keys. */
void key_specs_reply(struct reply *r, const struct command *c);

/* The keys of one call: argv[first], argv[first + step]... */
struct key_places {
	size_t first, n, step;
};

/*
 * argv: with the command's name, as many as the command takes. n is 0 if it
 * takes none, or if its arguments do not say which are keys.
 */
struct key_places key_specs_find(const struct command *c,
				 const struct hf_slice *argv, size_t argc);
/* What becomes of the i-th of them: words, each a status reply. */
void key_specs_reply_flags(struct reply *r, const struct command *c,
			   const struct hf_slice *argv, size_t argc, size_t i);

#endif
