#include "config.h"

#include "lockd/script_library.h"

#include "libhold/slice.h"
#include "lockd/script_meter.h"
#include "lockd/script_pattern.h"

#include <lauxlib.h>
#include <limits.h>
#include <lualib.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>

/* Registry key: the address of this. */
static const char random_state;

/* Steps of the matcher in one call: half a second or so at the very worst. */
#define PATTERN_COST_MAX 1e8
#define UNPACK_MAX       8000 /* values; Lua's stack has no room for more */
#define COROUTINE_WORK   100  /* as many instructions go uncounted in it */

static struct hf_slice check_text(lua_State *L, int index)
{
	struct hf_slice text;

	text.data = luaL_checklstring(L, index, &text.len);
	return text;
}

/*
 * The library's function that this one stands for. It is called as a plain C
 * function, on the same frame: its error messages name the caller's line.
 */
static int call_original(lua_State *L)
{
	return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

/* ---- metered: work by the size of what is given ------------------------- */

/* All text arguments are read; a text result is written. */
static int metered_text(lua_State *L)
{
	size_t n = 0;
	int results;

	for (int i = 1; i <= lua_gettop(L); i++) {
		if (lua_type(L, i) == LUA_TSTRING)
			n += lua_objlen(L, i);
	}
	script_meter_charge_bytes(L, n);
	results = call_original(L);
	if (results > 0 && lua_type(L, -1) == LUA_TSTRING)
		script_meter_charge_bytes(L, lua_objlen(L, -1));
	return results;
}

/* All elements of the table are read or moved. */
static int metered_table(lua_State *L)
{
	int results;

	if (lua_istable(L, 1))
		script_meter_charge(L, (double)lua_objlen(L, 1));
	results = call_original(L);
	if (results > 0 && lua_type(L, -1) == LUA_TSTRING)
		script_meter_charge_bytes(L, lua_objlen(L, -1));
	return results;
}

/* Lua's library takes places as int, whatever that makes of the number. */
static bool fits_int(double n)
{
	return n >= INT_MIN && n <= INT_MAX;
}

/* What stands behind the place moves; a place before the first counts too. */
static void charge_move(lua_State *L)
{
	double at = luaL_checknumber(L, 2);
	double moved = (double)lua_objlen(L, 1) - at;

	luaL_argcheck(L, fits_int(at), 2, "position out of bounds");
	script_meter_charge(L, moved > 0 ? moved : 0);
}

static int metered_insert(lua_State *L)
{
	if (lua_type(L, 1) == LUA_TUSERDATA) { /* a library's face */
		lua_pushliteral(L, "Attempt to modify a readonly table");
		return lua_error(L);
	}
	if (lua_istable(L, 1) && lua_gettop(L) == 3)
		charge_move(L);
	return call_original(L);
}

static int metered_remove(lua_State *L)
{
	if (lua_istable(L, 1) && !lua_isnoneornil(L, 2))
		charge_move(L);
	return call_original(L);
}

/* Its own count of results overflows for ends that are far apart. */
static int bounded_unpack(lua_State *L)
{
	double from = luaL_optnumber(L, 2, 1), to;

	luaL_checktype(L, 1, LUA_TTABLE);
	to = lua_isnoneornil(L, 3) ? (double)lua_objlen(L, 1)
				   : luaL_checknumber(L, 3);
	if (!fits_int(from) || !fits_int(to) || to - from >= UNPACK_MAX)
		return luaL_error(L, "too many results to unpack");
	return call_original(L);
}

static int metered_coroutine(lua_State *L)
{
	script_meter_charge(L, COROUTINE_WORK);
	return call_original(L);
}

/* ---- string ------------------------------------------------------------- */

static int metered_rep(lua_State *L)
{
	struct hf_slice text = check_text(L, 1);
	double n = luaL_checknumber(L, 2);

	if (text.len == 0 || !(n >= 1)) { /* however often */
		lua_pushliteral(L, "");
		return 1;
	}
	if ((double)text.len * n > (double)script_meter_of(L)->memory_max)
		return luaL_error(L, "not enough memory");
	script_meter_charge_bytes(L, (size_t)((double)text.len * n));
	return call_original(L);
}

static void check_pattern(lua_State *L, bool anchors)
{
	struct hf_slice subject = check_text(L, 1);
	struct hf_slice pattern = check_text(L, 2);
	double cost;

	if (pattern.len > SCRIPT_PATTERN_MAX_BYTES)
		luaL_error(L, "pattern longer than %d bytes",
			   SCRIPT_PATTERN_MAX_BYTES);
	cost = script_pattern_cost(pattern, subject, anchors);
	if (cost > PATTERN_COST_MAX)
		luaL_error(L, "pattern too costly for a text of this length");
	script_meter_charge(L, cost / 16);
}

static int bounded_match(lua_State *L)
{
	check_pattern(L, true);
	return call_original(L);
}

static int bounded_gmatch(lua_State *L)
{
	check_pattern(L, false);
	return call_original(L);
}

/* From which byte string.find() begins; negative: from the end. */
static size_t begin_of(lua_State *L, size_t len)
{
	double init = luaL_optnumber(L, 3, 1);

	if (init < 0)
		init += (double)len + 1;
	if (!(init >= 1))
		return 0;
	return init - 1 > (double)len ? len : (size_t)init - 1;
}

/* Lua's own search for plain text takes time by the product of lengths. */
static int find_plain(lua_State *L, struct hf_slice text, struct hf_slice what)
{
	size_t begin = begin_of(L, text.len);
	const char *found =
	    memmem(text.data + begin, text.len - begin, what.data, what.len);

	script_meter_charge_bytes(L, text.len - begin + what.len);
	if (found == NULL) {
		lua_pushnil(L);
		return 1;
	}
	lua_pushnumber(L, (lua_Number)(found - text.data + 1));
	lua_pushnumber(L,
		       (lua_Number)(found - text.data) + (lua_Number)what.len);
	return 2;
}

static int bounded_find(lua_State *L)
{
	struct hf_slice text = check_text(L, 1), what = check_text(L, 2);

	if (lua_toboolean(L, 4) || script_pattern_plain(what))
		return find_plain(L, text, what);
	return bounded_match(L);
}

/* ---- table.sort --------------------------------------------------------- */

/* "<", counted: a sort without a function of the script's is one C call. */
static int counted_less(lua_State *L)
{
	script_meter_charge(L, 1);
	lua_pushboolean(L, lua_lessthan(L, 1, 2));
	return 1;
}

static int metered_sort(lua_State *L)
{
	if (lua_istable(L, 1) && lua_isnoneornil(L, 2)) {
		lua_settop(L, 1);
		lua_pushcfunction(L, counted_less);
	}
	return call_original(L);
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

void script_library_seed(lua_State *L)
{
	seed_random(random_of(L), 0);
}

static int box_random(lua_State *L)
{
	double r = erand48(random_of(L)), low = 1, high;

	if (lua_gettop(L) > 2)
		return luaL_error(L, "wrong number of arguments");
	if (lua_gettop(L) == 0) {
		lua_pushnumber(L, r);
		return 1;
	}
	high = luaL_checknumber(L, 1);
	if (lua_gettop(L) == 2) {
		low = high;
		high = luaL_checknumber(L, 2);
	}
	luaL_argcheck(L, low <= high, lua_gettop(L), "interval is empty");
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

/* ---- base --------------------------------------------------------------- */

/*
 * pcall() gives the text of an error that redis.call() raised, not the table
 * that carries it: so Redis does it, and scripts match on it.
 */
static int box_pcall(lua_State *L)
{
	luaL_checkany(L, 1);
	if (lua_pcall(L, lua_gettop(L) - 1, LUA_MULTRET, 0) == 0) {
		lua_pushboolean(L, 1);
		lua_insert(L, 1);
		return lua_gettop(L);
	}
	if (lua_istable(L, -1)) {
		lua_pushliteral(L, "err");
		lua_rawget(L, -2);
		if (lua_isstring(L, -1))
			lua_replace(L, -2);
		else
			lua_pop(L, 1);
	}
	lua_pushboolean(L, 0);
	lua_insert(L, -2);
	return 2;
}

/* The function or, after nil, why there is none. */
static int give_compiled(lua_State *L, int status)
{
	if (status == 0)
		return 1;
	lua_pushnil(L);
	lua_insert(L, -2);
	return 2;
}

static bool is_bytecode(const char *text, size_t len)
{
	return len > 0 && text[0] == LUA_SIGNATURE[0];
}

static int box_loadstring(lua_State *L)
{
	struct hf_slice text = check_text(L, 1);
	const char *name = luaL_optstring(L, 2, text.data);

	if (is_bytecode(text.data, text.len)) {
		lua_pushnil(L);
		lua_pushliteral(L, "bytecode is not allowed");
		return 2;
	}
	script_meter_charge(L, (double)text.len);
	return give_compiled(L, luaL_loadbuffer(L, text.data, text.len, name));
}

struct pieces {
	bool begun;
};

/* Calls the function at index 1 for more; the piece stays at index 3. */
static const char *next_piece(lua_State *L, void *arg, size_t *len_out)
{
	struct pieces *pieces = arg;
	const char *text;

	luaL_checkstack(L, 2, "too many nested functions");
	lua_pushvalue(L, 1);
	lua_call(L, 0, 1);
	*len_out = 0;
	if (lua_isnil(L, -1)) {
		lua_pop(L, 1);
		return NULL;
	}
	if (!lua_isstring(L, -1))
		luaL_error(L, "reader function must return a string");
	lua_replace(L, 3);
	text = lua_tolstring(L, 3, len_out);
	if (!pieces->begun && is_bytecode(text, *len_out))
		luaL_error(L, "bytecode is not allowed");
	pieces->begun = true;
	script_meter_charge(L, (double)*len_out);
	return text;
}

static int box_load(lua_State *L)
{
	struct pieces pieces = { .begun = false };
	const char *name = luaL_optstring(L, 2, "=(load)");

	luaL_checktype(L, 1, LUA_TFUNCTION);
	lua_settop(L, 3);
	return give_compiled(L, lua_load(L, next_piece, &pieces, name));
}

static int box_clock(lua_State *L)
{
	lua_pushnumber(L, (double)clock() / CLOCKS_PER_SEC);
	return 1;
}

/* ---- all of it ---------------------------------------------------------- */

static const struct {
	const char *library, *name;
	lua_CFunction instead; /* NULL: there is no such function */
} tamed[] = {
	{ LUA_STRLIBNAME, "dump", NULL },
	{ LUA_STRLIBNAME, "find", bounded_find },
	{ LUA_STRLIBNAME, "match", bounded_match },
	{ LUA_STRLIBNAME, "gsub", bounded_match },
	{ LUA_STRLIBNAME, "gmatch", bounded_gmatch },
	{ LUA_STRLIBNAME, "gfind", bounded_gmatch },
	{ LUA_STRLIBNAME, "rep", metered_rep },
	{ LUA_STRLIBNAME, "format", metered_text },
	{ LUA_STRLIBNAME, "lower", metered_text },
	{ LUA_STRLIBNAME, "reverse", metered_text },
	{ LUA_STRLIBNAME, "sub", metered_text },
	{ LUA_STRLIBNAME, "upper", metered_text },
	{ LUA_TABLIBNAME, "concat", metered_table },
	{ LUA_TABLIBNAME, "foreach", metered_table },
	{ LUA_TABLIBNAME, "foreachi", metered_table },
	{ LUA_TABLIBNAME, "insert", metered_insert },
	{ LUA_TABLIBNAME, "maxn", metered_table },
	{ LUA_TABLIBNAME, "remove", metered_remove },
	{ LUA_TABLIBNAME, "sort", metered_sort },
	{ LUA_MATHLIBNAME, "random", box_random },
	{ LUA_MATHLIBNAME, "randomseed", box_randomseed },
	{ LUA_COLIBNAME, "create", metered_coroutine },
	{ LUA_COLIBNAME, "wrap", metered_coroutine },
	{ "_G", "load", box_load },
	{ "_G", "loadstring", box_loadstring },
	{ "_G", "pcall", box_pcall },
	{ "_G", "tonumber", metered_text },
	{ "_G", "unpack", bounded_unpack },
};

static void open_library(lua_State *L, lua_CFunction open, const char *name)
{
	lua_pushcfunction(L, open);
	lua_pushstring(L, name);
	lua_call(L, 1, 0);
}

/* The original becomes the first upvalue of what stands for it. */
static void tame(lua_State *L, const char *library, const char *name,
		 lua_CFunction instead)
{
	lua_getglobal(L, library);
	if (instead == NULL) {
		lua_pushnil(L);
	} else {
		lua_getfield(L, -1, name);
		lua_pushcclosure(L, instead, 1);
	}
	lua_setfield(L, -2, name);
	lua_pop(L, 1);
}

static void hide_string_metatable(lua_State *L)
{
	lua_pushliteral(L, "");
	if (lua_getmetatable(L, -1)) {
		lua_pushboolean(L, 0);
		lua_setfield(L, -2, "__metatable");
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
}

static void make_os(lua_State *L)
{
	lua_createtable(L, 0, 1);
	lua_pushcfunction(L, box_clock);
	lua_setfield(L, -2, "clock");
	lua_setglobal(L, "os");
}

void script_library_open(lua_State *L)
{
	open_library(L, luaopen_base, ""); /* coroutine too */
	open_library(L, luaopen_string, LUA_STRLIBNAME);
	open_library(L, luaopen_table, LUA_TABLIBNAME);
	open_library(L, luaopen_math, LUA_MATHLIBNAME);
	lua_pushlightuserdata(L, (void *)(uintptr_t)&random_state);
	lua_newuserdata(L, 3 * sizeof(unsigned short));
	lua_rawset(L, LUA_REGISTRYINDEX);
	for (size_t i = 0; i < HF_LEN(tamed); i++)
		tame(L, tamed[i].library, tamed[i].name, tamed[i].instead);
	hide_string_metatable(L);
	make_os(L);
}
