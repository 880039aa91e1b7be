#include "config.h"

#include "lockd/script.h"

#include "libhold/clock.h"
#include "libhold/err.h"
#include "libhold/list.h"
#include "libhold/log.h"
#include "libhold/mem.h"
#include "lockd/script_convert.h"
#include "lockd/script_sandbox.h"

#include <ctype.h>
#include <lauxlib.h>
#include <lua.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

/* Keys are SHA-1 sums: nobody chooses them, so no seed is needed. */
#define HASH_FUNCTION(key, len, hash_out) \
	((hash_out) = (unsigned)XXH3_64bits((key), (len)))
#include <uthash.h>

#define HOOK_EVERY   1000 /* instructions */
#define CHUNK_NAME   "@user_script"
#define ARGS_ON_HAND 32

struct kept {
	char sha[SCRIPT_SHA_LEN + 1];
	int ref; /* the compiled function, in Lua's registry */
	struct hf_list used;
	UT_hash_handle hh;
};

struct script {
	lua_State *L;
	struct script_limits limits;
	size_t memory;
	bool unlimited; /* a command runs: allocations may not fail */
	struct kept *by_sha;
	struct hf_list by_use; /* the longest unused first */
	/* Of the run under way. */
	struct call *call;
	const struct kept *running;
	uint64_t instructions_left;
	int64_t end_ms;
	int protocol; /* redis.setresp() */
	bool over;    /* a limit was passed: nothing but the end from here */
};

/* ---- limits ------------------------------------------------------------- */

static void *allocate(void *arg, void *p, size_t old_size, size_t new_size)
{
	struct script *s = arg;
	void *fresh;

	if (new_size == 0) {
		s->memory -= old_size;
		free(p);
		return NULL;
	}
	/* Shrinking must not fail (Lua relies on it). */
	if (new_size > old_size && !s->unlimited &&
	    s->memory - old_size + new_size > s->limits.memory_bytes)
		return NULL;
	fresh = realloc(p, new_size);
	if (fresh != NULL)
		s->memory += new_size - old_size;
	return fresh;
}

static struct script *script_of(lua_State *L)
{
	void *s;

	lua_getallocf(L, &s);
	return s;
}

static void on_count(lua_State *L, lua_Debug *ar)
{
	struct script *s = script_of(L);

	HF_UNUSED(ar);
	if (!s->over) {
		s->instructions_left -= s->instructions_left < HOOK_EVERY
					    ? s->instructions_left
					    : HOOK_EVERY;
		s->over =
		    s->instructions_left == 0 || hf_clock_ms() >= s->end_ms;
	}
	if (!s->over)
		return;
	/* From now on every instruction raises, so that no pcall() in a loop
	 * can go on; coroutines have hooks of their own. */
	lua_sethook(L, on_count, LUA_MASKCOUNT, 1);
	lua_sethook(s->L, on_count, LUA_MASKCOUNT, 1);
	luaL_error(L, "script ended: it ran for too long");
}

/* ---- redis.* ------------------------------------------------------------ */

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

/* Runs the command in the stack's arguments; its value is on top then. */
static bool call_command(lua_State *L, struct hf_slice *argv, int argc)
{
	struct script *s = script_of(L);
	struct call *outer = s->call;
	struct lua_sink sink;
	struct call call = {
		.lockd = outer->lockd,
		.client = outer->client,
		.reply = &sink.reply,
		.argv = argv,
		.argc = (size_t)argc,
		.now_ms = outer->now_ms,
		.in_script = true,
	};

	luaL_checkstack(L, 4 * LUA_SINK_DEPTH, "too many results");
	lua_sink_init(&sink, L, s->protocol);
	s->unlimited = true;
	command_run(&call);
	s->unlimited = false;
	if (s->memory > s->limits.memory_bytes)
		luaL_error(L, "not enough memory");
	return !sink.failed;
}

