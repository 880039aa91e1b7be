#include "config.h"

#include "lockd/persist.h"

#include "libhold/clock.h"
#include "libhold/log.h"
#include "libhold/mem.h"
#include "lockd/command.h"
#include "lockd/lockd.h"
#include "lockd/locks.h"
#include "lockd/stall.h"

#include "tests/lockd/suites.h"
#include "tests/support/files.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/*
 * A small run, by lockd's own commands, with locks of each kind. What the state
 * was after each of them is kept as text, so that what a damaged journal gives
 * can be looked up in it.
 */
enum {
	STATES_MAX = 80,
	SHORT_MS = 500000, /* who holds for less than this is not looked at */
};

static struct {
	char dir[64];
	struct settings settings;
	uv_loop_t loop;
	uv_timer_t awake; /* as a server's listener: keeps the loop going */
	struct lockd lockd;
	struct client client;
	struct stall stall;
	bool looks;             /* at how late the disk is */
	int uncovered, covered; /* calls of durable() */
	int64_t began_ms;
	char *states[STATES_MAX]; /* after each step */
	int64_t fences[STATES_MAX];
	int n_states;
} t;

/*
 * Thousands of journals are opened, and no power fails here: what the disk
 * itself has is the business of tests/libhold/test_journal.c.
 */
int fsync(int fd)
{
	HF_UNUSED(fd);
	return 0;
}

static atomic_bool disk_refuses; /* the pool's threads ask */

int fdatasync(int fd)
{
	HF_UNUSED(fd);
	errno = EIO;
	return disk_refuses ? -1 : 0;
}

/* The clocks, in place of libhold/clock.c: a test may let time pass. */
static int64_t passed_ms;

static int64_t read_us(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000 +
	       passed_ms * 1000;
}

int64_t hf_clock_us(void)
{
	return read_us(CLOCK_BOOTTIME);
}

int64_t hf_clock_ms(void)
{
	return hf_clock_us() / 1000;
}

int64_t hf_wall_us(void)
{
	return read_us(CLOCK_REALTIME);
}

int64_t hf_wall_ms(void)
{
	return hf_wall_us() / 1000;
}

/* ---- the state as text -------------------------------------------------- */

struct text {
	char *lines[64];
	size_t n;
	char space;
	int64_t last_fence;
};

