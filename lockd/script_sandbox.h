/*
 * The box that scripts run in: which globals there are, and that nothing can
 * be changed for the next script.
 *
 * Every library hangs behind a read-only face, a userdata that neither
 * rawset() nor table.insert() can write to, and which type(), next() and
 * pairs() show as the table it stands for. The table that functions have as
 * their globals is empty for ever and out of any script's reach.
 */
#ifndef LOCKD_SCRIPT_SANDBOX_H
#define LOCKD_SCRIPT_SANDBOX_H

#include <lua.h>

/*
 * Builds the box and makes it the state's globals: whatever is compiled from
 * then on runs inside. The table of our own functions ("redis") is on top of
 * the stack and is taken from it. May raise.
 */
void script_sandbox_build(lua_State *L);

/* The value on top becomes the global of that name, and is popped. */
void script_sandbox_set(lua_State *L, const char *name);

#endif
