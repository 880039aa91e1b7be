#include "config.h"

#include "libhold/buf.h"
#include "lockd/command.h"
#include "lockd/resp.h"
#include "lockd/script.h"

#include "tests/lockd/suites.h"

#include <stdio.h>

#define MIB (1024 * 1024)

static const struct script_limits small = {
	.memory_bytes = 8 * MIB,
	.instructions = 2000000,
	.run_ms = 600000, /* a sanitizer on a busy machine is slow */
	.cached_scripts = 8,
	.text_bytes = 4096,
};

static struct lockd lockd;
static struct client client;
static struct command_count counts[256]; /* more than there are commands */
static struct hf_buf out;
static struct resp_writer writer;

static void begin(const struct script_limits *limits)
{
	lockd = (struct lockd){ .keys = keyspace_new(7),
				.script = script_new(limits),
				.stats = { .by_command = counts } };
	hf_list_init(&lockd.monitors);
	client = (struct client){ .id = 1, .protocol = 2 };
	hf_buf_init(&out, 256 * MIB);
	resp_writer_init(&writer, &out, 2);
}

static void setup(void)
{
	begin(&small);
}

static void teardown(void)
{
	script_free(&lockd.script);
	keyspace_free(&lockd.keys);
	hf_buf_fini(&out);
}

/* Another set of limits for the test under way. */
static void begin_anew(const struct script_limits *limits)
{
	teardown();
	begin(limits);
}

/* The reply's bytes and a NUL; valid until the next call. */
static const char *ask(size_t argc, const struct hf_slice *argv)
{
	struct call call = { .lockd = &lockd,
			     .client = &client,
			     .reply = &writer.reply,
			     .argv = argv,
			     .argc = argc,
			     .now_ms = 1000 };

	hf_buf_reset(&out, 0);
	command_run(&call);
	hf_buf_add_char(&out, '\0');
	return hf_buf_slice(&out).data;
}

static const char *eval(const char *text)
{
	const struct hf_slice argv[] = { HF_SLICE("EVAL"), hf_slice_of(text),
					 HF_SLICE("1"), HF_SLICE("key"),
					 HF_SLICE("arg") };

	return ask(HF_LEN(argv), argv);
}

static bool gives(const char *text, const char *reply)
{
	const char *got = eval(text);

	if (strcmp(got, reply) == 0)
		return true;
	printf("# %s\n#   gave %s\n", text, got);
	return false;
}

static bool fails(const char *text, const char *beginning)
{
	const char *got = eval(text);

	if (strncmp(got, beginning, strlen(beginning)) == 0)
		return true;
	printf("# %s\n#   gave %s\n", text, got);
	return false;
}

/* The interpreter is as good as new. */
static bool sound(void)
{
	return gives("local t = {} for i = 1, 100 do t[i] = 'x' .. i end "
		     "return {#table.concat(t), KEYS[1], ARGV[1], "
		     "redis.call('ping'), pcall(error)}",
		     "*5\r\n:292\r\n$3\r\nkey\r\n$3\r\narg\r\n+PONG\r\n"
		     "$-1\r\n");
}

static bool is_kept(const char *text)
{
	char sha[SCRIPT_SHA_LEN + 1];
	struct hf_slice argv[] = { HF_SLICE("EVAL"),
				   HF_SLICE("return redis.sha1hex(ARGV[1])"),
				   HF_SLICE("0"), hf_slice_of(text) };
	const char *reply = ask(HF_LEN(argv), argv);

	if (strncmp(reply, "$40\r\n", 5) != 0)
		return false;
	memcpy(sha, reply + 5, SCRIPT_SHA_LEN);
	return script_exists(lockd.script,
			     (struct hf_slice){ sha, SCRIPT_SHA_LEN });
}

static bool load(const char *text)
{
	char sha[SCRIPT_SHA_LEN + 1];

	hf_buf_reset(&out, 0);
	return script_load(lockd.script, hf_slice_of(text), &writer.reply,
			   sha) == 0;
}

/* ---- values and calls --------------------------------------------------- */