static void add_line(void *arg, struct hf_slice key, const struct ks_view *view)
{
	struct text *text = arg;
	struct hf_buf line;
	bool forever = view->due_ms == HF_NEVER;

	if (!forever && view->due_ms < t.began_ms + SHORT_MS)
		return;
	CU_ASSERT_FATAL(text->n < HF_LEN(text->lines));
	CU_ASSERT(view->fence <= text->last_fence);
	hf_buf_init(&line, 4096);
	hf_buf_printf(
	    &line, "%c %.*s type=%d due=%lld fence=%lld value=", text->space,
	    (int)key.len, key.data, view->type,
	    (long long)(forever ? -1 : view->due_ms), (long long)view->fence);
	for (size_t i = 0; i < view->value.len; i++)
		hf_buf_printf(&line, "%02x",
			      (unsigned)(unsigned char)view->value.data[i]);
	text->lines[text->n] = hf_alloc(hf_buf_len(&line) + 1);
	memcpy(text->lines[text->n], hf_buf_slice(&line).data,
	       hf_buf_len(&line));
	text->lines[text->n++][hf_buf_len(&line)] = '\0';
	hf_buf_fini(&line);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_space(struct text *text, char space, struct keyspace *keys)
{
	uint64_t cursor = 0;

	text->space = space;
	text->last_fence = keyspace_last_fence(keys);
	do {
		cursor =
		    keyspace_scan(keys, cursor, INT64_MIN / 4, add_line, text);
	} while (cursor != 0);
}

/* To be freed. */
static char *text_of(struct keyspace *keys, struct keyspace *guards)
{
	struct text text = { .n = 0 };
	size_t len = 64;
	char *all;

	add_space(&text, 'g', guards);
	add_space(&text, 'k', keys);
	qsort(text.lines, text.n, sizeof(text.lines[0]), by_text);
	for (size_t i = 0; i < text.n; i++)
		len += strlen(text.lines[i]) + 1;
	all = hf_alloc(len);
	snprintf(all, len, "last fence %lld\n", (long long)text.last_fence);
	for (size_t i = 0; i < text.n; i++) {
		strcat(strcat(all, text.lines[i]), "\n");
		free(text.lines[i]);
	}
	return all;
}

static void note_state(void)
{
	CU_ASSERT_FATAL(t.n_states < STATES_MAX);
	t.fences[t.n_states] = keyspace_last_fence(t.lockd.keys);
	t.states[t.n_states++] = text_of(t.lockd.keys, t.lockd.guards);
}

/* Which step the text is the state after; -1: of none. */
static int step_of(const char *text)
{
	for (int i = t.n_states - 1; i >= 0; i--) {
		if (strcmp(t.states[i], text) == 0)
			return i;
	}
	return -1;
}

/* ---- the run ------------------------------------------------------------ */

static struct reply nobody = { .ops = &reply_to_nobody, .protocol = 2 };

static struct reply *reach(struct client *client)
{
	HF_UNUSED(client);
	return &nobody;
}

static void nothing(struct client *client)
{
	HF_UNUSED(client);
}

static bool alive(struct client *client)
{
	HF_UNUSED(client);
	return true;
}

static uint32_t watch_peer(struct client *client)
{
	HF_UNUSED(client);
	return 0;
}

/* As the server does it. */
static void durable(void *arg, uint64_t seq)
{
	HF_UNUSED(arg);
	HF_UNUSED(seq);
	if (!t.looks)
		return; /* how long a busy machine takes is no matter here */
	stall_look(&t.stall, &t.lockd, hf_clock_ms());
	if (persist_covers_shift(t.lockd.persist)) {
		t.covered++;
		return;
	}
	t.uncovered++;
	CU_ASSERT(t.stall.still); /* its answers have not left */
}

/* words: with '|' between them; as the server runs a request. */
static void run(const char *words)
{
	struct hf_slice argv[16];
	struct call call = { .lockd = &t.lockd,
			     .client = &t.client,
			     .reply = &nobody,
			     .argv = argv,
			     .now_ms = hf_clock_ms() };
	uint64_t errors = nobody.errors;

	for (const char *at = words; at != NULL;) {
		const char *end = strchr(at, '|');

		argv[call.argc++] =
		    (struct hf_slice){ at, end != NULL ? (size_t)(end - at)
						       : strlen(at) };
		at = end != NULL ? end + 1 : NULL;
	}
	persist_begin(t.lockd.persist);
	command_run(&call);
	persist_end(t.lockd.persist);
	persist_begin(t.lockd.persist);
	locks_settle(&t.lockd, call.now_ms);
	persist_end(t.lockd.persist);
	if (nobody.errors != errors)
		fprintf(stderr, "%s: %s\n", words, nobody.code);
	CU_ASSERT_EQUAL(nobody.errors, errors);
}

/* The short ones end, by the server's tick. */
static void let_pass(int64_t ms)
{
	passed_ms += ms;
	persist_begin(t.lockd.persist);
	keyspace_expire(t.lockd.keys, hf_clock_ms(), 100);
	persist_end(t.lockd.persist);
}

/* Nobody served for so long: deadlines are moved by it. */
static void stall(int64_t for_ms)
{
	struct ks_change change = { .kind = KS_SHIFT,
				    .due_ms =
					keyspace_shift(t.lockd.keys) + for_ms };

	passed_ms += for_ms;
	keyspace_apply(t.lockd.keys, &change, hf_clock_ms());
}

/* Each step is synced alone: only the last one can have been torn. */
static void sync_step(void)
{
	struct persist *persist = t.lockd.persist;

	persist_sync(persist);
	while (persist_durable(persist) < persist_last(persist))
		uv_run(&t.loop, UV_RUN_NOWAIT);
}

static const char *const steps[] = {
	"SET|a|me|NX|PX|1000000",
	"SET|b|you|NX",
	"HSET|h|f|1|g|x",
	"HINCRBY|h|f|1",
	"PEXPIRE|h|1000000",
	"LOCK.ACQUIRE|2|x|y|me|PX|1000000",
	"LOCK.ACQUIRE|1|s|one|PX|1000000|SHARED",
	"LOCK.ACQUIRE|1|s|two|PX|2000000|SHARED|DELAY|5000",
	"LOCK.EXTEND|1|x|me|PX|3000000",
	"LOCK.RELEASE|1|s|one",
	"LOCK.RELEASE|1|y|me",
	"GUARD|resource|7",
	"GUARD|resource|9",
	"INCR|redisson_lock_token:{k}",
	"INCR|redisson_lock_token:{k}",
	"SET|soon|me|NX|PX|1",
	"LOCK.ACQUIRE|1|late|me|PX|1",
	"HSET|hash|old|1",
	"PEXPIRE|hash|1",
	"a second",
	"HSET|hash|new|1",
	"SET|soon|you|NX|PX|1000000",
	"MULTI",
	"SET|t1|v|NX|PX|1000000",
	"SET|t2|v|NX",
	"DEL|b",
	"EXEC",
	"EVAL|redis.call('set','e','v','nx') return redis.call('del','t1')|0",
	"SET|soon2|me|NX|PX|1",
	"SET|late2|me|NX|PX|2000",
	"a second",
	"SET|unswept|me|NX|PX|1",
	"SET|looked at|me|NX|PX|500",
	"a second, and nobody looks",
	"GET|looked at",
	"stall",
	"PERSIST|a",
	"RENAME|a|a2",
	"DEL|a2",
	"SET|a|other|NX|PX|1000000",
	"FLUSHALL",
	"SET|a|me|NX|PX|1000000",
	"DEL|a",
	"LOCK.ACQUIRE|1|x|you|PX|1000000",
};

static void make_history(void)
{
	note_state();
	for (size_t i = 0; i < HF_LEN(steps); i++) {
		if (strcmp(steps[i], "stall") == 0)
			stall(SHORT_MS);
		else if (strcmp(steps[i], "a second, and nobody looks") == 0)
			passed_ms += 1000;
		else if (strcmp(steps[i], "a second") == 0)
			let_pass(1000);
		else
			run(steps[i]);
		sync_step();
		note_state();
	}
}

/* ---- life --------------------------------------------------------------- */

static void tick(uv_timer_t *timer)
{
	HF_UNUSED(timer);
}

static void open_lockd(void)
{
	static const struct client_ops ops = { .reach = reach,
					       .pause = nothing,
					       .resume = nothing,
					       .close = nothing,
					       .kill = nothing,
					       .alive = alive,
					       .watch_peer = watch_peer };

	lockd_init(&t.lockd, &t.settings);
	uv_loop_init(&t.loop);
	t.lockd.persist = persist_open(t.lockd.keys, t.lockd.guards,
				       &t.settings, &t.loop, durable, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(t.lockd.persist);
	uv_timer_init(&t.loop, &t.awake);
	uv_timer_start(&t.awake, tick, 3600000, 0);
	t.client = (struct client){ .ops = &ops };
	client_opened(&t.lockd, &t.client);
}

static void end_loop(void)
{
	uv_run(&t.loop, UV_RUN_DEFAULT);
	CU_ASSERT_EQUAL(uv_loop_close(&t.loop), 0);
}

static void close_lockd(void)
{
	uv_close((uv_handle_t *)&t.awake, NULL);
	persist_close(&t.lockd.persist);
	end_loop();
	t.lockd.stopping = true;
	client_closed(&t.lockd, &t.client);
	lockd_fini(&t.lockd);
}

static void quiet(void *arg, enum hf_log_level level, const char *line)
{
	HF_UNUSED(arg);
	HF_UNUSED(level);
	HF_UNUSED(line);
}

static void setup(void)
{
	memset(&t, 0, sizeof(t));
	passed_ms = 0;
	snprintf(t.dir, sizeof(t.dir), "/tmp/hf-persist-XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(t.dir));
	t.settings = (struct settings){ .dir = t.dir,
					.durability = DURABILITY_ALWAYS,
					.max_transaction_bytes = 1 << 20,
					.script_memory_bytes = 16 << 20,
					.script_instructions = 1000000,
					.script_time_ms = 5000 };
	t.began_ms = hf_clock_ms();
	stall_init(&t.stall);
	hf_log_sink(quiet, NULL);
}

static void forget_states(void)
{
	for (int i = 0; i < t.n_states; i++)
		free(t.states[i]);
	t.n_states = 0;
}

static void teardown(void)
{
	forget_states();
	passed_ms = 0;
	disk_refuses = false;
	files_empty(t.dir);
	rmdir(t.dir);
	hf_log_sink(NULL, NULL);
}

/* ---- recovery ----------------------------------------------------------- */

/* A later holder's token is greater than any that was given before. */
static bool goes_on_above(struct keyspace *keys, int64_t fence)
{
	struct ks_change change = { .kind = KS_SET,
				    .type = KS_STRING,
				    .key = HF_SLICE("next"),
				    .value = HF_SLICE("v"),
				    .due_ms = HF_NEVER };

	keyspace_apply(keys, &change, hf_clock_ms());
	return keyspace_get(keys, change.key, hf_clock_ms()).fence > fence;
}

/* The step whose state the folder gives; -1: it is refused. */
static int recover(void)
{
	struct keyspace *keys = keyspace_new(1), *guards = keyspace_new(2);
	struct persist *persist;
	int step = -1;
	char *text;

	uv_loop_init(&t.loop);
	persist =
	    persist_open(keys, guards, &t.settings, &t.loop, durable, NULL);
	if (persist != NULL) {
		text = text_of(keys, guards);
		step = step_of(text);
		if (step < 0)
			fprintf(stderr, "never was:\n%s", text);
		CU_ASSERT_FATAL(step >= 0);
		CU_ASSERT(goes_on_above(keys, t.fences[step]));
		free(text);
		persist_close(&persist);
	}
	end_loop();
	keyspace_free(&keys);
	keyspace_free(&guards);
	return step;
}

/* Of one that is not closed: with some of the room beyond its records. */
static void read_log(struct test_file *file)
{
	files_read(t.dir, "log.1", file);
	CU_ASSERT_FATAL(file->len > 0);
}

/* Alone in its folder. */
static void write_log(const struct test_file *file)
{
	files_empty(t.dir);
	files_write(t.dir, file, file->len);
}

static int recover_from(const struct test_file *file)
{
	write_log(file);
	return recover();
}

/* Only the stall that is planned: a busy machine's own, within a step, would
 * write a record between two states. */
static bool one_stall_alone(void)
{
	bool alone;

	open_lockd();
	make_history();
	alone = keyspace_shift(t.lockd.keys) == SHORT_MS;
	close_lockd();
	return alone;
}

static void make_log(struct test_file *file)
{
	while (!one_stall_alone()) {
		forget_states();
		files_empty(t.dir);
		passed_ms = 0;
		t.began_ms = hf_clock_ms();
	}
	read_log(file);
	CU_ASSERT_FATAL(file->len < FILES_MAX);
}

static void a_whole_journal_gives_all_that_was_done(void)
{
	struct test_file file;

	make_log(&file);
	CU_ASSERT_EQUAL(recover_from(&file), t.n_states - 1);
}

struct cuts {
	struct test_file file;
	int last; /* the longest beginning that a shorter one gave */
};

static bool opens_when_cut(void *arg, size_t len)
{
	struct cuts *cuts = arg;
	int seen = recover_from(&cuts->file);

	(void)len;
	CU_ASSERT(seen == -1 || seen >= cuts->last);
	cuts->last = seen > cuts->last ? seen : cuts->last;
	return seen >= 0;
}

static void cut_anywhere_it_gives_a_beginning_of_what_was_done(void)
{
	struct cuts cuts = { .last = 0 };

	make_log(&cuts.file);
	CU_ASSERT(files_cut(&cuts.file, opens_when_cut, &cuts) > 0);
	/* Nearly all of it: a step that changes nothing is none. */
	CU_ASSERT_EQUAL(cuts.last, t.n_states - 1);
}

static void what_ends_at_its_time_needs_no_record(void)
{
	static const char *const short_ones[] = { "SET|a|me|NX|PX|1",
						  "HSET|h|f|1", "PEXPIRE|h|1",
						  "LOCK.ACQUIRE|1|x|me|PX|1" };
	uint64_t last;

	open_lockd();
	for (size_t i = 0; i < HF_LEN(short_ones); i++)
		run(short_ones[i]);
	last = persist_last(t.lockd.persist);
	let_pass(1000);
	CU_ASSERT_EQUAL(keyspace_count(t.lockd.keys), 0);
	CU_ASSERT_EQUAL(persist_last(t.lockd.persist), last);
	/* Before its time it does. */
	run("SET|a|me|PX|1000");
	last = persist_last(t.lockd.persist);
	run("PEXPIRE|a|-1");
	CU_ASSERT_EQUAL(persist_last(t.lockd.persist), last + 1);
	close_lockd();
}

static bool opens(void *arg, size_t at)
{
	(void)at;
	return recover_from(arg) >= 0;
}

static void a_flipped_byte_is_refused_or_gives_a_beginning(void)
{
	struct test_file file;

	make_log(&file);
	/* All but the last record, which may have been torn. */
	CU_ASSERT(files_flip(&file, opens, &file) < 100);
}

static int64_t left_ms(const char *key)
{
	int64_t now_ms = hf_clock_ms();
	struct ks_view view;

	stall_look(&t.stall, &t.lockd, now_ms);
	view = keyspace_get(t.lockd.keys, hf_slice_of(key), now_ms);
	return view.type == KS_NONE ? -2 : view.due_ms - now_ms;
}

static void begin_to_refuse(void)
{
	disk_refuses = true;
	run("SET|under way|v");
	while (persist_refusing(t.lockd.persist) == NULL)
		uv_run(&t.loop, UV_RUN_NOWAIT);
	stall_look(&t.stall, &t.lockd, hf_clock_ms());
}

static void heal(void)
{
	disk_refuses = false;
	sync_step();
}

static void a_refusing_disk_moves_deadlines_and_says_so_once_it_is_well(void)
{
	uint64_t said;

	open_lockd();
	t.looks = true;
	run("SET|a|me|NX|PX|10000");
	sync_step();
	begin_to_refuse();
	said = persist_last(t.lockd.persist);
	for (int i = 0; i < 5; i++) {
		passed_ms += 7000;
		CU_ASSERT(left_ms("a") > 5000);
	}
	CU_ASSERT_EQUAL(persist_last(t.lockd.persist), said);
	CU_ASSERT(t.lockd.stats.stalls >= 1);
	CU_ASSERT(t.lockd.stats.stalled_ms >= 35000);
	t.covered = 0;
	heal();
	/* What was granted is heard of when the disk knows the time it has. */
	CU_ASSERT(t.uncovered >= 1);
	CU_ASSERT(t.covered >= 1);
	passed_ms += 10000;
	CU_ASSERT_EQUAL(left_ms("a"), -2);
	close_lockd();
}

/* As a crash would leave it: the log as it is now, and a start on it. */
static void crash_and_start(void)
{
	struct test_file file;

	read_log(&file);
	close_lockd();
	write_log(&file);
	open_lockd();
	stall_init(&t.stall);
}

static void what_stood_still_is_there_after_a_crash(void)
{
	open_lockd();
	t.looks = true;
	run("SET|a|me|NX|PX|1000000");
	sync_step();
	begin_to_refuse();
	passed_ms += 2000000;
	CU_ASSERT(left_ms("a") > 900000);
	heal();
	crash_and_start();
	CU_ASSERT(left_ms("a") > 900000);
	close_lockd();
}

static void who_ran_out_before_the_disk_refused_does_not_live_again(void)
{
	open_lockd();
	t.looks = true;
	run("SET|gone|me|NX|PX|1000");
	run("SET|also|me|NX|PX|2000");
	sync_step();
	passed_ms += 5000;
	CU_ASSERT_EQUAL(left_ms("also"), -2); /* gone is not swept */
	CU_ASSERT_EQUAL(left_ms("gone"), -2);
	begin_to_refuse();
	passed_ms += 2000000;
	stall_look(&t.stall, &t.lockd, hf_clock_ms());
	heal();
	crash_and_start();
	CU_ASSERT_EQUAL(left_ms("also"), -2);
	CU_ASSERT_EQUAL(left_ms("gone"), -2);
	close_lockd();
}

static const struct hf_test tests[] = {
	HF_TEST(a_whole_journal_gives_all_that_was_done),
	HF_TEST(cut_anywhere_it_gives_a_beginning_of_what_was_done),
	HF_TEST(what_ends_at_its_time_needs_no_record),
	HF_TEST(a_refusing_disk_moves_deadlines_and_says_so_once_it_is_well),
	HF_TEST(what_stood_still_is_there_after_a_crash),
	HF_TEST(who_ran_out_before_the_disk_refused_does_not_live_again),
	HF_TEST(a_flipped_byte_is_refused_or_gives_a_beginning),
	HF_TEST_END,
};

const struct hf_suite test_persist_suite = { "lockd/persist", tests, setup,
					     teardown };
