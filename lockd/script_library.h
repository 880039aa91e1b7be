/*
 * Lua's own libraries, tamed: what can be misused is replaced or bounded.
 */
#ifndef LOCKD_SCRIPT_LIBRARY_H
#define LOCKD_SCRIPT_LIBRARY_H

#include <lua.h>

/*
 * Opens base, string, table, math and coroutine into the state's globals and
 * tames them there. May raise.
 */
void script_library_open(lua_State *L);

/* math.random() begins anew: each run sees the same numbers. */
void script_library_seed(lua_State *L);

#endif
