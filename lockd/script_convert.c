#include "config.h"

#include "lockd/script_convert.h"

#include <assert.h>
#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

#define REPLY_DEPTH_MAX  64
#define REPLY_VALUES_MAX 1000000
#define REPLY_BYTES_MAX  (64 * 1024 * 1024)

/* ---- replies to Lua ----------------------------------------------------- */

static struct lua_sink *sink_of(struct reply *r)
{
	return HF_CONTAINER_OF(r, struct lua_sink, reply);
}

/* The value on top is whole: it goes into the array or map it belongs to. */
static void place(struct lua_sink *sink)
{
	while (sink->depth > 0) {
		size_t d = sink->depth - 1;

		if (sink->open[d].map && sink->open[d].place % 2 == 1) {
			/* a key: it stays on the stack for its value */
		} else if (sink->open[d].map) {
			lua_rawset(sink->L, -3);
		} else if (sink->open[d].set) {
			lua_pushboolean(sink->L, 1);
			lua_rawset(sink->L, -3);
		} else {
			lua_rawseti(sink->L, -2, (int)sink->open[d].place);
		}
		sink->open[d].place++;
		if (--sink->open[d].left > 0)
			return;
		sink->depth--;
		/* { map = {...} } and { set = {...} } wrap what is whole. */
		if (sink->open[d].map || sink->open[d].set)
			lua_setfield(sink->L, -2,
				     sink->open[d].map ? "map" : "set");
	}
}

static void push_field(struct reply *r, const char *field, struct hf_slice text)
{
	lua_State *L = sink_of(r)->L;

	lua_createtable(L, 0, 1);
	lua_pushlstring(L, text.data, text.len);
	lua_setfield(L, -2, field);
	place(sink_of(r));
}

static void sink_status(struct reply *r, struct hf_slice text)
{
	push_field(r, "ok", text);
}

static void sink_error(struct reply *r, struct hf_slice text)
{
	if (sink_of(r)->depth == 0)
		sink_of(r)->failed = true;
	push_field(r, "err", text);
}

static void sink_integer(struct reply *r, int64_t value)
{
	lua_pushnumber(sink_of(r)->L, (lua_Number)value);
	place(sink_of(r));
}

static void sink_bulk(struct reply *r, struct hf_slice bytes)
{
	lua_pushlstring(sink_of(r)->L, bytes.len > 0 ? bytes.data : "",
			bytes.len);
	place(sink_of(r));
}

static void sink_null(struct reply *r)
{
	if (r->protocol >= 3)
		lua_pushnil(sink_of(r)->L);
	else
		lua_pushboolean(sink_of(r)->L, 0);
	place(sink_of(r));
}

static void open_values(struct reply *r, size_t n, bool map, bool set)
{
	struct lua_sink *sink = sink_of(r);
	lua_State *L = sink->L;

	assert(sink->depth < LUA_SINK_DEPTH);
	if (map || set)
		lua_createtable(L, 0, 1);
	lua_createtable(L, map || set ? 0 : (int)n, 0);
	if (n > 0) {
		sink->open[sink->depth].left = map ? 2 * n : n;
		sink->open[sink->depth].place = 1;
		sink->open[sink->depth].map = map;
		sink->open[sink->depth].set = set;
		sink->depth++;
		return;
	}
	if (map || set)
		lua_setfield(L, -2, map ? "map" : "set");
	place(sink);
}

static void sink_array(struct reply *r, size_t n)
{
	open_values(r, n, false, false);
}

static void sink_map(struct reply *r, size_t n)
{
	if (r->protocol >= 3)
		open_values(r, n, true, false);
	else
		open_values(r, 2 * n, false, false);
}

static void sink_set(struct reply *r, size_t n)
{
	open_values(r, n, false, r->protocol >= 3);
}

static void sink_boolean(struct reply *r, bool value)
{
	if (r->protocol >= 3) {
		lua_pushboolean(sink_of(r)->L, value);
		place(sink_of(r));
	} else {
		sink_integer(r, value ? 1 : 0);
	}
}

static void sink_real(struct reply *r, double value)
{
	lua_State *L = sink_of(r)->L;

	if (r->protocol >= 3) {
		lua_createtable(L, 0, 1);
		lua_pushnumber(L, value);
		lua_setfield(L, -2, "double");
	} else {
		char text[40];

		snprintf(text, sizeof(text), "%.17g", value);
		lua_pushstring(L, text);
	}
	place(sink_of(r));
}