static void values_become_replies(void)
{
	static const struct {
		const char *text, *reply;
	} rows[] = {
		{ "return nil", "$-1\r\n" },
		{ "return true", ":1\r\n" },
		{ "return false", "$-1\r\n" },
		{ "return 3.99", ":3\r\n" },
		{ "return -3.99", ":-3\r\n" },
		{ "return 1e300", ":-9223372036854775808\r\n" },
		{ "return -1e300", ":-9223372036854775808\r\n" },
		{ "return {1, 'x', {}, {2}}",
		  "*4\r\n:1\r\n$1\r\nx\r\n*0\r\n*1\r\n:2\r\n" },
		{ "return {1, nil, 3}", "*1\r\n:1\r\n" },
		{ "return {ok = 'a\\r\\nb'}", "+a  b\r\n" },
		{ "return {err = 'MY a\\nb'}", "-MY a b\r\n" },
		{ "return {double = 0.5}", "$3\r\n0.5\r\n" },
		{ "return {map = {a = 1}}", "*2\r\n$1\r\na\r\n:1\r\n" },
		{ "return {set = {a = true}}", "*1\r\n$1\r\na\r\n" },
		{ "return {big_number = '12'}", "$2\r\n12\r\n" },
		{ "return {verbatim_string = {format = 'txt', string = 'x'}}",
		  "$1\r\nx\r\n" },
		{ "return {verbatim_string = {format = 'mkd', string = 'x'}}",
		  "$1\r\nx\r\n" },
		{ "return error", "$-1\r\n" },
		{ "return KEYS", "*1\r\n$3\r\nkey\r\n" },
		{ "return ARGV", "*1\r\n$3\r\narg\r\n" },
	};

	for (size_t i = 0; i < HF_LEN(rows); i++)
		CU_ASSERT(gives(rows[i].text, rows[i].reply));
}

static void values_become_resp3_replies(void)
{
	static const struct {
		const char *text, *reply;
	} rows[] = {
		{ "return nil", "_\r\n" },
		{ "return true", ":1\r\n" },
		{ "return false", "_\r\n" },
		{ "redis.setresp(3) return true", "#t\r\n" },
		{ "redis.setresp(3) return false", "#f\r\n" },
		{ "redis.setresp(3) return redis.call('get', 'none') == nil",
		  "#t\r\n" },
		{ "return redis.call('get', 'none') == false", ":1\r\n" },
		{ "return {double = 0.5}", ",0.5\r\n" },
		{ "return {map = {a = 1}}", "%1\r\n$1\r\na\r\n:1\r\n" },
		{ "return {set = {a = true}}", "~1\r\n$1\r\na\r\n" },
		{ "return {verbatim_string = {format = 'txt', string = 'x'}}",
		  "=5\r\ntxt:x\r\n" },
	};

	writer.reply.protocol = 3;
	for (size_t i = 0; i < HF_LEN(rows); i++)
		CU_ASSERT(gives(rows[i].text, rows[i].reply));
}

static void calls_change_the_keyspace_and_give_values(void)
{
	CU_ASSERT(gives("return redis.call('set', KEYS[1], 10)", "+OK\r\n"));
	CU_ASSERT(gives("return redis.call('incr', KEYS[1]) + 1", ":12\r\n"));
	CU_ASSERT(gives("return redis.call('get', 'key')", "$2\r\n11\r\n"));
	CU_ASSERT(
	    gives("return server.call('type', 'key').ok", "$6\r\nstring\r\n"));
	CU_ASSERT(gives("local t = {'exists'} for i = 1, 40 do t[#t + 1] = "
			"'key' end return redis.call(unpack(t))",
			":40\r\n"));
	CU_ASSERT(keyspace_count(lockd.keys) == 1);
}

static void errors_say_script_and_line(void)
{
	CU_ASSERT(fails("return redis.call('nosuch')",
			"-ERR Unknown Redis command called from script "
			"script: "));
	CU_ASSERT(strstr(eval("\n\nerror('why')"), "on @user_script:3.\r\n") !=
		  NULL);
	CU_ASSERT(fails("error('why')", "-ERR user_script:1: why script: "));
	CU_ASSERT(fails("error({err = 'MY why'})", "-MY why script: "));
	CU_ASSERT(fails("error({})", "-ERR unknown error script: "));
	CU_ASSERT(fails("error()", "-ERR nil script: "));
	CU_ASSERT(fails("error(true)", "-ERR true script: "));
	CU_ASSERT(fails("error(error)", "-ERR function script: "));
	CU_ASSERT(fails("return redis.call('get', {})",
			"-ERR Lua redis lib command arguments must be strings "
			"or integers script: "));
	CU_ASSERT(fails("return redis.call()",
			"-ERR Please specify at least one argument"));
	CU_ASSERT(gives("return redis.pcall('nosuch')",
			"-ERR Unknown Redis command called from script\r\n"));
	CU_ASSERT(gives("return {pcall(redis.call, 'nosuch')}",
			"*2\r\n$-1\r\n$44\r\nERR Unknown Redis command called "
			"from script\r\n"));
	CU_ASSERT(fails("return (", "-ERR Error compiling script (new "
				    "function): user_script:1: "));
	CU_ASSERT(fails("\x1bLua", "-ERR Error compiling script"));
	CU_ASSERT(sound());
}

