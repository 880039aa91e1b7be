/*
 * What a Lua pattern may cost at most, and a search that costs nothing.
 *
 * Lua 5.1's matcher goes back and tries again without a bound, inside one C
 * call that no hook interrupts. So the worst case is reckoned before.
 * Patterns: https://www.lua.org/manual/5.1/manual.html#5.4.1
 */
#ifndef LOCKD_SCRIPT_PATTERN_H
#define LOCKD_SCRIPT_PATTERN_H

#include "libhold/slice.h"

enum { SCRIPT_PATTERN_MAX_BYTES = 512 };

/* No byte of it, up to a NUL, means more than itself. */
bool script_pattern_plain(struct hf_slice pattern);

/*
 * An upper bound, in steps of the matcher, of finding all of pattern's
 * matches in subject. anchors: a leading '^' ties it to the beginning (not
 * so in gmatch). A repetition counts as long as the longest run in subject of
 * bytes that it takes.
 */
double script_pattern_cost(struct hf_slice pattern, struct hf_slice subject,
			   bool anchors);

#endif