/* redis.call and redis.pcall; false when the value on top is an error. */
static bool run_command(lua_State *L)
{
	struct hf_slice on_hand[ARGS_ON_HAND], *argv = on_hand;
	int argc = lua_gettop(L);

	if (argc == 0) {
		lua_push_error(L, "Please specify at least one argument for "
				  "this redis.call() call");
		return false;
	}
	if (argc > ARGS_ON_HAND) {
		/* Lua's own memory, at the bottom: freed whatever happens. */
		argv = lua_newuserdata(L, sizeof(*argv) * (size_t)argc);
		lua_insert(L, 1);
	}
	for (int i = 0; i < argc; i++) {
		if (to_argument(L, i + (argv == on_hand ? 1 : 2), &argv[i]))
			continue;
		lua_push_error(L, "Lua redis lib command arguments must be "
				  "strings or integers");
		return false;
	}
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

static void hex_sha1(struct hf_slice text, char out[SCRIPT_SHA_LEN + 1])
{
	unsigned char sum[SHA_DIGEST_LENGTH];

	SHA1((const unsigned char *)text.data, text.len, sum);
	for (size_t i = 0; i < sizeof(sum); i++)
		snprintf(out + 2 * i, 3, "%02x", sum[i]);
}

static int redis_sha1hex(lua_State *L)
{
	char sha[SCRIPT_SHA_LEN + 1];
	struct hf_slice text;

	if (lua_gettop(L) != 1) {
		lua_push_error(L, "wrong number of arguments");
		return lua_error(L);
	}
	text.data = luaL_checklstring(L, 1, &text.len);
	hex_sha1(text, sha);
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

	if (lua_gettop(L) != 1) {
		lua_push_error(L, "redis.setresp() requires one argument.");
		return lua_error(L);
	}
	protocol = luaL_checknumber(L, 1);
	if (protocol != 2 && protocol != 3) {
		lua_push_error(L, "RESP version must be 2 or 3.");
		return lua_error(L);
	}
	script_of(L)->protocol = (int)protocol;
	return 0;
}

enum { LOG_DEBUG, LOG_VERBOSE, LOG_NOTICE, LOG_WARNING };

static int redis_log(lua_State *L)
{
	int n = lua_gettop(L);
	luaL_Buffer text;

	if (n < 2)
		return luaL_error(L, "redis.log() requires two arguments or "
				     "more.");
	if (lua_type(L, 1) != LUA_TNUMBER)
		return luaL_error(L, "First argument must be a number (log "
				     "level).");
	if (lua_tonumber(L, 1) < LOG_DEBUG || lua_tonumber(L, 1) > LOG_WARNING)
		return luaL_error(L, "Invalid log level.");
	luaL_buffinit(L, &text);
	for (int i = 2; i <= n; i++) {
		if (i > 2)
			luaL_addchar(&text, ' ');
		lua_pushvalue(L, i);
		if (lua_isstring(L, -1))
			luaL_addvalue(&text);
		else
			lua_pop(L, 1);
	}
	luaL_pushresult(&text);
	if (lua_tonumber(L, 1) >= LOG_WARNING)
		hf_warnx("script: %s", lua_tostring(L, -1));
	else if (lua_tonumber(L, 1) >= LOG_NOTICE)
		hf_info("script: %s", lua_tostring(L, -1));
	else
		hf_debug("script: %s", lua_tostring(L, -1));
	return 0;
}

static int redis_true(lua_State *L)
{
	lua_pushboolean(L, 1);
	return 1;
}

static void push_redis(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{ "call", redis_call },
		{ "pcall", redis_pcall },
		{ "sha1hex", redis_sha1hex },
		{ "error_reply", redis_error_reply },
		{ "status_reply", redis_status_reply },
		{ "setresp", redis_setresp },
		{ "log", redis_log },
		{ "replicate_commands", redis_true },
	};
	static const struct {
		const char *name;
		int value;
	} numbers[] = {
		{ "LOG_DEBUG", LOG_DEBUG },
		{ "LOG_VERBOSE", LOG_VERBOSE },
		{ "LOG_NOTICE", LOG_NOTICE },
		{ "LOG_WARNING", LOG_WARNING },
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

/* ---- what is kept ------------------------------------------------------- */

static int build(lua_State *L)
{
	push_redis(L);
	sandbox_build(L);
	return 0;
}

static void start_lua(struct script *s)
{
	s->unlimited = true;
	s->L = lua_newstate(allocate, s);
	if (s->L == NULL || lua_cpcall(s->L, build, NULL) != 0)
		hf_fatalx("cannot start the Lua interpreter");
	s->unlimited = false;
}

struct script *script_new(const struct script_limits *limits)
{
	struct script *s = hf_new(struct script);

	s->limits = *limits;
	hf_list_init(&s->by_use);
	start_lua(s);
	return s;
}

static void forget(struct script *s, struct kept *kept)
{
	luaL_unref(s->L, LUA_REGISTRYINDEX, kept->ref);
	hf_list_remove(&kept->used);
	HASH_DEL(s->by_sha, kept);
	free(kept);
}

static void forget_all(struct script *s)
{
	struct kept *kept, *next;

	HASH_ITER(hh, s->by_sha, kept, next)
	forget(s, kept);
}

void script_free(struct script **s)
{
	if (*s == NULL)
		return;
	forget_all(*s);
	lua_close((*s)->L);
	free(*s);
	*s = NULL;
}

void script_flush(struct script *s)
{
	/* A new interpreter: nothing of the old scripts stays behind. */
	forget_all(s);
	lua_close(s->L);
	start_lua(s);
}

size_t script_count(const struct script *s)
{
	return HASH_COUNT(s->by_sha);
}

size_t script_memory(const struct script *s)
{
	return s->memory;
}

static struct kept *find(const struct script *s, struct hf_slice sha)
{
	char key[SCRIPT_SHA_LEN];
	struct kept *kept;

	if (sha.len != SCRIPT_SHA_LEN)
		return NULL;
	for (size_t i = 0; i < SCRIPT_SHA_LEN; i++)
		key[i] = (char)tolower((unsigned char)sha.data[i]);
	HASH_FIND(hh, s->by_sha, key, SCRIPT_SHA_LEN, kept);
	return kept;
}

bool script_exists(const struct script *s, struct hf_slice sha)
{
	return find(s, sha) != NULL;
}

struct compile {
	struct hf_slice text;
	int ref;
};

static int compile(lua_State *L)
{
	struct compile *job = lua_touserdata(L, 1);

	if (job->text.len > 0 && job->text.data[0] == LUA_SIGNATURE[0])
		luaL_error(L, "bytecode is not allowed");
	if (luaL_loadbuffer(L, job->text.data, job->text.len, CHUNK_NAME) != 0)
		lua_error(L);
	job->ref = luaL_ref(L, LUA_REGISTRYINDEX);
	return 0;
}

static void keep(struct script *s, const char *sha, int ref)
{
	struct kept *kept = hf_new(struct kept);

	if (script_count(s) >= s->limits.cached_scripts)
		forget(s, HF_CONTAINER_OF(hf_list_first(&s->by_use),
					  struct kept, used));
	memcpy(kept->sha, sha, sizeof(kept->sha));
	kept->ref = ref;
	hf_list_init(&kept->used);
	hf_list_append(&s->by_use, &kept->used);
	HASH_ADD(hh, s->by_sha, sha, SCRIPT_SHA_LEN, kept);
}

int script_load(struct script *s, struct hf_slice text, struct reply *reply,
		char sha_out[SCRIPT_SHA_LEN + 1])
{
	struct compile job = { .text = text };

	hex_sha1(text, sha_out);
	if (find(s, (struct hf_slice){ sha_out, SCRIPT_SHA_LEN }) != NULL)
		return 0;
	if (text.len > s->limits.text_bytes) {
		reply_error(reply, "ERR script longer than %zu bytes",
			    s->limits.text_bytes);
		return HF_ELIMIT;
	}
	if (lua_cpcall(s->L, compile, &job) != 0) {
		const char *why = lua_tostring(s->L, -1);

		reply_error(reply,
			    "ERR Error compiling script (new function): %s",
			    why != NULL ? why : "?");
		lua_settop(s->L, 0);
		lua_gc(s->L, LUA_GCCOLLECT, 0);
		return HF_EBAD;
	}
	keep(s, sha_out, job.ref);
	return 0;
}

/* ---- running ------------------------------------------------------------ */

struct run {
	struct script *script;
	const struct hf_slice *keys, *argv;
	size_t n_keys, n_argv;
};

static void push_list(lua_State *L, const struct hf_slice *items, size_t n)
{
	lua_createtable(L, (int)n, 0);
	for (size_t i = 0; i < n; i++) {
		lua_pushlstring(L, items[i].len > 0 ? items[i].data : "",
				items[i].len);
		lua_rawseti(L, -2, (int)i + 1);
	}
}

/* The table at index has its name in the table on top, past metatables. */
static void set_raw(lua_State *L, const char *name)
{
	lua_pushstring(L, name);
	lua_insert(L, -2);
	lua_rawset(L, -3);
}

/*
 * Makes every error a table { err, source, line }: where the script was when
 * it was raised.
 */
static int locate_error(lua_State *L)
{
	lua_Debug ar;
	bool known;

	lua_settop(L, 1);
	if (lua_type(L, 1) != LUA_TTABLE) {
		const char *text = lua_tostring(L, 1);

		lua_createtable(L, 0, 3);
		lua_pushfstring(L, "ERR %s",
				text != NULL ? text : luaL_typename(L, 1));
		lua_setfield(L, -2, "err");
	}
	known = lua_getstack(L, 1, &ar) && lua_getinfo(L, "Sl", &ar);
	if (known && ar.what[0] == 'C')
		known = lua_getstack(L, 2, &ar) && lua_getinfo(L, "Sl", &ar);
	if (known && ar.currentline > 0) {
		lua_pushstring(L, ar.source);
		set_raw(L, "source");
		lua_pushinteger(L, ar.currentline);
		set_raw(L, "line");
	}
	return 1;
}

/* In a protected call: set up, run, leave the checked result on the stack. */
static int run_protected(lua_State *L)
{
	struct run *run = lua_touserdata(L, 1);
	int status;

	luaL_checkstack(L, 16, "no stack");
	lua_settop(L, 0);
	lua_pushcfunction(L, locate_error);
	lua_rawgeti(L, LUA_REGISTRYINDEX, run->script->running->ref);
	sandbox_push_env(L);
	push_list(L, run->keys, run->n_keys);
	set_raw(L, "KEYS");
	push_list(L, run->argv, run->n_argv);
	set_raw(L, "ARGV");
	lua_setfenv(L, -2);
	status = lua_pcall(L, 0, 1, 1);
	if (status != 0)
		return lua_error(L);
	lua_reply_check(L);
	lua_reply_write(L, run->script->call->reply, run->script->protocol);
	return 0;
}

static const char *field(lua_State *L, const char *name)
{
	const char *text;

	lua_pushstring(L, name);
	lua_rawget(L, -2);
	text = lua_tostring(L, -1);
	lua_pop(L, 1); /* the table keeps the string */
	return text;
}

/* The error on top of the stack, as Redis shows a script's errors. */
static void reply_failure(lua_State *L, struct reply *reply, const char *sha)
{
	const char *text = "ERR unknown error", *source = NULL, *line = NULL;

	if (lua_type(L, -1) == LUA_TTABLE) {
		text = field(L, "err");
		source = field(L, "source");
		line = field(L, "line");
		if (text == NULL)
			text = "ERR unknown error";
	} else if (lua_type(L, -1) == LUA_TSTRING) {
		/* Of ours or for want of memory: not through the handler. */
		lua_pushfstring(L, "ERR %s", lua_tostring(L, -1));
		text = lua_tostring(L, -1);
	}
	if (source != NULL && line != NULL)
		reply_error(reply, "%s script: %s, on %s:%s.", text, sha,
			    source, line);
	else
		reply_error(reply, "%s script: %s", text, sha);
}

int script_run(struct script *s, struct call *call, struct hf_slice sha,
	       const struct hf_slice *keys, size_t n_keys,
	       const struct hf_slice *argv, size_t n_argv)
{
	struct run run = { s, keys, argv, n_keys, n_argv };
	struct kept *kept = find(s, sha);

	if (kept == NULL)
		return HF_ENOTFOUND;
	hf_list_remove(&kept->used);
	hf_list_append(&s->by_use, &kept->used);
	s->call = call;
	s->running = kept;
	s->instructions_left = s->limits.instructions;
	s->end_ms = hf_clock_ms() + s->limits.run_ms;
	s->protocol = 2;
	s->over = false;
	lua_sethook(s->L, on_count, LUA_MASKCOUNT, HOOK_EVERY);
	if (lua_cpcall(s->L, run_protected, &run) != 0) {
		/* Saying so may need memory that the script has used up. */
		s->unlimited = true;
		reply_failure(s->L, call->reply, kept->sha);
		s->unlimited = false;
		lua_settop(s->L, 0);
		if (s->memory > s->limits.memory_bytes / 2)
			lua_gc(s->L, LUA_GCCOLLECT, 0);
	}
	lua_settop(s->L, 0);
	s->call = NULL;
	s->running = NULL;
	return 0;
}
