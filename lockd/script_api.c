#include "config.h"

#include "lockd/script_api.h"

#include "libhold/clock.h"
#include "lockd/script_convert.h"
#include "lockd/sha1.h"

#include <lauxlib.h>
#include <stdio.h>

#define ARGS_ON_HAND 32
#define CALL_WORK    20 /* of a command, in instructions, beside its bytes */

static struct script_context *context_of(lua_State *L)
{
	return (struct script_context *)(void *)script_meter_of(L);
}

static int raise(lua_State *L, const char *text)
{
	lua_push_error(L, text);
	return lua_error(L);
}

/* ---- redis.call --------------------------------------------------------- */

static const char no_arguments[] =
    "Please specify at least one argument for this redis lib call";
static const char bad_argument[] =
    "Lua redis lib command arguments must be strings or integers";

/* The Lua value at index as an argument; false if it is neither. */
static bool to_argument(lua_State *L, int index, struct hf_slice *out)
{
	if (lua_type(L, index) == LUA_TNUMBER) {
		char text[40];

		snprintf(text, sizeof(text), "%.17g", lua_tonumber(L, index));
		lua_pushstring(L, text);
		lua_replace(L, index);
	} else if (lua_type(L, index) != LUA_TSTRING) {
		return false;
	}
	out->data = lua_tolstring(L, index, &out->len);
	return true;
}

/* Runs the command; its value is on top then. False: it is an error. */
static bool call_command(lua_State *L, struct hf_slice *argv, int argc)
{
	struct script_context *context = context_of(L);
	struct call *outer = context->call;
	struct lua_sink sink;
	struct call call = {
		.lockd = outer->lockd,
		.client = outer->client,
		.reply = &sink.reply,
		.argv = argv,
		.argc = (size_t)argc,
		.now_ms = outer->now_ms,
		.in_script = true,
		.read_only = context->read_only,
		/* Half a script must not stay: who has written goes on. */
		.may_grow = context->may_grow || context->wrote,
	};

	luaL_checkstack(L, 4 * LUA_SINK_DEPTH, "too many results");
	lua_sink_init(&sink, L, context->protocol);
	context->meter.free_of_limits = true;
	command_run(&call);
	context->wrote = context->wrote || call.wrote;
	context->meter.free_of_limits = false;
	if (context->meter.memory > context->meter.memory_max)
		luaL_error(L, "not enough memory");
	return !sink.failed;
}

/* redis.call and redis.pcall; false when the value on top is an error. */
static bool run_command(lua_State *L)
{
	struct hf_slice on_hand[ARGS_ON_HAND], *argv = on_hand;
	int argc = lua_gettop(L);
	size_t bytes = 0;

	if (argc == 0) {
		lua_push_error(L, no_arguments);
		return false;
	}
	if (argc > ARGS_ON_HAND) {
		/* Lua's own memory, at the bottom: freed whatever happens. */
		argv = lua_newuserdata(L, sizeof(*argv) * (size_t)argc);
		lua_insert(L, 1);
	}
	for (int i = 0; i < argc; i++) {
		if (!to_argument(L, i + (argv == on_hand ? 1 : 2), &argv[i])) {
			lua_push_error(L, bad_argument);
			return false;
		}
		bytes += argv[i].len;
	}
	script_meter_charge(L, CALL_WORK);
	script_meter_charge_bytes(L, bytes);
	return call_command(L, argv, argc);
}

static int redis_call(lua_State *L)
{
	return run_command(L) ? 1 : lua_error(L);
}

static int redis_pcall(lua_State *L)
{
	run_command(L);
	return 1;
}

/* ---- the other functions ------------------------------------------------ */

static int redis_sha1hex(lua_State *L)
{
	char sha[SHA1_HEX_LEN + 1];
	struct hf_slice text;

	if (lua_gettop(L) != 1)
		return raise(L, "wrong number of arguments");
	text.data = luaL_checklstring(L, 1, &text.len);
	script_meter_charge_bytes(L, 8 * text.len);
	sha1_hex(text, sha);
	lua_pushstring(L, sha);
	return 1;
}

static int redis_error_reply(lua_State *L)
{
	const char *text;

	if (lua_gettop(L) != 1 || lua_type(L, 1) != LUA_TSTRING) {
		lua_push_error(L, "wrong number or type of arguments");
		return 1;
	}
	/* A text without the dash has it added: its first word is the code */
	text = lua_tostring(L, 1);
	lua_pushfstring(L, "%s%s", text[0] == '-' ? "" : "-", text);
	lua_push_error(L, lua_tostring(L, -1));
	return 1;
}

static int redis_status_reply(lua_State *L)
{
	if (lua_gettop(L) != 1 || lua_type(L, 1) != LUA_TSTRING) {
		lua_push_error(L, "wrong number or type of arguments");
		return 1;
	}
	lua_createtable(L, 0, 1);
	lua_pushvalue(L, 1);
	lua_setfield(L, -2, "ok");
	return 1;
}

