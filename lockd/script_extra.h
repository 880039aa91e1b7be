/*
 * Libraries that scripts find in Redis and that are not Lua's own: cjson and
 * bit, as Debian has them, tamed.
 */
#ifndef LOCKD_SCRIPT_EXTRA_H
#define LOCKD_SCRIPT_EXTRA_H

#include <lua.h>

/*
 * Opens both into the state's globals. cjson has encode, decode and null: what
 * sets its options would last beyond the script, or its limits. May raise.
 */
void script_extra_open(lua_State *L);

#endif