static void a_script_is_called_by_its_sum(void)
{
	struct hf_slice argv[] = {
		HF_SLICE("EVALSHA"),
		HF_SLICE("e0e1f9fabfc9d4800c877a703b823ac0578ff8db"),
		HF_SLICE("0")
	};

	CU_ASSERT_STRING_EQUAL(ask(3, argv), "-NOSCRIPT No matching script. "
					     "Please use EVAL.\r\n");
	CU_ASSERT(load("return 1"));
	CU_ASSERT_STRING_EQUAL(ask(3, argv), ":1\r\n");
	argv[1] = HF_SLICE("E0E1F9FABFC9D4800C877A703B823AC0578FF8DB");
	CU_ASSERT_STRING_EQUAL(ask(3, argv), ":1\r\n");
	script_flush(lockd.script);
	CU_ASSERT(strncmp(ask(3, argv), "-NOSCRIPT", 9) == 0);
	CU_ASSERT(script_count(lockd.script) == 0);
}

static void the_number_of_keys_is_checked(void)
{
	static const struct {
		const char *n, *reply;
	} rows[] = {
		{ "x", "-ERR value is not an integer" },
		{ "-1", "-ERR Number of keys can't be negative\r\n" },
		{ "2", "-ERR Number of keys can't be greater than" },
		{ "1", ":1\r\n" },
		{ "0", ":0\r\n" },
	};

	for (size_t i = 0; i < HF_LEN(rows); i++) {
		struct hf_slice argv[] = { HF_SLICE("EVAL"),
					   HF_SLICE("return #KEYS"),
					   hf_slice_of(rows[i].n),
					   HF_SLICE("k") };

		CU_ASSERT(strncmp(ask(4, argv), rows[i].reply,
				  strlen(rows[i].reply)) == 0);
	}
}

/* ---- the box ------------------------------------------------------------ */

static void what_could_get_out_is_not_there(void)
{
	static const char *const names[] = {
		"collectgarbage", "debug",   "dofile",   "gcinfo",
		"getfenv",        "io",      "loadfile", "module",
		"newproxy",       "package", "print",    "require",
		"setfenv",
	};
	char text[80];

	for (size_t i = 0; i < HF_LEN(names); i++) {
		snprintf(text, sizeof(text), "return %s", names[i]);
		CU_ASSERT(fails(text, "-ERR user_script:1: Script attempted "
				      "to access nonexistent global variable"));
	}
	CU_ASSERT(gives("return {string.dump == nil, os.execute == nil, "
			"os.exit == nil, type(os.clock())}",
			"*4\r\n:1\r\n:1\r\n:1\r\n$6\r\nnumber\r\n"));
	CU_ASSERT(gives("return {loadstring('\\27Lua')}", "*0\r\n"));
	CU_ASSERT(gives("return {select(2, loadstring('\\27Lua'))}",
			"*1\r\n$23\r\nbytecode is not allowed\r\n"));
	CU_ASSERT(gives("local f = load(function() return '\\27Lua' end) "
			"return f == nil",
			":1\r\n"));
}

