#include "config.h"

#include "libhold/clock.h"
#include "libhold/log.h"
#include "lockd/persist.h"

#include "tests/lockd/suites.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * A small run with changes of every kind; what the state was after each is
 * kept as text. Its log, damaged in every way, must give one of these texts
 * back, or be refused.
 */
enum { AN_HOUR_MS = 3600000, STEPS_MAX = 32, LOG_MAX = 16 * 1024 };

static struct {
	char dir[64];
	uv_loop_t loop;
	struct settings settings;
	struct keyspace *keys, *guards;
	struct persist *persist;
	int64_t now_ms;
	char *after[STEPS_MAX]; /* the state after so many steps */
	int steps;
	char name[64]; /* of the run's log, and what was in it */
	char log[LOG_MAX];
	size_t log_len;
} t;

/* ---- the state as text --------------------------------------------------- */

struct lines {
	char *text[64];
	size_t n;
	int64_t shift_ms;
};

static void add_line(void *arg, struct hf_slice key, const struct ks_view *view)
{
	struct lines *lines = arg;
	int64_t due_ms =
	    view->due_ms == HF_NEVER ? 0 : view->due_ms - lines->shift_ms;

	CU_ASSERT_FATAL(lines->n < 64);
	CU_ASSERT_FATAL(asprintf(&lines->text[lines->n++],
				 "%.*s type=%d due=%lld fence=%lld %.*s\n",
				 (int)key.len, key.data, (int)view->type,
				 (long long)due_ms, (long long)view->fence,
				 (int)view->value.len, view->value.data) > 0);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void describe_space(struct hf_buf *out, struct keyspace *keys)
{
	struct lines lines = { .shift_ms = keyspace_shift(keys) };
	uint64_t cursor = 0;

	do {
		cursor = keyspace_scan(keys, cursor, 0, add_line, &lines);
	} while (cursor != 0);
	qsort(lines.text, lines.n, sizeof(lines.text[0]), by_text);
	for (size_t i = 0; i < lines.n; i++) {
		hf_buf_printf(out, "%s", lines.text[i]);
		free(lines.text[i]);
	}
}

/* The caller frees. */
static char *describe(void)
{
	struct hf_buf out;
	char *text;

	hf_buf_init(&out, 1 << 16);
	describe_space(&out, t.keys);
	hf_buf_printf(&out, "guards\n");
	describe_space(&out, t.guards);
	hf_buf_printf(&out, "last fence %lld, moved by %lld\n",
		      (long long)keyspace_last_fence(t.keys),
		      (long long)keyspace_shift(t.keys));
	hf_buf_add_char(&out, '\0');
	text = strdup(hf_buf_slice(&out).data);
	hf_buf_fini(&out);
	return text;
}

/* ---- life ---------------------------------------------------------------- */

static void durable(void *arg, uint64_t seq)
{
	HF_UNUSED(arg);
	HF_UNUSED(seq);
}

static bool start(void)
{
	uv_loop_init(&t.loop);
	t.keys = keyspace_new(7);
	t.guards = keyspace_new(7);
	t.persist =
	    persist_open(t.keys, t.guards, &t.settings, &t.loop, durable, NULL);
	return t.persist != NULL;
}

static void stop(void)
{
	persist_close(&t.persist);
	uv_run(&t.loop, UV_RUN_DEFAULT);
	CU_ASSERT_EQUAL(uv_loop_close(&t.loop), 0);
	keyspace_free(&t.keys);
	keyspace_free(&t.guards);
}

static void path_of(char out[400], const char *name)
{
	snprintf(out, 400, "%s/%s", t.dir, name);
}

static void empty_dir(void)
{
	DIR *dir = opendir(t.dir);
	struct dirent *entry;
	char path[400];

	while ((entry = readdir(dir)) != NULL) {
		path_of(path, entry->d_name);
		unlink(path); /* "." and ".." refuse */
	}
	closedir(dir);
}

static void quiet(void *arg, enum hf_log_level level, const char *line)
{
	HF_UNUSED(arg);
	HF_UNUSED(level);
	HF_UNUSED(line);
}

/* In memory where there is such a folder: thousands of starts sync there. */
static void setup(void)
{
	memset(&t, 0, sizeof(t));
	snprintf(t.dir, sizeof(t.dir), "%s/hf-persist-XXXXXX",
		 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(t.dir));
	t.settings.dir = t.dir;
	t.settings.durability = DURABILITY_ALWAYS;
	t.now_ms = hf_clock_ms();
	hf_log_sink(quiet, NULL);
}

static void teardown(void)
{
	for (int i = 0; i < t.steps; i++)
		free(t.after[i]);
	empty_dir();
	rmdir(t.dir);
	hf_log_sink(NULL, NULL);
}

/* ---- the run ------------------------------------------------------------- */

static void change(struct keyspace *keys, enum ks_kind kind, enum ks_type type,
		   const char *key, const char *value, int64_t due_ms)
{
	const struct ks_change made = { .kind = kind,
					.type = type,
					.key = hf_slice_of(key),
					.value = hf_slice_of(value),
					.due_ms = due_ms };

	CU_ASSERT_TRUE(keyspace_apply(keys, &made, t.now_ms));
}

static void change_number(enum ks_kind kind, int64_t due_ms, int64_t fence)
{
	const struct ks_change made = { .kind = kind,
					.due_ms = due_ms,
					.fence = fence };

	keyspace_apply(t.keys, &made, t.now_ms);
}

static void keep_state(void)
{
	CU_ASSERT_FATAL(t.steps < STEPS_MAX);
	t.after[t.steps++] = describe();
}

static void lock(void)
{
	change(t.keys, KS_SET, KS_STRING, "lock", "me", t.now_ms + AN_HOUR_MS);
}

static void extend(void)
{
	change(t.keys, KS_DUE, KS_NONE, "lock", "", t.now_ms + 2 * AN_HOUR_MS);
}

static void hash(void)
{
	change(t.keys, KS_SET, KS_HASH, "hash", "fields", t.now_ms + 5000);
}

static void holders(void)
{
	change(t.keys, KS_SET, KS_LOCK, "shared", "holders", HF_NEVER);
}

static void guard(void)
{
	change(t.guards, KS_SET, KS_STRING, "door", "17", HF_NEVER);
}

/* Several keys at once, one of them away and another with a new owner. */
static void transaction(void)
{
	change(t.keys, KS_DELETE, KS_NONE, "lock", "", HF_NEVER);
	change(t.keys, KS_SET, KS_STRING, "lock", "you", t.now_ms + 9000);
	change(t.keys, KS_SET, KS_LOCK, "shared", "fewer", HF_NEVER);
	change(t.keys, KS_SET, KS_STRING, "other", "", HF_NEVER);
}

static void raise_fence(void)
{
	change_number(KS_FENCE, 0, 1000000);
}

static void shift(void)
{
	change_number(KS_SHIFT, 250, 0);
}

static void expire(void)
{
	CU_ASSERT_EQUAL(keyspace_expire(t.keys, t.now_ms + 6000, 1), 1);
}

static void flush(void)
{
	change_number(KS_FLUSH, 0, 0);
}

static void read_log(void)
{
	char path[400];
	int fd;
	ssize_t n;

	path_of(path, t.name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	CU_ASSERT_FATAL(fd >= 0);
	n = read(fd, t.log, sizeof(t.log));
	close(fd);
	CU_ASSERT_FATAL(n > 0);
	t.log_len = (size_t)n;
	while (t.log_len > 0 && t.log[t.log_len - 1] == '\0')
		t.log_len--; /* written ahead */
}

static void find_log(void)
{
	DIR *dir = opendir(t.dir);
	struct dirent *entry;

	while ((entry = readdir(dir)) != NULL) {
		if (strncmp(entry->d_name, "log.", 4) == 0)
			snprintf(t.name, sizeof(t.name), "%.60s",
				 entry->d_name);
	}
	closedir(dir);
}

static void run(void)
{
	static void (*const steps[])(void) = {
		lock,        extend,      hash,  holders, guard, lock, expire,
		transaction, raise_fence, shift, holders, flush, lock,
	};

	CU_ASSERT_FATAL(start());
	keep_state();
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		persist_begin(t.persist);
		steps[i]();
		persist_end(t.persist);
		keep_state();
	}
	stop();
	find_log();
	read_log();
}

/* ---- damage -------------------------------------------------------------- */

static void write_log(const char *bytes, size_t len)
{
	char path[400];
	int fd;

	empty_dir();
	path_of(path, t.name);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT_EQUAL_FATAL(write(fd, bytes, len), (ssize_t)len);
	close(fd);
}

enum { REFUSED = -1, INVENTED = -2 };

/* After how many steps the state was what a start makes of the log. */
static int recovered(void)
{
	int found = REFUSED;

	if (start()) {
		char *text = describe();

		found = t.steps - 1;
		while (found >= 0 && strcmp(text, t.after[found]) != 0)
			found--;
		if (found < 0)
			found = INVENTED;
		free(text);
		stop();
		return found;
	}
	CU_ASSERT_EQUAL(uv_loop_close(&t.loop), 0);
	keyspace_free(&t.keys);
	keyspace_free(&t.guards);
	return found;
}

static void a_log_that_is_whole_gives_the_last_state(void)
{
	run();
	write_log(t.log, t.log_len);
	CU_ASSERT_EQUAL(recovered(), t.steps - 1);
}

static void a_log_cut_anywhere_gives_a_state_that_was(void)
{
	int last = -1;

	run();
	for (size_t len = 0; len <= t.log_len; len++) {
		int found;

		write_log(t.log, len);
		found = recovered();
		CU_ASSERT_NOT_EQUAL(found, INVENTED);
		if (found < 0)
			continue;         /* not even a header is left */
		CU_ASSERT(found >= last); /* no more gives no less */
		last = found;
	}
	CU_ASSERT_EQUAL(last, t.steps - 1);
}

static void a_flipped_byte_gives_a_state_that_was_or_is_refused(void)
{
	run();
	for (size_t i = 0; i < t.log_len; i++) {
		t.log[i] ^= (char)0xff;
		write_log(t.log, t.log_len);
		t.log[i] ^= (char)0xff;
		CU_ASSERT_NOT_EQUAL(recovered(), INVENTED);
	}
}

static const struct hf_test tests[] = {
	HF_TEST(a_log_that_is_whole_gives_the_last_state),
	HF_TEST(a_log_cut_anywhere_gives_a_state_that_was),
	HF_TEST(a_flipped_byte_gives_a_state_that_was_or_is_refused),
	HF_TEST_END,
};

const struct hf_suite test_persist_suite = { "lockd/persist", tests, setup,
					     teardown };
