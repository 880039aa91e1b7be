#include "config.h"

#include "lockd/script_sandbox.h"

#include "libhold/base.h"
#include "lockd/script_extra.h"
#include "lockd/script_library.h"

#include <lauxlib.h>

/* Registry keys: the addresses of these. */
static const char all_globals, face_tables;

/* ---- read-only faces ---------------------------------------------------- */

static int refuse_write(lua_State *L)
{
	return luaL_error(L, "Attempt to modify a readonly table");
}

static int refuse_unknown(lua_State *L)
{
	const char *name = lua_tostring(L, 2);

	return luaL_error(L,
			  "Script attempted to access nonexistent global "
			  "variable '%s'",
			  name != NULL ? name : luaL_typename(L, 2));
}

static void push_registry(lua_State *L, const char *key)
{
	lua_pushlightuserdata(L, (void *)(uintptr_t)key);
	lua_rawget(L, LUA_REGISTRYINDEX);
}

/* Pushes the table behind the face in argument 1; else pushes nothing. */
static bool push_behind(lua_State *L)
{
	if (lua_type(L, 1) != LUA_TUSERDATA)
		return false;
	push_registry(L, &face_tables);
	lua_pushvalue(L, 1);
	lua_rawget(L, -2);
	lua_remove(L, -2);
	return true; /* there is no other userdata in a script's reach */
}

static int face_len(lua_State *L)
{
	push_behind(L);
	lua_pushinteger(L, (lua_Integer)lua_objlen(L, -1));
	return 1;
}

/* Replaces the table on top by its face. */
static void make_face(lua_State *L)
{
	lua_newuserdata(L, 1);
	lua_createtable(L, 0, 3);
	lua_pushvalue(L, -3);
	lua_setfield(L, -2, "__index");
	lua_pushcfunction(L, refuse_write);
	lua_setfield(L, -2, "__newindex");
	lua_pushcfunction(L, face_len);
	lua_setfield(L, -2, "__len");
	lua_pushboolean(L, 0);
	lua_setfield(L, -2, "__metatable");
	lua_setmetatable(L, -2);
	push_registry(L, &face_tables);
	lua_pushvalue(L, -2);
	lua_pushvalue(L, -4);
	lua_rawset(L, -3); /* face_tables[face] = table */
	lua_pop(L, 1);
	lua_remove(L, -2);
}

/* ---- base functions that meet faces ------------------------------------- */

static int call_original(lua_State *L)
{
	return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

static int face_type(lua_State *L)
{
	if (lua_type(L, 1) == LUA_TUSERDATA) {
		lua_pushliteral(L, "table");
		return 1;
	}
	return call_original(L);
}

/* next(), rawget(): on the table behind. */
static int face_read(lua_State *L)
{
	if (push_behind(L))
		lua_replace(L, 1);
	return call_original(L);
}

/* rawset() and setmetatable(). */
static int face_write(lua_State *L)
{
	if (lua_type(L, 1) == LUA_TUSERDATA) {
		lua_pushliteral(L, "Attempt to modify a readonly table");
		return lua_error(L);
	}
	return call_original(L);
}

/* Upvalue 1: the next() above, which takes the face as it is. */
static int face_pairs(lua_State *L)
{
	if (lua_type(L, 1) != LUA_TUSERDATA)
		luaL_checktype(L, 1, LUA_TTABLE);
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_pushvalue(L, 1);
	lua_pushnil(L);
	return 3;
}

/* ---- the globals -------------------------------------------------------- */

/* Copies what the base library may keep to the table on top. */
static void copy_base(lua_State *L)
{
	static const char *const names[] = {
		"assert",     "error",  "getmetatable", "ipairs",   "load",
		"loadstring", "pcall",  "rawequal",     "select",   "tonumber",
		"tostring",   "unpack", "xpcall",       "_VERSION",
	};
	static const luaL_Reg facing[] = {
		{ "type", face_type },          { "next", face_read },
		{ "rawget", face_read },        { "rawset", face_write },
		{ "setmetatable", face_write },
	};

	for (size_t i = 0; i < HF_LEN(names); i++) {
		lua_getglobal(L, names[i]);
		lua_setfield(L, -2, names[i]);
	}
	for (size_t i = 0; i < HF_LEN(facing); i++) {
		lua_getglobal(L, facing[i].name);
		lua_pushcclosure(L, facing[i].func, 1);
		lua_setfield(L, -2, facing[i].name);
	}
	lua_getfield(L, -1, "next");
	lua_pushcclosure(L, face_pairs, 1);
	lua_setfield(L, -2, "pairs");
}

static void copy_libraries(lua_State *L)
{
	static const char *const names[] = { "bit",  "cjson", "coroutine",
					     "math", "os",    "string",
					     "table" };

	for (size_t i = 0; i < HF_LEN(names); i++) {
		lua_getglobal(L, names[i]);
		make_face(L);
		lua_setfield(L, -2, names[i]);
	}
}

static void set_registry(lua_State *L, const char *key)
{
	lua_pushlightuserdata(L, (void *)(uintptr_t)key);
	lua_insert(L, -2);
	lua_rawset(L, LUA_REGISTRYINDEX);
}

/* The table of all globals is on top: reading others from it raises. */
static void refuse_others(lua_State *L)
{
	lua_createtable(L, 0, 1);
	lua_pushcfunction(L, refuse_unknown);
	lua_setfield(L, -2, "__index");
	lua_setmetatable(L, -2);
}

/* What functions have for globals: empty, reads from the table on top. */
static void push_environment(lua_State *L)
{
	lua_newtable(L);
	lua_createtable(L, 0, 2);
	lua_pushvalue(L, -3);
	lua_setfield(L, -2, "__index");
	lua_pushcfunction(L, refuse_write);
	lua_setfield(L, -2, "__newindex");
	lua_setmetatable(L, -2);
}

void script_sandbox_build(lua_State *L)
{
	script_library_open(L);
	script_extra_open(L);
	lua_newtable(L);
	set_registry(L, &face_tables);

	lua_newtable(L);
	copy_base(L);
	copy_libraries(L);
	lua_insert(L, -2); /* ours on top */
	make_face(L);
	lua_pushvalue(L, -1);
	lua_setfield(L, -3, "redis");
	lua_setfield(L, -2, "server");
	lua_pushvalue(L, -1);
	make_face(L);
	lua_setfield(L, -2, "_G");
	refuse_others(L);
	push_environment(L);
	lua_replace(L, LUA_GLOBALSINDEX);
	set_registry(L, &all_globals);
}

void script_sandbox_set(lua_State *L, const char *name)
{
	push_registry(L, &all_globals);
	lua_insert(L, -2);
	lua_pushstring(L, name);
	lua_insert(L, -2);
	lua_rawset(L, -3);
	lua_pop(L, 1);
}