static void sink_verbatim(struct reply *r, struct hf_slice text)
{
	lua_State *L = sink_of(r)->L;

	if (r->protocol < 3) {
		sink_bulk(r, text);
		return;
	}
	lua_createtable(L, 0, 1);
	lua_createtable(L, 0, 2);
	lua_pushliteral(L, "txt");
	lua_setfield(L, -2, "format");
	lua_pushlstring(L, text.data, text.len);
	lua_setfield(L, -2, "string");
	lua_setfield(L, -2, "verbatim_string");
	place(sink_of(r));
}

void lua_sink_init(struct lua_sink *sink, lua_State *L, int protocol)
{
	static const struct reply_ops ops = {
		.status = sink_status,
		.error = sink_error,
		.integer = sink_integer,
		.bulk = sink_bulk,
		.null = sink_null,
		.null_array = sink_null,
		.array = sink_array,
		.map = sink_map,
		.set = sink_set,
		.push = sink_array,
		.boolean = sink_boolean,
		.real = sink_real,
		.verbatim = sink_verbatim,
	};

	sink->reply = (struct reply){ .ops = &ops, .protocol = protocol };
	sink->L = L;
	sink->failed = false;
	sink->depth = 0;
}

/* ---- Lua to replies ----------------------------------------------------- */

static bool has_field(lua_State *L, const char *name, int type)
{
	bool has;

	lua_pushstring(L, name);
	lua_rawget(L, -2);
	has = lua_type(L, -1) == type;
	if (!has)
		lua_pop(L, 1);
	return has; /* and then it is on the stack */
}

struct extent {
	size_t values, bytes;
};

static void check_value(lua_State *L, int depth, struct extent *extent);

static void check_pairs(lua_State *L, int depth, struct extent *extent)
{
	lua_pushnil(L);
	while (lua_next(L, -2) != 0) {
		check_value(L, depth + 1, extent);
		lua_pushvalue(L, -2);
		check_value(L, depth + 1, extent);
		lua_pop(L, 2);
	}
}

/* Recursion is bounded by REPLY_DEPTH_MAX. */
static void check_value(lua_State *L, int depth, struct extent *extent)
{
	static const char *const fields[] = { "ok", "map", "set", "big_number",
					      "verbatim_string" };

	if (++extent->values > REPLY_VALUES_MAX)
		luaL_error(L, "a script's reply has too many values");
	if (lua_type(L, -1) == LUA_TSTRING)
		extent->bytes += lua_objlen(L, -1);
	if (extent->bytes > REPLY_BYTES_MAX)
		luaL_error(L, "a script's reply is too long");
	if (lua_type(L, -1) != LUA_TTABLE)
		return;
	if (depth == REPLY_DEPTH_MAX)
		luaL_error(L, "reached lua stack limit");
	luaL_checkstack(L, LUA_MINSTACK + 8, "reached lua stack limit");
	for (int i = 1;; i++) {
		lua_rawgeti(L, -1, i);
		if (lua_isnil(L, -1)) {
			lua_pop(L, 1);
			break;
		}
		check_value(L, depth + 1, extent);
		lua_pop(L, 1);
	}
	for (size_t i = 0; i < HF_LEN(fields); i++) {
		lua_pushstring(L, fields[i]);
		lua_rawget(L, -2);
		if (lua_istable(L, -1))
			check_pairs(L, depth, extent);
		else if (lua_type(L, -1) == LUA_TSTRING)
			extent->bytes += lua_objlen(L, -1);
		lua_pop(L, 1);
	}
}

void lua_reply_check(lua_State *L)
{
	struct extent extent = { 0, 0 };

	check_value(L, 0, &extent);
}

static struct hf_slice text_of(lua_State *L)
{
	size_t len;
	const char *text = lua_tolstring(L, -1, &len);

	return (struct hf_slice){ text, len };
}

/* What does not fit is the least number, as an x86 makes it for Redis. */
static int64_t whole(lua_Number n)
{
	return n > -9223372036854775808.0 && n < 9223372036854775808.0
		   ? (int64_t)n
		   : INT64_MIN;
}

/* How many of map's pairs or set's members there are; the table is on top. */
static size_t count_pairs(lua_State *L)
{
	size_t n = 0;

	lua_pushnil(L);
	while (lua_next(L, -2) != 0) {
		n++;
		lua_pop(L, 1);
	}
	return n;
}

