/*
 * Our error codes and their texts, in one list.
 *
 * All are below -1000, so that a function may also pass -errno through.
 */
#ifndef HOLD_ERR_H
#define HOLD_ERR_H

#include "libhold/base.h"

#define HF_ERRORS(X)                                               \
	X(HF_EBAD, -1001, "malformed input")                       \
	X(HF_ELIMIT, -1002, "a limit is reached")                  \
	X(HF_EEXISTS, -1003, "already exists")                     \
	X(HF_ENOTFOUND, -1004, "not found")                        \
	X(HF_EHELD, -1005, "held by somebody else")                \
	X(HF_ENOTOWNER, -1006, "held by somebody else or nobody")  \
	X(HF_EUNREACHABLE, -1007, "the service cannot be reached") \
	X(HF_ETYPE, -1008, "wrong type of value")                  \
	X(HF_EUSAGE, -1009, "wrong usage")                         \
	X(HF_ENODIR, -1010,                                        \
	  "there is no such directory: make it first, or give "    \
	  "another path")                                          \
	X(HF_EGROUP, -1011,                                        \
	  "this user may not give it to that group: start as "     \
	  "root, or as a member of it, or without unix-group")

enum hf_err {
	HF_OK = 0,
#define X(name, code, text) name = code,
	HF_ERRORS(X)
#undef X
};

/* The text of one of ours or of -errno; lives for ever. */
const char *hf_strerror(int err);

#endif