static void nothing_can_be_left_for_the_next_script(void)
{
	static const char *const attempts[] = {
		"x = 1",
		"KEYS = 1",
		"_G.x = 1",
		"rawset(_G, 'x', 1)",
		"string.x = 1",
		"rawset(string, 'x', 1)",
		"table.insert(string, 1)",
		"table.sort(redis)",
		"setmetatable(_G, {})",
		"setmetatable(string, nil)",
		"getmetatable('').__index = nil",
		"getmetatable(string).__index = nil",
		"redis.call = nil",
		"pcall = nil",
		"loadstring('x = 1')()",
		"pcall(loadstring, 'x = 1') loadstring('y = 1')()",
		"local _, f = pcall(loadstring, 'x = 1') f()",
		("load(coroutine.wrap(function() coroutine.yield('x = 1') "
		 "coroutine.yield(nil) end))()"),
		"coroutine.wrap(function() x = 1 end)()",
	};

	for (size_t i = 0; i < HF_LEN(attempts); i++) {
		CU_ASSERT(fails(attempts[i], "-ERR "));
		CU_ASSERT(fails("return x", "-ERR user_script:1: Script"));
		CU_ASSERT(sound());
	}
	CU_ASSERT(gives("return type(string) .. type(_G) .. #redis",
			"$11\r\ntabletable0\r\n"));
	CU_ASSERT(gives("local n = 0 for k, v in pairs(redis) do if k == "
			"'call' then n = n + 1 end end return n",
			":1\r\n"));
	CU_ASSERT(gives("return rawget(_G, 'x') == nil", ":1\r\n"));
}

static void random_numbers_begin_anew_in_each_run(void)
{
	char first[64];

	snprintf(first, sizeof(first), "%s",
		 eval("return {math.random(1e6), math.random(1e6)}"));
	eval("math.randomseed(9) return math.random()");
	CU_ASSERT_STRING_EQUAL(
	    eval("return {math.random(1e6), math.random(1e6)}"), first);
}

/* ---- bounds ------------------------------------------------------------- */

static void scripts_that_never_end_are_ended(void)
{
	static const char *const texts[] = {
		"while true do end",
		"while true do pcall(function() while true do end end) end",
		"local function l() while true do end end "
		"while true do xpcall(l, l) end",
		"local function go() while true do end end "
		"while true do coroutine.resume(coroutine.create(go)) end",
		"while true do coroutine.wrap(function() "
		"for i = 1, 40 do end end)() end",
		"local function l() while true do end end "
		"coroutine.wrap(function() while true do pcall(l) end end)()",
		"while true do local t = {3, 2, 1} table.sort(t) end",
		"local s = ('x'):rep(1e5) while true do s:upper() end",
		"while true do redis.pcall('ping') end",
		"while true do loadstring('return 1') end",
		"table.insert({}, -2^31, 1)",
		"load(function() while true do end end)",
		"load(function() return ' ' end)",
		"while true do string.find('aaaaaaaaaaaaaaaaaaaaaaa', "
		"'^a*a*a*b') end",
	};

	for (size_t i = 0; i < HF_LEN(texts); i++) {
		CU_ASSERT(fails(texts[i], "-ERR script ended: it ran for too "
					  "long script: "));
		CU_ASSERT(sound());
	}
}

static void the_clock_ends_a_script_too(void)
{
	struct script_limits limits = small;

	limits.instructions = UINT64_MAX;
	limits.run_ms = 20;
	begin_anew(&limits);
	CU_ASSERT(fails("while true do end", "-ERR script ended: "));
	CU_ASSERT(fails("local s = ('x'):rep(1e5) while true do "
			"local r = s .. 'y' end",
			"-ERR script ended: "));
	limits.run_ms = 600000;
	begin_anew(&limits);
	CU_ASSERT(sound());
}

static void memory_ends_a_script_and_comes_back(void)
{
	static const char *const texts[] = {
		"local t = {} while true do t = {t} end",
		"local s = 'x' while true do s = s .. s end",
		"local t = {} for i = 1, 1e9 do t[i] = i end",
		"local t = {} for i = 1, 1e9 do t['k' .. i] = i end",
		"return ('x'):rep(1e9)",
		"return ('x'):rep(2^60)",
		("local t = {} while true do t[#t + 1] = coroutine.create("
		 "function() end) end"),
	};
	struct script_limits limits = small;
	size_t before = script_memory(lockd.script);

	limits.instructions = UINT64_MAX;
	begin_anew(&limits);
	for (size_t i = 0; i < HF_LEN(texts); i++) {
		CU_ASSERT(fails(texts[i], "-ERR "));
		if (strstr(out.data, "not enough memory script: ") == NULL) {
			printf("# %s: %s\n", texts[i], out.data);
			CU_FAIL("not for want of memory");
		}
		CU_ASSERT(sound());
	}
	CU_ASSERT(script_memory(lockd.script) <
		  before + small.memory_bytes / 4 + MIB);
}