static int redis_setresp(lua_State *L)
{
	lua_Number protocol;

	if (lua_gettop(L) != 1)
		return raise(L, "redis.setresp() requires one argument.");
	protocol = lua_tonumber(L, 1);
	if (protocol != 2 && protocol != 3)
		return raise(L, "RESP version must be 2 or 3.");
	context_of(L)->protocol = (int)protocol;
	return 0;
}

enum { LOG_DEBUG, LOG_VERBOSE, LOG_NOTICE, LOG_WARNING };

static enum hf_log_level log_level(lua_Number level)
{
	if (level >= LOG_WARNING)
		return HF_LOG_WARN;
	return level >= LOG_NOTICE ? HF_LOG_INFO : HF_LOG_DEBUG;
}

static int redis_log(lua_State *L)
{
	int n = lua_gettop(L);
	luaL_Buffer text;

	if (n < 2)
		return raise(L, "redis.log() requires two arguments or more.");
	if (!lua_isnumber(L, 1))
		return raise(L, "First argument must be a number (log level).");
	if (lua_tonumber(L, 1) < LOG_DEBUG || lua_tonumber(L, 1) > LOG_WARNING)
		return raise(L, "Invalid debug level.");
	luaL_buffinit(L, &text);
	for (int i = 2; i <= n; i++) {
		if (i > 2)
			luaL_addchar(&text, ' ');
		lua_pushvalue(L, i);
		if (lua_isstring(L, -1))
			luaL_addvalue(&text); /* and pops it */
		else
			lua_pop(L, 1);
	}
	luaL_pushresult(&text);
	script_log_line(&context_of(L)->log, log_level(lua_tonumber(L, 1)),
			lua_tostring(L, -1), hf_clock_ms());
	return 0;
}

/* Scripts are atomic and nothing is replicated: these have no effect. */

static int redis_replicate_commands(lua_State *L)
{
	lua_pushboolean(L, 1);
	return 1;
}

enum { REPL_NONE = 0, REPL_AOF = 1, REPL_REPLICA = 2, REPL_ALL = 3 };

static int redis_set_repl(lua_State *L)
{
	lua_Number flags = lua_tonumber(L, 1);

	if (lua_gettop(L) != 1)
		return raise(L, "redis.set_repl() requires two arguments.");
	if (flags < REPL_NONE || flags > REPL_ALL)
		return raise(L, "Invalid replication flags. Use REPL_AOF, "
				"REPL_REPLICA, REPL_ALL or REPL_NONE.");
	return 0;
}

static int redis_breakpoint(lua_State *L)
{
	lua_pushboolean(L, 0);
	return 1;
}

static int redis_debug(lua_State *L)
{
	HF_UNUSED(L);
	return 0;
}

/* Everybody may do everything: only a command that there is not is told. */
static int redis_acl_check_cmd(lua_State *L)
{
	struct hf_slice name;

	if (lua_gettop(L) == 0)
		return raise(L, no_arguments);
	if (!to_argument(L, 1, &name))
		return raise(L, bad_argument);
	if (command_find(name) == NULL)
		return raise(L, "Invalid command passed to "
				"redis.acl_check_cmd()");
	lua_pushboolean(L, 1);
	return 1;
}

/* ---- the table ---------------------------------------------------------- */

void script_api_push(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{ "call", redis_call },
		{ "pcall", redis_pcall },
		{ "sha1hex", redis_sha1hex },
		{ "error_reply", redis_error_reply },
		{ "status_reply", redis_status_reply },
		{ "setresp", redis_setresp },
		{ "log", redis_log },
		{ "replicate_commands", redis_replicate_commands },
		{ "set_repl", redis_set_repl },
		{ "breakpoint", redis_breakpoint },
		{ "debug", redis_debug },
		{ "acl_check_cmd", redis_acl_check_cmd },
	};
	static const struct {
		const char *name;
		int value;
	} numbers[] = {
		{ "LOG_DEBUG", LOG_DEBUG },
		{ "LOG_VERBOSE", LOG_VERBOSE },
		{ "LOG_NOTICE", LOG_NOTICE },
		{ "LOG_WARNING", LOG_WARNING },
		{ "REPL_NONE", REPL_NONE },
		{ "REPL_AOF", REPL_AOF },
		{ "REPL_REPLICA", REPL_REPLICA },
		{ "REPL_SLAVE", REPL_REPLICA },
		{ "REPL_ALL", REPL_ALL },
		{ "REDIS_VERSION_NUM", 0x0007000f },
	};

	lua_newtable(L);
	for (size_t i = 0; i < HF_LEN(functions); i++) {
		lua_pushcfunction(L, functions[i].func);
		lua_setfield(L, -2, functions[i].name);
	}
	for (size_t i = 0; i < HF_LEN(numbers); i++) {
		lua_pushinteger(L, numbers[i].value);
		lua_setfield(L, -2, numbers[i].name);
	}
	lua_pushliteral(L, "7.0.15");
	lua_setfield(L, -2, "REDIS_VERSION");
}
