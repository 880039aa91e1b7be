/*
 * Patterns as Redis's KEYS and SCAN have them: * ? [abc] [^a-z] \x.
 *
 * Iterative: a star remembers one place to come back to, so time is at most
 * pattern times text, whatever the pattern.
 */
#ifndef LOCKD_GLOB_H
#define LOCKD_GLOB_H

#include "libhold/slice.h"

bool glob_match(struct hf_slice pattern, struct hf_slice text);

#endif