static void garbage_is_not_taken_for_memory(void)
{
	CU_ASSERT(gives("for i = 1, 200 do local s = ('x'):rep(1e5 + i) end "
			"return 1",
			":1\r\n"));
}

/*
 * With just a little more memory each time, the script fails at every place
 * where it can; there is one reply, whole, whatever happens.
 */
static void starve(const char *text, const char *beginning)
{
	struct script_limits limits = small;
	size_t failed = 0, base = script_memory(lockd.script);
	bool passed = false;

	for (size_t more = 0; !passed && more < 64 * 1024; more += 61) {
		limits.memory_bytes = base + more;
		begin_anew(&limits);
		eval(text);
		passed = strncmp(out.data, beginning, strlen(beginning)) == 0;
		if (passed)
			break;
		failed++;
		if (out.data[0] != '-' ||
		    strchr(out.data, '\n') != out.data + out.end - 2)
			CU_FAIL_FATAL("neither the reply nor one error");
	}
	CU_ASSERT(passed);
	CU_ASSERT(failed > 20);
}

static void out_of_memory_anywhere_is_one_error_reply(void)
{
	starve("local t = {KEYS[1], ARGV[1], {('x'):rep(50), ok = nil}} "
	       "redis.call('set', 'a', 'b') "
	       "for i = 1, 20 do t[#t + 1] = redis.call('get', 'a') .. i end "
	       "local c = coroutine.wrap(function() coroutine.yield(1) end) "
	       "t[#t + 1] = c() + select(2, pcall(function() return 5 end)) "
	       "table.sort({3, 2, 1}) local _, e = pcall(error, 'x') "
	       "t[#t + 1] = redis.sha1hex(e) return {map = {list = t}}",
	       "*2\r\n$4\r\nlist\r\n*25\r\n");
}

static void a_reply_begun_is_finished_whatever_memory_is_left(void)
{
	/* Writing it takes more memory than all before. */
	starve("return {1, {ok = ('\\n'):rep(3000)}}", "*2\r\n:1\r\n+   ");
}

static void work_that_no_hook_sees_is_counted(void)
{
	static const char *const texts[] = {
		"for i = 1, 25000 do coroutine.wrap(function() "
		"for j = 1, 20 do end end)() end",
		"local t = {} for i = 1, 1000 do t[i] = i * 7919 % 1009 end "
		"for i = 1, 300 do table.sort(t) end",
		"local s = ('x'):rep(1e5) for i = 1, 1000 do s:reverse() end",
		"local s = ('x'):rep(1e5) for i = 1, 100 do "
		"redis.sha1hex(s) end",
		"local s = ('x'):rep(1e5) for i = 1, 1000 do "
		"redis.call('exists', s) end",
		"local s = ('x'):rep(1e5) for i = 1, 1000 do "
		"s:find('y', 1, true) end",
		"local t = {} for i = 1, 1e4 do t[i] = i end "
		"for i = 1, 300 do table.insert(t, 1, 0) end",
		"local t = {} for i = 1, 1e4 do t[i] = i end "
		"for i = 1, 300 do table.remove(t, 1) end",
		"local t = {} for i = 1, 1e4 do t[i] = i end "
		"for i = 1, 300 do table.concat(t) end",
		"local s = (' '):rep(1e5) for i = 1, 1000 do "
		"loadstring(s) end",
	};

	for (size_t i = 0; i < HF_LEN(texts); i++) {
		CU_ASSERT(fails(texts[i], "-ERR script ended: "));
		CU_ASSERT(sound());
	}
}

static void recursion_ends_with_an_error(void)
{
	static const char *const texts[] = {
		"local function f() return f() + 1 end return f()",
		"local function n() return coroutine.wrap(n)() end return n()",
		"local function f() error(select(2, pcall(f))) end f()",
		"return loadstring('return ' .. ('('):rep(1000))()",
		"return loadstring('return ' .. ('{'):rep(1000))()",
		("local t = setmetatable({}, {}) getmetatable(t).__index = t "
		 "return t.x.y"),
		"return (('x'):gsub('x', function(x) error('deep') end))",
	};

	for (size_t i = 0; i < HF_LEN(texts); i++) {
		CU_ASSERT(fails(texts[i], "-ERR "));
		CU_ASSERT(sound());
	}
}

