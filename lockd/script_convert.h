/*
 * Between replies and Lua values, both ways.
 *
 * Conversions: https://redis.io/docs/latest/develop/programmability/lua-api/
 * ("Data type conversion").
 */
#ifndef LOCKD_SCRIPT_CONVERT_H
#define LOCKD_SCRIPT_CONVERT_H

#include "lockd/reply.h"

#include <lua.h>

enum { LUA_SINK_DEPTH = 8 }; /* nesting of our own commands' replies */

/*
 * A reply sink that leaves one value on top of L's stack. Its calls never
 * raise: the caller lifts the memory limit meanwhile, because a handler that
 * is left by a jump would leak.
 */
struct lua_sink {
	struct reply reply; /* .protocol is what redis.setresp() asked for */
	lua_State *L;
	bool failed; /* the value is an error table */
	size_t depth;
	struct {
		size_t left;  /* values still to come */
		size_t place; /* index of the next one */
		bool map;     /* key and value in turn */
		bool set;
	} open[LUA_SINK_DEPTH];
};

void lua_sink_init(struct lua_sink *sink, lua_State *L, int protocol);

/*
 * Raises for a value on top of L's stack that is too deep or too large to be a
 * reply; leaves the stack as it was.
 */
void lua_reply_check(lua_State *L);

/*
 * Writes a checked value on top of L's stack as one reply. protocol is what
 * the script asked for (booleans). The caller lifts the memory limit
 * meanwhile: half a reply cannot be taken back.
 */
void lua_reply_write(lua_State *L, struct reply *r, int protocol);

/* Pushes { err = text }, with "ERR " before a text that has no code. */
void lua_push_error(lua_State *L, const char *text);

#endif