static void write_pairs(lua_State *L, struct reply *r, int protocol,
			bool values)
{
	if (values)
		reply_map(r, count_pairs(L));
	else
		reply_set(r, count_pairs(L));
	lua_pushnil(L);
	while (lua_next(L, -2) != 0) {
		lua_pushvalue(L, -2);
		lua_reply_write(L, r, protocol);
		lua_pop(L, 1);
		if (values)
			lua_reply_write(L, r, protocol);
		lua_pop(L, 1);
	}
}

static void write_array(lua_State *L, struct reply *r, int protocol)
{
	int n = 0;

	for (;; n++) {
		bool end;

		lua_rawgeti(L, -1, n + 1);
		end = lua_isnil(L, -1);
		lua_pop(L, 1);
		if (end)
			break;
	}
	reply_array(r, (size_t)n);
	for (int i = 1; i <= n; i++) {
		lua_rawgeti(L, -1, i);
		lua_reply_write(L, r, protocol);
		lua_pop(L, 1);
	}
}

/* A status is one line, whatever the script put in. */
static void write_status(lua_State *L, struct reply *r)
{
	const char *text = lua_tostring(L, -1);

	if (strpbrk(text, "\r\n") == NULL) {
		reply_status(r, hf_slice_of(text));
		return;
	}
	text = luaL_gsub(L, text, "\r", " ");
	text = luaL_gsub(L, text, "\n", " ");
	reply_status(r, hf_slice_of(text));
	lua_pop(L, 2);
}

/* reply.h knows verbatim text of the format "txt" alone. */
static void write_verbatim(lua_State *L, struct reply *r, int protocol)
{
	bool txt;

	if (!has_field(L, "string", LUA_TSTRING)) {
		write_array(L, r, protocol);
		return;
	}
	lua_pushliteral(L, "format");
	lua_rawget(L, -3);
	txt = lua_type(L, -1) == LUA_TSTRING &&
	      strcmp(lua_tostring(L, -1), "txt") == 0;
	lua_pop(L, 1);
	if (txt)
		reply_verbatim(r, text_of(L));
	else
		reply_bulk(r, text_of(L));
	lua_pop(L, 1);
}

static void write_table(lua_State *L, struct reply *r, int protocol)
{
	if (has_field(L, "err", LUA_TSTRING)) {
		reply_error(r, "%s", lua_tostring(L, -1));
	} else if (has_field(L, "ok", LUA_TSTRING)) {
		write_status(L, r);
	} else if (has_field(L, "double", LUA_TNUMBER)) {
		reply_real(r, lua_tonumber(L, -1));
	} else if (has_field(L, "map", LUA_TTABLE)) {
		write_pairs(L, r, protocol, true);
	} else if (has_field(L, "set", LUA_TTABLE)) {
		write_pairs(L, r, protocol, false);
	} else if (has_field(L, "big_number", LUA_TSTRING)) {
		reply_bulk(r, text_of(L));
	} else if (has_field(L, "verbatim_string", LUA_TTABLE)) {
		write_verbatim(L, r, protocol);
	} else {
		write_array(L, r, protocol);
		return; /* no field was pushed */
	}
	lua_pop(L, 1);
}

void lua_reply_write(lua_State *L, struct reply *r, int protocol)
{
	switch (lua_type(L, -1)) {
	case LUA_TSTRING:
		reply_bulk(r, text_of(L));
		break;
	case LUA_TNUMBER:
		reply_integer(r, whole(lua_tonumber(L, -1)));
		break;
	case LUA_TBOOLEAN:
		if (protocol >= 3)
			reply_boolean(r, lua_toboolean(L, -1) != 0);
		else if (lua_toboolean(L, -1))
			reply_integer(r, 1);
		else
			reply_null(r);
		break;
	case LUA_TTABLE:
		write_table(L, r, protocol);
		break;
	default:
		reply_null(r);
		break;
	}
}

void lua_push_error(lua_State *L, const char *text)
{
	bool coded = text[0] == '-' && strchr(text, ' ') != NULL;

	lua_createtable(L, 0, 1);
	if (coded)
		lua_pushstring(L, text + 1);
	else
		lua_pushfstring(L, "ERR %s", text + (text[0] == '-' ? 1 : 0));
	lua_setfield(L, -2, "err");
}