static void results_too_deep_or_too_large_are_refused(void)
{
	static const char *const texts[] = {
		"local t = {} t[1] = t return t",
		"local t = {} t.map = t return t",
		"local t = {} t.set = {[t] = 1} return t",
		"local t = {} t.verbatim_string = t return t",
		"local t = {} for i = 1, 65 do t = {t} end return t",
		"local t = {} for i = 1, 20 do t = {t, t} end return t",
		"local s, t = ('x'):rep(5e5), {} "
		"for i = 1, 200 do t[i] = s end return t",
		"local s, t = {ok = ('x'):rep(5e5)}, {} "
		"for i = 1, 200 do t[i] = s end return t",
	};

	for (size_t i = 0; i < HF_LEN(texts); i++) {
		CU_ASSERT(fails(texts[i], "-ERR "));
		CU_ASSERT(sound());
	}
	CU_ASSERT(fails("local t = {} for i = 1, 60 do t = {t} end return t",
			"*1\r\n*1\r\n"));
}

static void library_functions_are_bounded(void)
{
	static const struct {
		const char *text, *reply;
	} rows[] = {
		{ "return ('a'):rep(1e5):find('a*b')",
		  "-ERR user_script:1: pattern too costly for a text" },
		{ "return ('a'):rep(1e5):gsub('.-.-b', '')",
		  "-ERR user_script:1: pattern too costly" },
		{ "return ('('):rep(1e5):match('%b()')",
		  "-ERR user_script:1: pattern too costly" },
		{ "return ('a'):rep(1e5):gmatch('a*b')()",
		  "-ERR user_script:1: pattern too costly" },
		{ "return ('a'):find(('%a'):rep(257))",
		  "-ERR user_script:1: pattern longer than 512 bytes" },
		{ "return ('a'):find(('%a'):rep(256)) == nil", ":1\r\n" },
		{ "return ('a'):rep(1e5):find(('b'):rep(1e5), 1, true) == nil",
		  ":1\r\n" },
		{ "return unpack({}, -2^31, 2^31 - 1)",
		  "-ERR user_script:1: too many results to unpack" },
		{ "return {unpack({}, 1, 8001)}",
		  "-ERR user_script:1: too many results to unpack" },
		{ "return unpack({}, 0/0, 1)",
		  "-ERR user_script:1: too many results to unpack" },
		{ "table.insert({1}, 1e300, 1)",
		  "-ERR user_script:1: bad argument #2 to 'insert' (position" },
		{ "table.remove({1}, 0/0)",
		  "-ERR user_script:1: bad argument #2 to 'remove' (position" },
		{ "return ('x'):rep(0/0)", "$0\r\n\r\n" },
		{ "return (''):rep(1e300)", "$0\r\n\r\n" },
		{ "return {('hello'):find('l', 0/0)}", "*2\r\n:3\r\n:3\r\n" },
		{ "return {('hello'):find('l', -2)}", "*2\r\n:4\r\n:4\r\n" },
		{ "return {('hello'):find('', 10)}", "*2\r\n:6\r\n:5\r\n" },
		{ "return string.format('%9999d', 1)",
		  "-ERR user_script:1: invalid format" },
		{ "return math.random(1, 2, 3)",
		  "-ERR user_script:1: wrong number of arguments" },
	};

	for (size_t i = 0; i < HF_LEN(rows); i++)
		CU_ASSERT(fails(rows[i].text, rows[i].reply));
	CU_ASSERT(sound());
}

/* ---- what is kept ------------------------------------------------------- */

static void the_longest_unused_script_goes_first(void)
{
	char text[32];

	CU_ASSERT(load("return 'first'"));
	for (size_t i = 1; i < small.cached_scripts; i++) {
		snprintf(text, sizeof(text), "return %zu", i);
		CU_ASSERT(load(text));
	}
	CU_ASSERT(script_count(lockd.script) == small.cached_scripts);
	eval("return 'first'"); /* used again */
	CU_ASSERT(load("return 'one more'"));
	CU_ASSERT(script_count(lockd.script) == small.cached_scripts);
	CU_ASSERT(is_kept("return 'first'"));
	CU_ASSERT(!is_kept("return 1"));
}

