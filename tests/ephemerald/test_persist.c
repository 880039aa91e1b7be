#include "config.h"

#include "ephemerald/persist.h"
#include "libhold/log.h"

#include "tests/ephemerald/suites.h"
#include "tests/ephemerald/world.h"
#include "tests/support/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * Thousands of starts on damaged files: waiting for the disk at each would
 * take minutes, and no power is cut here.
 */
int fdatasync(int fd)
{
	HF_UNUSED(fd);
	return 0;
}

int fsync(int fd)
{
	HF_UNUSED(fd);
	return 0;
}

/* Nor is it worth while to take room for what they write. */
int fallocate(int fd, int mode, off_t offset, off_t len)
{
	HF_UNUSED(fd);
	HF_UNUSED(mode);
	HF_UNUSED(offset);
	HF_UNUSED(len);
	errno = EOPNOTSUPP;
	return -1;
}

enum { CHANGES = 14, STATES_MAX = 40 };

static struct {
	char dir[64];
	struct settings settings;
	uv_loop_t loop;
	uv_timer_t alive; /* as a server's listener: keeps the loop going */
	struct persist *persist;
	struct world w;
	char *states[STATES_MAX]; /* all that ever were, as text */
	size_t n_states;
	unsigned chance;
	uint64_t durable_seq;
} t;

static void durable(void *arg, uint64_t seq)
{
	HF_UNUSED(arg);
	t.durable_seq = seq;
}

static void quiet(void *arg, enum hf_log_level level, const char *line)
{
	HF_UNUSED(arg);
	HF_UNUSED(level);
	HF_UNUSED(line);
}

/* ---- a server's life ------------------------------------------------------
 */

static void nothing(uv_timer_t *timer)
{
	HF_UNUSED(timer);
}

static bool start(void)
{
	world_init(&t.w);
	t.w.db.record = NULL;
	t.durable_seq = 0;
	uv_loop_init(&t.loop);
	uv_timer_init(&t.loop, &t.alive);
	uv_timer_start(&t.alive, nothing, 3600000, 0);
	t.persist = persist_open(&t.w.db, &t.settings, &t.loop, durable, NULL);
	return t.persist != NULL;
}

static void stop(void)
{
	uv_timer_stop(&t.alive);
	uv_run(&t.loop, UV_RUN_DEFAULT); /* until nothing is under way */
	CU_ASSERT_EQUAL(persist_close(&t.persist), 0);
	uv_close((uv_handle_t *)&t.alive, NULL);
	uv_run(&t.loop, UV_RUN_DEFAULT);
	CU_ASSERT_EQUAL(uv_loop_close(&t.loop), 0);
	world_fini(&t.w);
}

static void remember(void)
{
	CU_ASSERT_FATAL(t.n_states < STATES_MAX);
	t.states[t.n_states++] = strdup(world_text(&t.w.db));
}

/* Was the state ever as it is now? */
static bool was_so(void)
{
	const char *now = world_text(&t.w.db);

	for (size_t i = 0; i < t.n_states; i++) {
		if (strcmp(t.states[i], now) == 0)
			return true;
	}
	return false;
}

static void change(void)
{
	world_change_something(&t.w, &t.chance);
	remember();
}

/* What a reply waits for that tells of no later change. */
static uint64_t wait_for(int64_t zxid)
{
	return persist_wait_for(t.persist, zxid);
}

static void wait_for_disk(void)
{
	for (int i = 0; i < 20000 && wait_for(INT64_MAX) > 0; i++) {
		uv_run(&t.loop, UV_RUN_NOWAIT);
		usleep(20);
	}
	CU_ASSERT_EQUAL(wait_for(INT64_MAX), 0);
}

