/*
 * Scripts: Lua 5.1 in a box, calling commands by redis.call().
 *
 * One interpreter a process. A script has no io, os, package, debug, no
 * bytecode, no way to keep globals; its memory and its instructions are
 * bounded, and passing a bound ends it with an error while the server lives
 * on. Scripts are kept by the SHA-1 of their text, up to a number and a total
 * of bytes: the oldest unused one goes first.
 * Conversions between Lua and replies:
 * https://redis.io/docs/latest/develop/programmability/lua-api/
 */
#ifndef LOCKD_SCRIPT_H
#define LOCKD_SCRIPT_H

#include "lockd/command.h"

enum { SCRIPT_SHA_LEN = 40 }; /* hex digits */

struct script_limits {
	size_t memory_bytes;   /* of the interpreter with all its scripts */
	uint64_t instructions; /* of one run, about */
	int64_t run_ms;        /* of one run, about */
	size_t cached_scripts; /* at most this many */
	size_t text_bytes;     /* of one script */
};

struct script;

struct script *script_new(const struct script_limits *limits);
void script_free(struct script **script); /* and sets *script to NULL */

/*
 * Compiles and keeps text; its lower-case hex SHA-1 and a NUL go to sha_out.
 * 0, or HF_EBAD / HF_ELIMIT after an error reply on reply.
 */
int script_load(struct script *script, struct hf_slice text,
		struct reply *reply,
		char sha_out[SCRIPT_SHA_LEN + 1]) HF_MUSTUSE;

/* sha: hex digits, case does not matter. */
bool script_exists(const struct script *script, struct hf_slice sha);
/* Does its first line ask for free memory? Of one not kept: no. */
bool script_needs_memory(const struct script *script, struct hf_slice sha);
void script_flush(struct script *script);
size_t script_count(const struct script *script);
size_t script_memory(const struct script *script); /* bytes */

/*
 * Runs the kept script: KEYS and ARGV from the call's arguments, commands run
 * under the call's client and time. Exactly one reply is written to
 * call->reply, also when the script fails. HF_ENOTFOUND (and no reply) when
 * sha is not kept.
 */
int script_run(struct script *script, struct call *call, struct hf_slice sha,
	       const struct hf_slice *keys, size_t n_keys,
	       const struct hf_slice *argv, size_t n_argv,
	       bool read_only) HF_MUSTUSE;

/*
 * busy is called now and then while a script runs that has done so for longer
 * than tuning's busy_reply_ms. It may run no script, and what it calls of this
 * module is the next two.
 */
void script_on_busy(struct script *script, void (*busy)(void *arg), void *arg);

/*
 * The script that runs ends now. Refused by HF_ENOTFOUND when none does, and
 * by HF_EHELD when it has written: half a script must not stay.
 */
int script_kill(struct script *script) HF_MUSTUSE;
void script_abort(struct script *script); /* the same, whatever it has done */

#endif
