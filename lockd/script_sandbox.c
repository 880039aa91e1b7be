#include "config.h"

#include "lockd/script_sandbox.h"

#include "libhold/base.h"

#include <lauxlib.h>
#include <lualib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Registry keys: the addresses of these. */
static const char all_globals, env_meta, current_env, random_state;

/*
 * What one call of a pattern function may cost, about: places to begin at
 * times ways to split the subject among the pattern's repetitions. No hook
 * sees the matcher run, so it is bounded before.
 */
#define PATTERN_COST_MAX  1e8
#define PATTERN_MAX_BYTES 512

/* ---- read-only faces ---------------------------------------------------- */

static int refuse_write(lua_State *L)
{
	return luaL_error(L, "Attempt to modify a readonly table");
}

static int refuse_unknown(lua_State *L)
{
	if (lua_type(L, 2) == LUA_TSTRING)
		return luaL_error(L,
				  "Script attempted to access nonexistent "
				  "global variable '%s'",
				  lua_tostring(L, 2));
	return luaL_error(L, "Script attempted to access a nonexistent global");
}

/* Replaces the table on top by a userdata that reads from it. */
static void make_face(lua_State *L)
{
	lua_newuserdata(L, 1);
	lua_createtable(L, 0, 3);
	lua_pushvalue(L, -3);
	lua_setfield(L, -2, "__index");
	lua_pushcfunction(L, refuse_write);
	lua_setfield(L, -2, "__newindex");
	lua_pushboolean(L, 0);
	lua_setfield(L, -2, "__metatable");
	lua_setmetatable(L, -2);
	lua_remove(L, -2);
}

/* ---- pattern functions with a bound ------------------------------------- */

static double pattern_cost(const char *pattern, size_t pattern_len,
			   size_t subject_len)
{
	bool anchored = pattern_len > 0 && pattern[0] == '^';
	double n = (double)subject_len + 1, cost = anchored ? 1 : n;

	for (size_t i = 0; i < pattern_len; i++) {
		if (pattern[i] == '%' && i + 1 < pattern_len)
			i++; /* an escaped byte repeats nothing */
		else if (strchr("*+-", pattern[i]) != NULL)
			cost *= n;
		else if (pattern[i] == '?')
			cost *= 2;
	}
	/* A first repetition is linear: it is the next that multiplies. */
	return cost / (anchored ? 1 : n) > n ? cost : n;
}

/* Calls the library's function in upvalue 1, if the pattern is bearable. */
static int guarded(lua_State *L)
{
	size_t subject_len, pattern_len;
	const char *pattern;

	luaL_checklstring(L, 1, &subject_len);
	pattern = luaL_checklstring(L, 2, &pattern_len);
	if (!lua_toboolean(L, lua_upvalueindex(2)) || !lua_toboolean(L, 4)) {
		if (pattern_len > PATTERN_MAX_BYTES)
			return luaL_error(L, "pattern longer than %d bytes",
					  PATTERN_MAX_BYTES);
		if (pattern_cost(pattern, pattern_len, subject_len) >
		    PATTERN_COST_MAX)
			return luaL_error(L, "pattern too costly for a text "
					     "of this length");
	}
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
	return lua_gettop(L);
}

/* string.rep, but nothing repeated is nothing at once. */
static int guarded_rep(lua_State *L)
{
	size_t len;

	luaL_checklstring(L, 1, &len);
	if (len == 0) {
		lua_pushliteral(L, "");
		return 1;
	}
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	lua_call(L, lua_gettop(L) - 1, 1);
	return 1;
}

/* Guards name in the table on top; plain: its 4th argument switches off. */
static void guard(lua_State *L, const char *name, bool plain)
{
	lua_getfield(L, -1, name);
	lua_pushboolean(L, plain);
	lua_pushcclosure(L, guarded, 2);
	lua_setfield(L, -2, name);
}

/* ---- math.random, the same in every run --------------------------------- */

static unsigned short *random_of(lua_State *L)
{
	unsigned short *state;

	lua_pushlightuserdata(L, (void *)(uintptr_t)&random_state);
	lua_rawget(L, LUA_REGISTRYINDEX);
	state = lua_touserdata(L, -1);
	lua_pop(L, 1);
	return state;
}

static void seed_random(unsigned short *state, int64_t seed)
{
	state[0] = 0x330e; /* as srand48() has it */
	state[1] = (unsigned short)(seed & 0xffff);
	state[2] = (unsigned short)(seed >> 16 & 0xffff);
}

static int box_random(lua_State *L)
{
	double r = erand48(random_of(L));
	double low = 1, high;

	if (lua_gettop(L) == 0) {
		lua_pushnumber(L, r);
		return 1;
	}
	high = luaL_checknumber(L, 1);
	if (lua_gettop(L) > 1) {
		low = high;
		high = luaL_checknumber(L, 2);
	}
	luaL_argcheck(L, low <= high, lua_gettop(L) > 1 ? 2 : 1,
		      "interval is empty");
	lua_pushnumber(L, floor(r * (high - low + 1)) + low);
	return 1;
}

static int box_randomseed(lua_State *L)
{
	double seed = luaL_checknumber(L, 1);

	seed_random(random_of(L),
		    seed > -9e15 && seed < 9e15 ? (int64_t)seed : 0);
	return 0;
}

/* ---- the functions there are -------------------------------------------- */