static void setup(void)
{
	memset(&t, 0, sizeof(t));
	t.chance = 4;
	snprintf(t.dir, sizeof(t.dir), "/tmp/hf-persist-XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(t.dir));
	t.settings.dir = t.dir;
	t.settings.durability = DURABILITY_ALWAYS;
	hf_log_sink(quiet, NULL);
}

static void teardown(void)
{
	files_empty(t.dir);
	rmdir(t.dir);
	hf_log_sink(NULL, NULL);
	for (size_t i = 0; i < t.n_states; i++)
		free(t.states[i]);
}

/* ---- files ----------------------------------------------------------------
 */

/* All of the folder. */
static struct test_file files[4];

/* Reads all files; gives the one whose name begins so. */
static struct test_file *read_dir(const char *prefix)
{
	DIR *dir = opendir(t.dir);
	struct test_file *found = NULL;
	struct dirent *entry;
	size_t n = 0;

	memset(files, 0, sizeof(files));
	while ((entry = readdir(dir)) != NULL) {
		struct test_file *file;

		if (entry->d_name[0] != 'l' && entry->d_name[0] != 's')
			continue;
		CU_ASSERT_FATAL(n < HF_LEN(files));
		file = &files[n++];
		files_read(t.dir, entry->d_name, file);
		CU_ASSERT_FATAL(file->len < FILES_MAX);
		if (strncmp(file->name, prefix, strlen(prefix)) == 0)
			found = file;
	}
	closedir(dir);
	CU_ASSERT_PTR_NOT_NULL_FATAL(found);
	return found;
}

/* Started on the files, it refuses or has a state that was. */
static bool starts(void)
{
	bool good;

	files_empty(t.dir);
	for (size_t i = 0; i < HF_LEN(files); i++) {
		if (files[i].name[0] != '\0')
			files_write(t.dir, &files[i], files[i].len);
	}
	good = start();
	if (good)
		CU_ASSERT_TRUE(was_so());
	stop();
	return good;
}

static bool starts_damaged(void *arg, size_t at)
{
	(void)arg;
	(void)at;
	return starts();
}

/* ---- tests ------------------------------------------------------------------
 */

static void what_was_changed_is_there_after_each_start(void)
{
	for (int i = 0; i < STATES_MAX - 1; i++) {
		CU_ASSERT_FATAL(start());
		if (i > 0)
			CU_ASSERT_STRING_EQUAL(world_text(&t.w.db),
					       t.states[t.n_states - 1]);
		change();
		if (i % 2 == 0)
			wait_for_disk();
		stop();
	}
}

static void a_log_that_is_cut_or_flipped_gives_what_was_or_nothing(void)
{
	struct test_file *log;

	CU_ASSERT_FATAL(start());
	remember();
	for (int i = 0; i < CHANGES; i++) {
		change();
		if (i % 4 == 3)
			wait_for_disk();
	}
	stop();
	log = read_dir("log.1");
	CU_ASSERT_TRUE(starts());
	/* Cut behind a record, as a crash does it, it starts. */
	CU_ASSERT(files_cut(log, starts_damaged, NULL) > 0);
	/* Most of it was known to be on disk: then it refuses. */
	CU_ASSERT(files_flip(log, starts_damaged, NULL) < log->len);
}

/* Many starts make many logs, and so a snapshot. */
static void make_snapshot(void)
{
	for (int i = 0; i < 17; i++) {
		CU_ASSERT_FATAL(start());
		change();
		stop();
	}
	CU_ASSERT_FATAL(start());
	remember();
	for (int i = 0; i < 20000 && persist_counts(t.persist)->snapshots == 0;
	     i++) {
		uv_run(&t.loop, UV_RUN_NOWAIT);
		usleep(50);
	}
	CU_ASSERT_EQUAL_FATAL(persist_counts(t.persist)->snapshots, 1);
	stop();
}

static void a_snapshot_that_is_cut_or_flipped_is_refused(void)
{
	struct test_file *snapshot;

	make_snapshot();
	snapshot = read_dir("snapshot.");
	CU_ASSERT_TRUE(starts());
	CU_ASSERT_EQUAL(files_cut(snapshot, starts_damaged, NULL), 0);
	CU_ASSERT_EQUAL(files_flip(snapshot, starts_damaged, NULL), 0);
}

static void sessions_come_back_with_their_passwords(void)
{
	struct session *session;

	CU_ASSERT_FATAL(start());
	world_session(&t.w, 7);
	world_create(&t.w, "/mine", ZK_EPHEMERAL);
	stop();
	CU_ASSERT_FATAL(start());
	session = session_find(t.w.db.sessions, 7);
	CU_ASSERT_PTR_NOT_NULL_FATAL(session);
	CU_ASSERT_TRUE(
	    session_password_is(session, HF_SLICE("0123456789abcdef")));
	CU_ASSERT_EQUAL(ztree_count_owned(t.w.db.tree, 7), 1);
	stop();
}

static int64_t settled_zxid(void)
{
	return persist_settled_zxid(t.persist, &t.w.db);
}

static void a_reply_waits_for_what_it_tells_of_and_no_more(void)
{
	int64_t settled, first, second;

	CU_ASSERT_FATAL(start());
	world_create(&t.w, "/settled", ZK_PERSISTENT);
	settled = t.w.db.zxid;
	CU_ASSERT(wait_for(settled) > t.durable_seq);
	wait_for_disk();
	world_create(&t.w, "/first", ZK_PERSISTENT);
	first = t.w.db.zxid;
	world_create(&t.w, "/second", ZK_PERSISTENT);
	second = t.w.db.zxid;
	CU_ASSERT_EQUAL(wait_for(0), 0);
	CU_ASSERT_EQUAL(wait_for(settled), 0);
	CU_ASSERT_EQUAL(wait_for(first), t.durable_seq + 1);
	CU_ASSERT_EQUAL(wait_for(second), t.durable_seq + 2);
	wait_for_disk();
	CU_ASSERT_EQUAL(wait_for(second), 0);
	stop();
}

/* What a change that failed was told has no record, and yet counts. */
static void the_last_number_that_may_be_told_never_goes_back(void)
{
	int64_t failed;

	CU_ASSERT_FATAL(start());
	CU_ASSERT_EQUAL(settled_zxid(), t.w.db.zxid);
	world_create(&t.w, "/a", ZK_PERSISTENT);
	CU_ASSERT_EQUAL(settled_zxid(), t.w.db.zxid - 1);
	wait_for_disk();
	world_create(&t.w, "/a", ZK_PERSISTENT);
	failed = t.w.db.zxid;
	CU_ASSERT_EQUAL(settled_zxid(), failed);
	world_create(&t.w, "/b", ZK_PERSISTENT);
	CU_ASSERT_EQUAL(settled_zxid(), failed);
	world_create(&t.w, "/a", ZK_PERSISTENT);
	CU_ASSERT_EQUAL(wait_for(t.w.db.zxid), wait_for(failed + 1));
	wait_for_disk();
	CU_ASSERT_EQUAL(settled_zxid(), t.w.db.zxid);
	stop();
}

/* A session's new timeout has no number of its own. */
static void a_record_without_a_number_holds_up_later_numbers_only(void)
{
	int64_t last;

	CU_ASSERT_FATAL(start());
	world_create(&t.w, "/a", ZK_PERSISTENT);
	wait_for_disk();
	last = t.w.db.zxid;
	txn_renew_session(&t.w.db, world_session(&t.w, 7));
	CU_ASSERT_EQUAL(settled_zxid(), last);
	CU_ASSERT_EQUAL(wait_for(last), 0);
	CU_ASSERT(wait_for(last + 1) > 0);
	stop();
}

/* How far numbers may go is on disk before one of them is told. */
static void everysec_waits_for_numbers_that_could_come_again(void)
{
	int64_t before;

	t.settings.durability = DURABILITY_EVERYSEC;
	CU_ASSERT_FATAL(start());
	before = t.w.db.zxid;
	world_create(&t.w, "/a", ZK_PERSISTENT);
	CU_ASSERT_EQUAL(settled_zxid(), before);
	CU_ASSERT_EQUAL(wait_for(before), 0);
	CU_ASSERT(wait_for(before + 1) > t.durable_seq);
	wait_for_disk();
	world_create(&t.w, "/b", ZK_PERSISTENT);
	CU_ASSERT_EQUAL(settled_zxid(), t.w.db.zxid);
	stop();
}

static void a_number_never_comes_again_but_none_is_left_out_for_nothing(void)
{
	int64_t last;

	CU_ASSERT_FATAL(start());
	world_create(&t.w, "/a", ZK_PERSISTENT);
	for (int i = 0; i < 10; i++)
		world_create(&t.w, "/a", ZK_PERSISTENT);
	last = t.w.db.zxid;
	stop();
	CU_ASSERT_FATAL(start());
	CU_ASSERT_EQUAL(t.w.db.zxid, last);
	stop();
}

static const struct hf_test tests[] = {
	HF_TEST(what_was_changed_is_there_after_each_start),
	HF_TEST(a_log_that_is_cut_or_flipped_gives_what_was_or_nothing),
	HF_TEST(a_snapshot_that_is_cut_or_flipped_is_refused),
	HF_TEST(sessions_come_back_with_their_passwords),
	HF_TEST(a_reply_waits_for_what_it_tells_of_and_no_more),
	HF_TEST(the_last_number_that_may_be_told_never_goes_back),
	HF_TEST(a_record_without_a_number_holds_up_later_numbers_only),
	HF_TEST(everysec_waits_for_numbers_that_could_come_again),
	HF_TEST(a_number_never_comes_again_but_none_is_left_out_for_nothing),
	HF_TEST_END,
};

const struct hf_suite test_persist_suite = { "ephemerald/persist", tests, setup,
					     teardown };
