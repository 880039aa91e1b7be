#include "config.h"

#include "lockd/script_extra.h"

#include "libhold/slice.h"
#include "lockd/script_meter.h"

#include <lauxlib.h>
#include <lua-bitop.h>
#include <lua-cjson.h>

/*
 * cjson allocates beside Lua, and loses that when Lua's own memory ends in the
 * middle. So what a call may need is reckoned before it, and the bound on
 * memory is lifted while it works.
 */

#define DEPTH_MAX      1000        /* cjson refuses what is deeper */
#define KEPT_BYTES     (64 * 1024) /* its buffer may stay as large as this */
#define BYTES_A_VALUE  12 /* of a place in a sparse array, with its comma */
#define BYTES_A_NUMBER 32
#define BYTES_A_TABLE  64
#define BYTES_A_UNIT   4 /* of JSON, for an instruction */

/* ---- calling it --------------------------------------------------------- */

/* Puts the line of the script before the message on top. */
static int raise_with_line(lua_State *L)
{
	if (lua_type(L, -1) == LUA_TSTRING) {
		luaL_where(L, 1);
		lua_insert(L, -2);
		lua_concat(L, 2);
	}
	return lua_error(L);
}

/* Calls upvalue 1 with the one argument. */
static int call_free_of_limits(lua_State *L)
{
	struct script_meter *meter = script_meter_of(L);
	int rc;

	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	meter->free_of_limits = true;
	rc = lua_pcall(L, 1, 1, 0);
	meter->free_of_limits = false;
	if (rc != 0)
		return raise_with_line(L);
	if (meter->memory > meter->memory_max)
		return luaL_error(L, "not enough memory");
	return 1;
}

/* ---- encode ------------------------------------------------------------- */

static double escaped_len(lua_State *L, int index)
{
	size_t len, n = 2;
	const char *text = lua_tolstring(L, index, &len);

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c < ' ' || c == 0x7f)
			n += 6;
		else
			n += c == '"' || c == '\\' || c == '/' ? 2 : 1;
	}
	return (double)n;
}

struct reckoning {
	double bytes, max;
};

static void reckon(lua_State *L, int depth, struct reckoning *r);

/* Recursion is bounded by DEPTH_MAX. */
static void reckon_table(lua_State *L, int depth, struct reckoning *r)
{
	r->bytes += BYTES_A_TABLE;
	if (depth > DEPTH_MAX)
		return;
	luaL_checkstack(L, LUA_MINSTACK, "table too deep");
	lua_pushnil(L);
	while (lua_next(L, -2) != 0) {
		reckon(L, depth + 1, r);
		lua_pop(L, 1);
		/* Not by lua_tolstring(): it would make text of a number. */
		r->bytes += lua_type(L, -1) == LUA_TSTRING ? escaped_len(L, -1)
							   : BYTES_A_NUMBER;
	}
}

/* The value on top; shared tables count as often as they would be written. */
static void reckon(lua_State *L, int depth, struct reckoning *r)
{
	r->bytes += BYTES_A_VALUE;
	if (lua_type(L, -1) == LUA_TSTRING)
		r->bytes += escaped_len(L, -1);
	else if (lua_type(L, -1) == LUA_TNUMBER)
		r->bytes += BYTES_A_NUMBER;
	else if (lua_istable(L, -1))
		reckon_table(L, depth, r);
	if (r->bytes > r->max)
		luaL_error(L, "value too large to be encoded");
}

/* Upvalue 2: encode_keep_buffer(); off and on again frees the buffer. */
static void free_buffer(lua_State *L)
{
	for (int keep = 0; keep <= 1; keep++) {
		lua_pushvalue(L, lua_upvalueindex(2));
		lua_pushboolean(L, keep);
		lua_call(L, 1, 0);
	}
}

static int bounded_encode(lua_State *L)
{
	struct reckoning r = { 0, (double)script_meter_of(L)->block_max };

	luaL_argcheck(L, lua_gettop(L) == 1, 1, "expected 1 argument");
	reckon(L, 1, &r);
	script_meter_charge(L, r.bytes / BYTES_A_UNIT);
	call_free_of_limits(L);
	if (r.bytes > KEPT_BYTES)
		free_buffer(L);
	return 1;
}

/* ---- decode ------------------------------------------------------------- */

/* At most so much memory will what text says take, in Lua and beside it. */
static double decoded_bytes(struct hf_slice text)
{
	double bytes = 2 * (double)text.len;

	for (size_t i = 0; i < text.len; i++) {
		switch (text.data[i]) {
		case '[':
		case '{':
			bytes += 160;
			break;
		case ',':
		case ':':
			bytes += 80;
			break;
		case '"':
			bytes += 24;
			break;
		default:
			break;
		}
	}
	return bytes;
}

static bool has_room(const struct script_meter *meter, double bytes)
{
	return bytes + (double)meter->memory <= (double)meter->memory_max;
}

static int bounded_decode(lua_State *L)
{
	struct script_meter *meter = script_meter_of(L);
	struct hf_slice text;
	double bytes;

	luaL_argcheck(L, lua_gettop(L) == 1, 1, "expected 1 argument");
	text.data = luaL_checklstring(L, 1, &text.len);
	bytes = decoded_bytes(text);
	script_meter_charge(L, (double)text.len / BYTES_A_UNIT);
	if (!has_room(meter, bytes))
		script_meter_collect(meter, L);
	if (!has_room(meter, bytes))
		return luaL_error(L, "not enough memory");
	return call_free_of_limits(L);
}

/* ---- opening ------------------------------------------------------------ */

static void open_cjson(lua_State *L)
{
	lua_pushcfunction(L, luaopen_cjson);
	lua_call(L, 0, 1);
	lua_createtable(L, 0, 3);

	lua_getfield(L, -2, "encode");
	lua_getfield(L, -3, "encode_keep_buffer");
	lua_pushcclosure(L, bounded_encode, 2);
	lua_setfield(L, -2, "encode");
	lua_getfield(L, -2, "decode");
	lua_pushcclosure(L, bounded_decode, 1);
	lua_setfield(L, -2, "decode");
	lua_getfield(L, -2, "null");
	lua_setfield(L, -2, "null");

	lua_setglobal(L, "cjson");
	lua_pop(L, 1);
}

/*
 * bit.tohex(x, n). The library's own negates n, which the least number
 * survives, and then writes far out of its buffer (CVE-2024-31449). More than
 * eight digits there never are. Upvalues: the library's tohex and tobit.
 */
static int bounded_tohex(lua_State *L)
{
	if (!lua_isnone(L, 2)) {
		lua_Number digits;

		lua_settop(L, 2);
		(void)luaL_checknumber(L, 2);
		lua_pushvalue(L, lua_upvalueindex(2));
		lua_insert(L, 2);
		lua_call(L, 1, 1);
		digits = lua_tonumber(L, 2);
		if (digits < -8)
			lua_pushinteger(L, -8);
		else
			lua_pushnumber(L, digits > 8 ? 8 : digits);
		lua_replace(L, 2);
	}
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	lua_call(L, lua_gettop(L) - 1, 1);
	return 1;
}

/* It takes numbers, gives numbers, and keeps nothing. */
static void open_bit(lua_State *L)
{
	lua_pushcfunction(L, luaopen_bit);
	lua_call(L, 0, 1);
	lua_getfield(L, -1, "tohex");
	lua_getfield(L, -2, "tobit");
	lua_pushcclosure(L, bounded_tohex, 2);
	lua_setfield(L, -2, "tohex");
	lua_pop(L, 1);
}

void script_extra_open(lua_State *L)
{
	open_cjson(L);
	open_bit(L);
}
