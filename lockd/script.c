#include "config.h"

#include "lockd/script.h"

#include "libhold/err.h"
#include "libhold/list.h"
#include "libhold/log.h"
#include "libhold/mem.h"
#include "lockd/memory.h"
#include "lockd/script_api.h"
#include "lockd/script_convert.h"
#include "lockd/script_library.h"
#include "lockd/script_sandbox.h"
#include "lockd/script_shebang.h"
#include "lockd/sha1.h"

#include <ctype.h>
#include <lauxlib.h>
#include <stdlib.h>
#include <xxhash.h>

/* Keys are SHA-1 sums: nobody chooses them, so no seed is needed. */
#define HASH_FUNCTION(key, len, hash_out) \
	((hash_out) = (unsigned)XXH3_64bits((key), (len)))
#include <uthash.h>

#define CHUNK_NAME "@user_script"

struct kept {
	char sha[SCRIPT_SHA_LEN + 1];
	int ref; /* the compiled function, in Lua's registry */
	size_t bytes;
	bool declared;  /* it says by a first line what it needs */
	bool no_writes; /* and that it never writes */
	bool allow_oom; /* or that full memory is no reason to refuse it */
	bool needs_memory;
	struct hf_list used;
	UT_hash_handle hh;
};

struct script {
	struct script_context context; /* first: see script_api.h */
	lua_State *L;
	struct script_limits limits;
	struct kept *by_sha;
	size_t kept_bytes;
	struct hf_list by_use; /* the longest unused first */
	bool killed;           /* the run that goes on, by script_kill() */
};

/* ---- the interpreter ---------------------------------------------------- */

static int build(lua_State *L)
{
	script_api_push(L);
	script_sandbox_build(L);
	return 0;
}

static int panic(lua_State *L)
{
	const char *why = lua_tostring(L, -1);

	hf_fatalx("Lua error outside a script: %s", why != NULL ? why : "?");
	return 0;
}

static void start_lua(struct script *s)
{
	void (*busy)(void *arg) = s->context.meter.busy;
	void *busy_arg = s->context.meter.busy_arg;

	s->L = script_meter_start(&s->context.meter, s->limits.memory_bytes);
	script_on_busy(s, busy, busy_arg);
	s->context.meter.free_of_limits = true;
	if (s->L == NULL || lua_cpcall(s->L, build, NULL) != 0)
		hf_fatalx("cannot start the Lua interpreter");
	lua_atpanic(s->L, panic);
	s->context.meter.settled = s->context.meter.memory;
	s->context.meter.free_of_limits = false;
}

struct script *script_new(const struct script_limits *limits)
{
	struct script *s = hf_new(struct script);

	s->limits = *limits;
	hf_list_init(&s->by_use);
	start_lua(s);
	return s;
}

/* ---- what is kept ------------------------------------------------------- */

static void forget(struct script *s, struct kept *kept)
{
	/* Lua notes the free reference, and may need memory for that. */
	s->context.meter.free_of_limits = true;
	luaL_unref(s->L, LUA_REGISTRYINDEX, kept->ref);
	s->context.meter.free_of_limits = false;
	hf_list_remove(&kept->used);
	HASH_DEL(s->by_sha, kept);
	s->kept_bytes -= kept->bytes;
	free(kept);
}

static void forget_oldest(struct script *s)
{
	forget(s,
	       HF_CONTAINER_OF(hf_list_first(&s->by_use), struct kept, used));
}

