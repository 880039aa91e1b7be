/*
 * The box that scripts run in: which library functions there are, and that
 * nothing can be changed for the next script.
 *
 * Everything a script may reach hangs behind read-only userdata, which
 * neither rawset nor table.insert can write to; its global table is a fresh
 * one for each run.
 */
#ifndef LOCKD_SCRIPT_SANDBOX_H
#define LOCKD_SCRIPT_SANDBOX_H

#include <lua.h>

/*
 * Builds the box. The table of our own functions ("redis") is on top of the
 * stack and is taken from it. May raise.
 */
void sandbox_build(lua_State *L);

/*
 * Pushes a fresh global table for one run, and makes it the one that
 * loadstring() gives to what it compiles. May raise.
 */
void sandbox_push_env(lua_State *L);

#endif