/* Text only: bytecode can break the interpreter. */
static int box_loadstring(lua_State *L)
{
	size_t len;
	const char *text = luaL_checklstring(L, 1, &len);
	const char *name = luaL_optstring(L, 2, text);

	if (len > 0 && text[0] == LUA_SIGNATURE[0]) {
		lua_pushnil(L);
		lua_pushliteral(L, "bytecode is not allowed");
		return 2;
	}
	if (luaL_loadbuffer(L, text, len, name) != 0) {
		lua_pushnil(L);
		lua_insert(L, -2);
		return 2;
	}
	lua_pushlightuserdata(L, (void *)(uintptr_t)&current_env);
	lua_rawget(L, LUA_REGISTRYINDEX);
	lua_setfenv(L, -2);
	return 1;
}

static int box_clock(lua_State *L)
{
	lua_pushnumber(L, (double)clock() / CLOCKS_PER_SEC);
	return 1;
}

static void open_library(lua_State *L, lua_CFunction open, const char *name)
{
	lua_pushcfunction(L, open);
	lua_pushstring(L, name);
	lua_call(L, 1, 0);
}

/* Moves what the base library may keep from the real globals to the table. */
static void copy_base(lua_State *L)
{
	static const char *const names[] = {
		"assert", "error",        "getmetatable", "ipairs",   "next",
		"pairs",  "pcall",        "rawequal",     "rawget",   "rawset",
		"select", "setmetatable", "tonumber",     "tostring", "type",
		"unpack", "xpcall",       "_VERSION",
	};

	for (size_t i = 0; i < HF_LEN(names); i++) {
		lua_getglobal(L, names[i]);
		lua_setfield(L, -2, names[i]);
	}
	lua_pushcfunction(L, box_loadstring);
	lua_setfield(L, -2, "loadstring");
	lua_pushcfunction(L, box_loadstring);
	lua_setfield(L, -2, "load");
}

/* Gives a library its read-only face under its name in the table on top. */
static void copy_library(lua_State *L, const char *name)
{
	lua_getglobal(L, name);
	make_face(L);
	lua_setfield(L, -2, name);
}

static void tame_string(lua_State *L)
{
	lua_getglobal(L, "string");
	lua_pushnil(L);
	lua_setfield(L, -2, "dump");
	guard(L, "find", true);
	guard(L, "match", false);
	guard(L, "gmatch", false);
	guard(L, "gfind", false);
	guard(L, "gsub", false);
	lua_getfield(L, -1, "rep");
	lua_pushcclosure(L, guarded_rep, 1);
	lua_setfield(L, -2, "rep");
	lua_pop(L, 1);
	lua_pushliteral(L, "");
	if (lua_getmetatable(L, -1)) {
		lua_pushboolean(L, 0);
		lua_setfield(L, -2, "__metatable");
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
}

static void tame_math(lua_State *L)
{
	lua_pushlightuserdata(L, (void *)(uintptr_t)&random_state);
	lua_newuserdata(L, 3 * sizeof(unsigned short));
	lua_rawset(L, LUA_REGISTRYINDEX);
	lua_getglobal(L, "math");
	lua_pushcfunction(L, box_random);
	lua_setfield(L, -2, "random");
	lua_pushcfunction(L, box_randomseed);
	lua_setfield(L, -2, "randomseed");
	lua_pop(L, 1);
}

static void make_env_meta(lua_State *L)
{
	lua_pushlightuserdata(L, (void *)(uintptr_t)&env_meta);
	lua_createtable(L, 0, 3);
	lua_pushvalue(L, -3); /* all globals */
	lua_setfield(L, -2, "__index");
	lua_pushcfunction(L, refuse_write);
	lua_setfield(L, -2, "__newindex");
	lua_pushboolean(L, 0);
	lua_setfield(L, -2, "__metatable");
	lua_rawset(L, LUA_REGISTRYINDEX);
}

void sandbox_build(lua_State *L)
{
	open_library(L, luaopen_base, ""); /* coroutine too */
	open_library(L, luaopen_string, LUA_STRLIBNAME);
	open_library(L, luaopen_table, LUA_TABLIBNAME);
	open_library(L, luaopen_math, LUA_MATHLIBNAME);
	tame_string(L);
	tame_math(L);

	lua_newtable(L); /* all globals of scripts */
	copy_base(L);
	copy_library(L, LUA_STRLIBNAME);
	copy_library(L, LUA_TABLIBNAME);
	copy_library(L, LUA_MATHLIBNAME);
	copy_library(L, LUA_COLIBNAME);
	lua_createtable(L, 0, 1);
	lua_pushcfunction(L, box_clock);
	lua_setfield(L, -2, "clock");
	make_face(L);
	lua_setfield(L, -2, "os");
	lua_pushvalue(L, -2); /* ours */
	make_face(L);
	lua_pushvalue(L, -1);
	lua_setfield(L, -3, "redis");
	lua_setfield(L, -2, "server");

	lua_pushvalue(L, -1);
	make_face(L);
	lua_setfield(L, -2, "_G");
	lua_createtable(L, 0, 1);
	lua_pushcfunction(L, refuse_unknown);
	lua_setfield(L, -2, "__index");
	lua_setmetatable(L, -2);
	make_env_meta(L);
	lua_pushlightuserdata(L, (void *)(uintptr_t)&all_globals);
	lua_insert(L, -2);
	lua_rawset(L, LUA_REGISTRYINDEX);
	lua_pop(L, 1); /* ours */
}

void sandbox_push_env(lua_State *L)
{
	seed_random(random_of(L), 0);
	lua_createtable(L, 0, 2);
	lua_pushlightuserdata(L, (void *)(uintptr_t)&env_meta);
	lua_rawget(L, LUA_REGISTRYINDEX);
	lua_setmetatable(L, -2);
	lua_pushlightuserdata(L, (void *)(uintptr_t)&current_env);
	lua_pushvalue(L, -2);
	lua_rawset(L, LUA_REGISTRYINDEX);
}