static void kept_scripts_leave_half_the_memory_to_those_that_run(void)
{
	struct script_limits limits = small;
	char text[4000];

	limits.memory_bytes = MIB;
	limits.cached_scripts = 1000;
	begin_anew(&limits);
	for (int i = 0; i < 300; i++) {
		int n = snprintf(text, sizeof(text), "local a = %d ", i);

		while (n < 3900)
			n += snprintf(text + n, sizeof(text) - (size_t)n,
				      "a = a + %d ", n);
		CU_ASSERT(load(text));
	}
	CU_ASSERT(script_count(lockd.script) > 5);
	CU_ASSERT(script_count(lockd.script) < 300);
	CU_ASSERT(script_memory(lockd.script) < MIB);
	CU_ASSERT(gives("return #('x'):rep(1e5)", ":100000\r\n"));
}

/* Many functions, so that no block of it is large. */
static bool loads_long(int functions)
{
	static const char one[] = "do local function f() return 1 end end ";
	struct hf_buf text;
	bool loaded;

	hf_buf_init(&text, MIB);
	for (int i = 0; i < functions; i++)
		hf_buf_add(&text, one, sizeof(one) - 1);
	hf_buf_add_char(&text, '\0');
	loaded = load(hf_buf_slice(&text).data);
	hf_buf_fini(&text);
	return loaded;
}

static void garbage_keeps_no_script_from_being_compiled(void)
{
	struct script_limits limits = small;
	size_t loaded = 0, refused = 0;

	limits.memory_bytes = MIB;
	limits.text_bytes = MIB;
	for (int n = 500; n < 4500; n += 250) {
		bool fits;

		begin_anew(&limits);
		fits = loads_long(n);
		begin_anew(&limits);
		CU_ASSERT(gives("for i = 1, 200 do local s = ('x'):rep(1000 + "
				"i) end return 1",
				":1\r\n"));
		CU_ASSERT(loads_long(n) == fits);
		fits ? loaded++ : refused++;
	}
	CU_ASSERT(loaded > 0);
	CU_ASSERT(refused > 0);
}

static void a_text_of_the_limit_is_taken_and_one_longer_not(void)
{
	char text[4096 + 2];

	memset(text, ' ', sizeof(text));
	text[4096] = '\0';
	CU_ASSERT(load(text));
	text[4096] = ' ';
	text[4097] = '\0';
	CU_ASSERT(!load(text));
	CU_ASSERT(fails(text, "-ERR script longer than 4096 bytes\r\n"));
}

static const struct hf_test tests[] = {
	HF_TEST(values_become_replies),
	HF_TEST(values_become_resp3_replies),
	HF_TEST(calls_change_the_keyspace_and_give_values),
	HF_TEST(errors_say_script_and_line),
	HF_TEST(a_script_is_called_by_its_sum),
	HF_TEST(the_number_of_keys_is_checked),
	HF_TEST(what_could_get_out_is_not_there),
	HF_TEST(nothing_can_be_left_for_the_next_script),
	HF_TEST(random_numbers_begin_anew_in_each_run),
	HF_TEST(scripts_that_never_end_are_ended),
	HF_TEST(the_clock_ends_a_script_too),
	HF_TEST(memory_ends_a_script_and_comes_back),
	HF_TEST(garbage_is_not_taken_for_memory),
	HF_TEST(out_of_memory_anywhere_is_one_error_reply),
	HF_TEST(a_reply_begun_is_finished_whatever_memory_is_left),
	HF_TEST(work_that_no_hook_sees_is_counted),
	HF_TEST(recursion_ends_with_an_error),
	HF_TEST(results_too_deep_or_too_large_are_refused),
	HF_TEST(library_functions_are_bounded),
	HF_TEST(the_longest_unused_script_goes_first),
	HF_TEST(kept_scripts_leave_half_the_memory_to_those_that_run),
	HF_TEST(garbage_keeps_no_script_from_being_compiled),
	HF_TEST(a_text_of_the_limit_is_taken_and_one_longer_not),
	HF_TEST_END
};

const struct hf_suite test_script_suite = { .name = "lockd/script",
					    .tests = tests,
					    .setup = setup,
					    .teardown = teardown };