static void forget_all(struct script *s)
{
	while (!hf_list_empty(&s->by_use))
		forget_oldest(s);
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
	return s->context.meter.memory;
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

bool script_needs_memory(const struct script *s, struct hf_slice sha)
{
	const struct kept *kept = find(s, sha);

	return kept != NULL && kept->needs_memory;
}

static void clear_list(struct script *s, const char *name)
{
	s->context.meter.free_of_limits = true;
	lua_pushnil(s->L);
	script_sandbox_set(s->L, name);
	s->context.meter.free_of_limits = false;
}

/* What one script leaves must not be in the next one's way. */
static void tidy(struct script *s)
{
	struct script_meter *meter = &s->context.meter;

	if (meter->memory <= meter->settled + meter->memory_max / 4)
		return;
	clear_list(s, "KEYS");
	clear_list(s, "ARGV");
	script_meter_collect(meter, s->L);
	meter->settled = meter->memory;
}

/* ---- compiling ---------------------------------------------------------- */

struct compile {
	struct script_head head;
	struct hf_slice text; /* the head's body */
	int ref;
	size_t bytes; /* what it takes, kept, and some */
	bool starved; /* for want of memory, not by its own fault */
};

static int compile(lua_State *L)
{
	struct compile *job = lua_touserdata(L, 1);
	int status;

	if (job->text.len > 0 && job->text.data[0] == LUA_SIGNATURE[0])
		luaL_error(L, "bytecode is not allowed");
	status = luaL_loadbuffer(L, job->text.data, job->text.len, CHUNK_NAME);
	job->starved = status == LUA_ERRMEM;
	if (status != 0)
		lua_error(L);
	job->ref = luaL_ref(L, LUA_REGISTRYINDEX);
	return 0;
}

/* No collection on the way: what memory grows by is what the script takes. */
static int try_compile(struct script *s, struct compile *job)
{
	size_t before = script_memory(s);
	int rc;

	job->starved = false;
	lua_gc(s->L, LUA_GCSTOP, 0);
	rc = lua_cpcall(s->L, compile, job);
	job->bytes = script_memory(s) - before;
	lua_gc(s->L, LUA_GCRESTART, 0);
	job->starved = job->starved || rc == LUA_ERRMEM;
	if (!job->starved)
		return rc;
	script_meter_collect(&s->context.meter, s->L);
	return rc;
}

/*
 * Scripts may fill half the memory and no more: those that run need the rest.
 * SCRIPT LOADed ones go like EVALed ones, the longest unused first.
 */
static void keep(struct script *s, const char *sha, const struct compile *job)
{
	struct kept *kept = hf_new(struct kept);

	memcpy(kept->sha, sha, sizeof(kept->sha));
	kept->ref = job->ref;
	kept->bytes = job->bytes;
	kept->declared = job->head.declared;
	kept->no_writes = job->head.no_writes;
	kept->allow_oom = job->head.allow_oom;
	kept->needs_memory = script_head_needs_memory(&job->head);
	hf_list_init(&kept->used);
	while (!hf_list_empty(&s->by_use) &&
	       (script_count(s) >= s->limits.cached_scripts ||
		s->kept_bytes + kept->bytes > s->limits.memory_bytes / 2))
		forget_oldest(s);
	hf_list_append(&s->by_use, &kept->used);
	HASH_ADD(hh, s->by_sha, sha, SCRIPT_SHA_LEN, kept);
	s->kept_bytes += kept->bytes;
}

int script_load(struct script *s, struct hf_slice text, struct reply *reply,
		char sha_out[SCRIPT_SHA_LEN + 1])
{
	struct compile job = { .ref = 0 };
	int rc;

	if (text.len > s->limits.text_bytes) {
		reply_error(reply, "ERR script longer than %zu bytes",
			    s->limits.text_bytes);
		return HF_ELIMIT;
	}
	sha1_hex(text, sha_out);
	if (find(s, (struct hf_slice){ sha_out, SCRIPT_SHA_LEN }) != NULL)
		return 0;
	rc = script_shebang_read(text, reply, &job.head);
	if (rc < 0)
		return rc;
	job.text = job.head.body;
	rc = try_compile(s, &job);
	if (job.starved) { /* perhaps by garbage, which is gone now */
		lua_settop(s->L, 0);
		rc = try_compile(s, &job);
	}
	if (rc != 0) {
		const char *why = lua_tostring(s->L, -1);

		reply_error(reply,
			    "ERR Error compiling script (new function): %s",
			    why != NULL ? why : "?");
		lua_settop(s->L, 0);
		return HF_EBAD;
	}
	keep(s, sha_out, &job);
	tidy(s);
	return 0;
}

/* ---- running ------------------------------------------------------------ */

struct run {
	struct script *script;
	const struct kept *kept;
	const struct hf_slice *keys, *argv;
	size_t n_keys, n_argv;
};

/* The items become the list that is the global of that name. */
static void set_list(lua_State *L, const char *name,
		     const struct hf_slice *items, size_t n)
{
	lua_createtable(L, (int)n, 0);
	for (size_t i = 0; i < n; i++) {
		lua_pushlstring(L, items[i].len > 0 ? items[i].data : "",
				items[i].len);
		lua_rawseti(L, -2, (int)i + 1);
	}
	script_sandbox_set(L, name);
}

/* A field of the table below the value on top, past metatables. */
static void set_raw(lua_State *L, const char *name)
{
	lua_pushstring(L, name);
	lua_insert(L, -2);
	lua_rawset(L, -3);
}

/* An error that is no table becomes one: { err = "ERR " .. what it says }. */
static void wrap_error(lua_State *L)
{
	const char *text = lua_tostring(L, 1);

	if (lua_istable(L, 1))
		return;
	if (lua_isnil(L, 1))
		text = "nil";
	else if (lua_isboolean(L, 1))
		text = lua_toboolean(L, 1) ? "true" : "false";
	lua_createtable(L, 0, 3);
	lua_pushfstring(L, "ERR %s", text != NULL ? text : luaL_typename(L, 1));
	set_raw(L, "err");
}

/*
 * Makes every error a table { err, source, line }: where the script was when
 * it was raised. Runs as the error handler, on the stack as it was then.
 */
static int locate_error(lua_State *L)
{
	lua_Debug ar;
	bool known = false;

	lua_settop(L, 1);
	wrap_error(L);
	/* C functions have no lines: theirs is the one that called them. */
	for (int level = 1; level <= 3 && !known; level++)
		known = lua_getstack(L, level, &ar) != 0 &&
			lua_getinfo(L, "Sl", &ar) != 0 && ar.what[0] != 'C';
	if (known && ar.currentline > 0) {
		lua_pushstring(L, ar.source);
		set_raw(L, "source");
		lua_pushinteger(L, ar.currentline);
		set_raw(L, "line");
	}
	return 1;
}

/* In a protected call: set up, run, reply with the result. */
static int run_protected(lua_State *L)
{
	struct run *run = lua_touserdata(L, 1);
	struct script_context *context = &run->script->context;

	luaL_checkstack(L, LUA_MINSTACK, "no stack");
	lua_settop(L, 0);
	script_library_seed(L);
	set_list(L, "KEYS", run->keys, run->n_keys);
	set_list(L, "ARGV", run->argv, run->n_argv);
	lua_pushcfunction(L, locate_error);
	lua_rawgeti(L, LUA_REGISTRYINDEX, run->kept->ref);
	if (lua_pcall(L, 0, 1, 1) != 0)
		return lua_error(L);
	lua_reply_check(L);
	context->meter.free_of_limits = true;
	lua_reply_write(L, context->call->reply, context->protocol);
	context->meter.free_of_limits = false;
	return 0;
}

static const char *field(lua_State *L, const char *name)
{
	const char *text;

	lua_pushstring(L, name);
	lua_rawget(L, -2);
	text = lua_tostring(L, -1);
	/* The table keeps a string; a number's text hangs on to the stack. */
	lua_insert(L, -2);
	return text;
}

/* The error on top of the stack, as Redis shows a script's errors. */
static void reply_failure(lua_State *L, struct reply *reply, const char *sha)
{
	const char *text = NULL, *source = NULL, *line = NULL;

	if (lua_istable(L, -1)) {
		text = field(L, "err");
		source = field(L, "source");
		line = field(L, "line");
	} else if (lua_type(L, -1) == LUA_TSTRING) {
		/* Of ours or for want of memory: not through the handler. */
		text = lua_pushfstring(L, "ERR %s", lua_tostring(L, -1));
	}
	if (text == NULL)
		text = "ERR unknown error";
	if (source != NULL && line != NULL)
		reply_error(reply, "%s script: %s, on %s:%s.", text, sha,
			    source, line);
	else
		reply_error(reply, "%s script: %s", text, sha);
}

/* Saying so may need memory that the script has used up. */
static void reply_ended(struct script *s, struct reply *reply, const char *sha)
{
	s->context.meter.free_of_limits = true;
	if (s->killed) {
		reply_error(reply,
			    "ERR Script killed by user with SCRIPT KILL... "
			    "script: %s, on " CHUNK_NAME ":%d.",
			    sha, s->context.meter.line);
		return;
	}
	if (s->context.meter.over)
		lua_pushliteral(s->L, "script ended: it ran for too long");
	reply_failure(s->L, reply, sha);
}

static void take_down(struct script *s)
{
	script_meter_end(&s->context.meter);
	lua_settop(s->L, 0);
	tidy(s);
	s->context.call = NULL;
}

int script_run(struct script *s, struct call *call, struct hf_slice sha,
	       const struct hf_slice *keys, size_t n_keys,
	       const struct hf_slice *argv, size_t n_argv, bool read_only)
{
	struct kept *kept = find(s, sha);
	struct run run = { s, kept, keys, argv, n_keys, n_argv };

	if (kept == NULL)
		return HF_ENOTFOUND;
	if (read_only && kept->declared && !kept->no_writes) {
		reply_error(call->reply, "ERR Can not execute a script with "
					 "write flag using *_ro command.");
		return 0;
	}
	hf_list_remove(&kept->used);
	hf_list_append(&s->by_use, &kept->used);
	s->context.call = call;
	s->context.protocol = 2;
	s->context.wrote = false;
	s->context.read_only = read_only || kept->no_writes;
	s->context.may_grow =
	    call->may_grow || kept->allow_oom || !memory_is_full(call->lockd);
	s->killed = false;
	script_meter_begin(&s->context.meter, s->limits.instructions,
			   s->limits.run_ms, call->lockd->tuning.busy_reply_ms);
	if (lua_cpcall(s->L, run_protected, &run) != 0)
		reply_ended(s, call->reply, kept->sha);
	take_down(s);
	return 0;
}

/* ---- while it runs ------------------------------------------------------ */

void script_on_busy(struct script *s, void (*busy)(void *arg), void *arg)
{
	s->context.meter.busy = busy;
	s->context.meter.busy_arg = arg;
}

void script_abort(struct script *s)
{
	if (s->context.call == NULL)
		return;
	s->killed = true;
	script_meter_stop(&s->context.meter);
}

int script_kill(struct script *s)
{
	if (s->context.call == NULL)
		return HF_ENOTFOUND;
	if (s->context.wrote)
		return HF_EHELD;
	script_abort(s);
	return 0;
}
