#include "config.h"

#include "libhold/clock.h"
#include "libhold/journal.h"
#include "libhold/log.h"

#include "tests/libhold/faults.h"
#include "tests/libhold/suites.h"
#include "tests/support/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * The state under test is a few numbered cells; a record is "cell=value", so
 * replaying one twice is harmless. What the state was after each change is
 * kept, to tell whether recovery gave one of these and which.
 */
enum { CELLS = 6, CHANGES_MAX = 400 };

struct state {
	int cells[CELLS];
};

static struct {
	char dir[64];
	uv_loop_t loop;
	uv_timer_t alive; /* as a server's listener: keeps the loop going */
	struct journal *journal;
	struct journal_conf conf;
	struct state state;
	struct state after[CHANGES_MAX + 1];
	int changes;       /* made in this test */
	int acked;         /* changes that are known to be on disk */
	int next_cell;     /* of the snapshot under way */
	char warning[300]; /* the last */
	unsigned seed;
} t;

/* ---- the program on the journal ----------------------------------------- */

static int load(void *arg, const struct journal_header *header,
		struct hf_slice record)
{
	char text[32] = "";
	int cell, value;

	HF_UNUSED(arg);
	CU_ASSERT_STRING_EQUAL(header->app, "test");
	if (record.len >= sizeof(text))
		return -1;
	memcpy(text, record.data, record.len);
	if (sscanf(text, "%d=%d", &cell, &value) != 2 || cell < 0 ||
	    cell >= CELLS)
		return -1;
	t.state.cells[cell] = value;
	return 0;
}

static void durable(void *arg, uint64_t seq)
{
	HF_UNUSED(arg);
	if (!faults_dead())
		t.acked = t.changes - (int)(journal_last(t.journal) - seq);
}

static struct hf_slice record_of(char text[32], int cell)
{
	return (struct hf_slice){ text,
				  (size_t)snprintf(text, 32, "%d=%d", cell,
						   t.state.cells[cell]) };
}

static bool snapshot(void *arg, bool first)
{
	char text[32];

	HF_UNUSED(arg);
	if (first)
		t.next_cell = 0;
	journal_snapshot_add(t.journal, record_of(text, t.next_cell));
	return ++t.next_cell == CELLS;
}

static void change(void)
{
	int cell = (int)((unsigned)rand_r(&t.seed) % CELLS);
	char text[32];

	t.state.cells[cell] = ++t.changes;
	t.after[t.changes] = t.state;
	journal_add(t.journal, record_of(text, cell));
}

/* ---- life --------------------------------------------------------------- */

static void nothing(uv_timer_t *timer)
{
	HF_UNUSED(timer);
}

static bool open_journal(void)
{
	static const struct journal_ops ops = { load, durable, snapshot };

	memset(&t.state, 0, sizeof(t.state));
	uv_loop_init(&t.loop);
	t.journal = journal_open(&t.conf, &ops, NULL, &t.loop);
	if (t.journal == NULL)
		return false;
	uv_timer_init(&t.loop, &t.alive);
	uv_timer_start(&t.alive, nothing, 3600000, 0);
	return true;
}

/* Until nothing is under way any more. */
static void stop_loop(void)
{
	uv_timer_stop(&t.alive);
	uv_run(&t.loop, UV_RUN_DEFAULT);
}

static void end_journal(void)
{
	journal_close(&t.journal);
	CU_ASSERT_PTR_NULL(t.journal);
	uv_close((uv_handle_t *)&t.alive, NULL);
	uv_run(&t.loop, UV_RUN_DEFAULT);
	CU_ASSERT_EQUAL(uv_loop_close(&t.loop), 0);
}

/* Also what is left of a journal whose machine is dead. */
static void close_journal(void)
{
	stop_loop();
	end_journal();
}

static void turn(void)
{
	uv_run(&t.loop, UV_RUN_NOWAIT);
}

static void wait_acked(void)
{
	for (int i = 0; t.acked < t.changes && i < 20000; i++) {
		turn();
		if (t.acked < t.changes)
			usleep(500);
	}
	CU_ASSERT_EQUAL(t.acked, t.changes);
}

/* After how many changes the state was as it is now; -1: never. */
static int changes_seen(void)
{
	for (int i = t.changes; i >= 0; i--) {
		if (memcmp(&t.after[i], &t.state, sizeof(t.state)) == 0)
			return i;
	}
	return -1;
}

static void quiet(void *arg, enum hf_log_level level, const char *line)
{
	HF_UNUSED(arg);
	if (level >= HF_LOG_WARN)
		snprintf(t.warning, sizeof(t.warning), "%s", line);
}

static void setup(void)
{
	memset(&t, 0, sizeof(t));
	t.seed = 7;
	snprintf(t.dir, sizeof(t.dir), "/tmp/hf-journal-XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(t.dir));
	t.conf = (struct journal_conf){ .dir = t.dir,
					.app = "test",
					.app_version = 3,
					.sync = JOURNAL_ALWAYS,
					.compact_bytes = 1 << 20 };
	faults_set(FAULT_NONE, 0, 0, 0);
	hf_log_sink(quiet, NULL);
}

static void path_of(char out[400], const char *name)
{
	snprintf(out, 400, "%s/%s", t.dir, name);
}

static void teardown(void)
{
	faults_set(FAULT_NONE, 0, 0, 0);
	files_empty(t.dir);
	rmdir(t.dir);
	hf_log_sink(NULL, NULL);
}

static void make_changes(int n)
{
	for (int i = 0; i < n; i++) {
		change();
		if (rand_r(&t.seed) % 3 == 0)
			turn();
	}
}

static void an_empty_folder_is_an_empty_state(void)
{
	char path[400];
	struct stat st;

	rmdir(t.dir);
	CU_ASSERT_FATAL(open_journal());
	CU_ASSERT_EQUAL(changes_seen(), 0);
	close_journal();
	CU_ASSERT_EQUAL(stat(t.dir, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 0777, 0700);
	path_of(path, "log.1");
	CU_ASSERT_EQUAL(stat(path, &st), 0);
	CU_ASSERT_EQUAL(st.st_size, JOURNAL_HEADER_BYTES);
}

static void what_was_added_is_there_after_each_restart(void)
{
	for (int i = 1; i < 30; i++) {
		CU_ASSERT_FATAL(open_journal());
		CU_ASSERT_EQUAL(changes_seen(), t.changes);
		make_changes(5);
		if (i % 2 == 0)
			wait_acked();
		close_journal();
	}
}

static void snapshots_shorten_what_is_read(void)
{
	DIR *dir;
	struct dirent *entry;
	int files = 0;

	t.conf.compact_bytes = 400;
	CU_ASSERT_FATAL(open_journal());
	for (int i = 0; i < CHANGES_MAX / 20; i++) {
		make_changes(20);
		wait_acked();
	}
	CU_ASSERT(journal_counts(t.journal)->snapshots > 1);
	CU_ASSERT(journal_counts(t.journal)->pieces_us.total > 1);
	close_journal();
	CU_ASSERT_FATAL(open_journal());
	CU_ASSERT_EQUAL(changes_seen(), CHANGES_MAX);
	CU_ASSERT(journal_counts(t.journal)->loaded < CHANGES_MAX / 2);
	close_journal();
	dir = opendir(t.dir);
	while ((entry = readdir(dir)) != NULL)
		files += entry->d_name[0] == 'l' || entry->d_name[0] == 's';
	closedir(dir);
	CU_ASSERT(files <= 6);
}

static void a_folder_is_for_one_process(void)
{
	struct journal *mine;

	CU_ASSERT_FATAL(open_journal());
	mine = t.journal;
	CU_ASSERT_PTR_NULL(journal_open(
	    &t.conf, &(struct journal_ops){ .load = load }, NULL, &t.loop));
	t.journal = mine;
	close_journal();
}

static void another_programs_journal_is_refused(void)
{
	CU_ASSERT_FATAL(open_journal());
	make_changes(3);
	close_journal();
	t.conf.app_version = 4;
	CU_ASSERT_FALSE(open_journal());
	uv_loop_close(&t.loop);
}

/* ---- crashes ------------------------------------------------------------ */

/* Until the disk has been asked for something. */
static void wait_more_calls(int calls)
{
	for (int i = 0; i < 20000 && faults_calls() == calls; i++) {
		turn();
		usleep(50);
	}
}

/* A run that dies at its nth call; false when it came to its end alive. */
static bool run_and_die(enum fault fault, int nth)
{
	t.changes = t.acked = 0;
	memset(t.after, 0, sizeof(t.after));
	files_empty(t.dir);
	faults_set(fault, nth, 0, (unsigned)nth);
	if (open_journal()) {
		make_changes(60);
		for (int i = 0; i < 50 && !faults_dead(); i++) {
			int calls = faults_calls();

			make_changes(2);
			wait_more_calls(calls);
		}
		close_journal();
	} else {
		uv_loop_close(&t.loop);
	}
	return faults_dead();
}

static void dies_anywhere(enum fault fault)
{
	int nth = 1, seen;

	t.conf.compact_bytes = 600;
	for (; nth < 2000 && run_and_die(fault, nth); nth++) {
		faults_set(FAULT_NONE, 0, 0, 0);
		CU_ASSERT_FATAL(open_journal());
		seen = changes_seen();
		CU_ASSERT(seen >= t.acked);
		close_journal();
		/* And it goes on from there. */
		CU_ASSERT_FATAL(open_journal());
		CU_ASSERT_EQUAL(changes_seen(), seen);
		close_journal();
	}
	CU_ASSERT(nth > 30);
	CU_ASSERT(nth < 2000);
}

static void a_kill_at_any_call_loses_nothing_acknowledged(void)
{
	dies_anywhere(FAULT_KILL);
}

static void a_power_cut_at_any_call_loses_nothing_acknowledged(void)
{
	dies_anywhere(FAULT_POWER);
}

static void a_power_cut_in_everysec_gives_a_state_that_was(void)
{
	t.conf.sync = JOURNAL_EVERYSEC;
	dies_anywhere(FAULT_POWER);
}

/* ---- a disk that fails -------------------------------------------------- */

static void fails_and_heals(enum fault fault)
{
	t.conf.compact_bytes = 600;
	CU_ASSERT_FATAL(open_journal());
	make_changes(20);
	wait_acked();
	faults_set(fault, 1, 2, 0);
	make_changes(20);
	for (int i = 0; journal_refusing(t.journal) == NULL && i < 2000; i++) {
		turn();
		usleep(500);
	}
	CU_ASSERT_PTR_NOT_NULL(journal_refusing(t.journal));
	CU_ASSERT(t.acked < t.changes);
	wait_acked();
	CU_ASSERT_PTR_NULL(journal_refusing(t.journal));
	CU_ASSERT(journal_counts(t.journal)->failures >= 1);
	make_changes(20);
	wait_acked();
	faults_set(FAULT_NONE, 0, 0, 0);
	close_journal();
	CU_ASSERT_FATAL(open_journal());
	CU_ASSERT_EQUAL(changes_seen(), t.changes);
	close_journal();
}

static void a_full_disk_is_waited_for(void)
{
	fails_and_heals(FAULT_WRITE);
}

static void what_a_failed_sync_lost_is_written_again(void)
{
	fails_and_heals(FAULT_SYNC);
}

static void in_everysec_too(void)
{
	t.conf.sync = JOURNAL_EVERYSEC;
	fails_and_heals(FAULT_SYNC);
}

/* ---- damage ------------------------------------------------------------- */

/*
 * Opens the damaged folder: it is refused, or gives a state that was. How many
 * changes that had, or -1.
 */
static int open_damaged(void)
{
	int seen = -1;

	if (!open_journal()) {
		uv_loop_close(&t.loop);
		return -1;
	}
	seen = changes_seen();
	CU_ASSERT(seen >= 0);
	close_journal();
	return seen;
}

static void wait_snapshot(void)
{
	for (int i = 0; i < 20000 && journal_counts(t.journal)->snapshots == 0;
	     i++) {
		turn();
		usleep(100);
	}
	CU_ASSERT(journal_counts(t.journal)->snapshots > 0);
}

/* A folder with snapshot.2, log.2 and log.3: made by two lives. */
static void make_folder(struct test_file files[3])
{
	t.conf.compact_bytes = 500;
	CU_ASSERT_FATAL(open_journal());
	t.conf.compact_bytes = 1 << 20; /* one snapshot, and no more */
	make_changes(60);
	wait_snapshot();
	make_changes(5);
	wait_acked();
	close_journal();
	CU_ASSERT_FATAL(open_journal());
	for (int i = 0; i < 5; i++) {
		change();
		wait_acked();
	}
	close_journal();
	files_read(t.dir, "snapshot.2", &files[0]);
	files_read(t.dir, "log.2", &files[1]);
	files_read(t.dir, "log.3", &files[2]);
}

static const char *const names[] = { "snapshot.2", "log.2", "log.3" };

static void restore(struct test_file files[3])
{
	files_empty(t.dir);
	for (int i = 0; i < 3; i++)
		files_write(t.dir, &files[i], files[i].len);
}

struct damaged {
	struct test_file files[3];
	int which; /* of them is damaged */
};

static bool opens_when_cut(void *arg, size_t len)
{
	struct damaged *d = arg;
	int seen;

	(void)len;
	restore(d->files);
	seen = open_damaged();
	CU_ASSERT(d->which < 2 || seen >= t.changes - 5);
	return seen >= 0;
}

static void a_file_cut_anywhere_gives_a_state_that_was_or_is_refused(void)
{
	struct damaged d;

	make_folder(d.files);
	for (d.which = 0; d.which < 3; d.which++) {
		struct test_file *file = &d.files[d.which];
		size_t opened = files_cut(file, opens_when_cut, &d);

		/* Only the last log may have been torn. */
		CU_ASSERT_EQUAL(opened, d.which == 2 ? file->len : 0);
	}
}

static bool opens_when_flipped(void *arg, size_t at)
{
	struct damaged *d = arg;
	int seen;

	(void)at;
	restore(d->files);
	seen = open_damaged();
	CU_ASSERT(d->which == 2 || seen == -1);
	CU_ASSERT(seen < t.changes);
	return seen >= 0;
}

static void a_flipped_byte_gives_a_state_that_was_or_is_refused(void)
{
	struct damaged d;

	make_folder(d.files);
	for (d.which = 0; d.which < 3; d.which++) {
		struct test_file *file = &d.files[d.which];

		/* All but the last record, which may have been torn. */
		CU_ASSERT(files_flip(file, opens_when_flipped, &d) < file->len);
	}
}

static void repair_keeps_what_can_be_read(void)
{
	struct test_file files[3];

	make_folder(files);
	files[2].bytes[JOURNAL_HEADER_BYTES + JOURNAL_RECORD_HEAD_BYTES] ^= 1;
	restore(files);
	CU_ASSERT_EQUAL(open_damaged(), -1);
	t.conf.repair = true;
	CU_ASSERT_EQUAL(open_damaged(), t.changes - 5);
	t.conf.repair = false;
	CU_ASSERT_EQUAL(open_damaged(), t.changes - 5);
}

static void a_missing_file_is_refused(void)
{
	struct test_file files[3];
	char path[400];

	make_folder(files);
	for (int i = 0; i < 3; i++) {
		restore(files);
		path_of(path, names[i]);
		unlink(path);
		/* Of the newest log nothing can be known. */
		CU_ASSERT_EQUAL(open_damaged() == -1, i < 2);
	}
}

/* A folder with snapshot.2 and its log.2, which has more than that needs. */
static void make_young_folder(struct test_file files[2])
{
	t.conf.compact_bytes = 500;
	CU_ASSERT_FATAL(open_journal());
	t.conf.compact_bytes = 1 << 20;
	make_changes(60);
	for (int i = 0; i < 20000 && journal_counts(t.journal)->snapshots == 0;
	     i++) {
		turn();
		change();
		usleep(100);
		CU_ASSERT_FATAL(t.changes < CHANGES_MAX - 5);
	}
	for (int i = 0; i < 5; i++) {
		change();
		wait_acked();
	}
	close_journal();
	files_read(t.dir, "snapshot.2", &files[0]);
	files_read(t.dir, "log.2", &files[1]);
}

static void less_log_than_its_snapshot_has_seen_is_refused(void)
{
	struct test_file files[2];
	int seen, refused = 0;

	make_young_folder(files);
	for (size_t len = 0; len <= files[1].len; len++) {
		files_empty(t.dir);
		files_write(t.dir, &files[0], files[0].len);
		files_write(t.dir, &files[1], len);
		seen = open_damaged();
		refused += seen < 0;
		CU_ASSERT(len < files[1].len || seen == t.changes);
	}
	/* Nothing it has seen: a header and the mark, at least. */
	CU_ASSERT(refused >= JOURNAL_HEADER_BYTES + JOURNAL_RECORD_HEAD_BYTES);
}

/* Whatever was broken: one start with repair, and then it is whole. */
static void a_repaired_folder_needs_no_more_repair(void)
{
	struct test_file files[3];
	char path[400];
	struct state repaired;

	make_folder(files);
	for (int i = 0; i < 6; i++) {
		restore(files);
		path_of(path, names[i % 3]);
		files[i % 3].bytes[8] ^= 1; /* its header */
		files_write(t.dir, &files[i % 3], files[i % 3].len);
		files[i % 3].bytes[8] ^= 1;
		if (i >= 3)
			unlink(path);
		CU_ASSERT_EQUAL(open_damaged() < 0, i != 5);
		t.conf.repair = true;
		CU_ASSERT_FATAL(open_journal());
		repaired = t.state;
		if (i != 5)
			wait_snapshot();
		t.conf.repair = false;
		close_journal();
		CU_ASSERT_FATAL(open_journal());
		CU_ASSERT_EQUAL(memcmp(&t.state, &repaired, sizeof(repaired)),
				0);
		close_journal();
	}
}

static void what_was_read_is_written_again_before_more_is(void)
{
	static const enum fault faults[] = { FAULT_WRITE, FAULT_SYNC };

	faults_set(FAULT_KILL, 9, 0, 1); /* its first records are not synced */
	CU_ASSERT_FATAL(open_journal());
	make_changes(10);
	close_journal();
	CU_ASSERT_EQUAL(t.acked, 0);
	for (size_t i = 0; i < HF_LEN(faults); i++) {
		/* The first call is the sync of the folder above. */
		faults_set(faults[i], 2, 1, 0);
		CU_ASSERT_FALSE(open_journal());
		CU_ASSERT_PTR_NOT_NULL(strstr(t.warning, "/log.1: "));
		uv_loop_close(&t.loop);
	}
	faults_set(FAULT_NONE, 0, 0, 0);
	CU_ASSERT_FATAL(open_journal());
	CU_ASSERT(changes_seen() >= 0);
	close_journal();
}

static void a_healed_write_is_synced_without_another_change(void)
{
	t.conf.sync = JOURNAL_EVERYSEC;
	CU_ASSERT_FATAL(open_journal());
	faults_set(FAULT_WRITE, 1, 2, 0);
	change();
	wait_acked();
	faults_set(FAULT_NONE, 0, 0, 0);
	close_journal();
}

static void closing_makes_everything_durable(void)
{
	for (int i = 0; i < 2; i++) {
		t.conf.sync = i == 0 ? JOURNAL_ALWAYS : JOURNAL_EVERYSEC;
		faults_set(FAULT_POWER, INT_MAX, 0, 1);
		CU_ASSERT_FATAL(open_journal());
		make_changes(7);
		stop_loop();
		change();
		end_journal();
		faults_cut_power();
		faults_set(FAULT_NONE, 0, 0, 0);
		CU_ASSERT_FATAL(open_journal());
		CU_ASSERT_EQUAL(changes_seen(), t.changes);
		close_journal();
	}
}

static void closing_does_not_wait_for_ever_for_a_bad_disk(void)
{
	CU_ASSERT_FATAL(open_journal());
	make_changes(3);
	wait_acked();
	stop_loop();
	faults_set(FAULT_SYNC, 1, 1000, 0);
	change();
	end_journal();
	CU_ASSERT_PTR_NOT_NULL(strstr(t.warning, "could not be written"));
	faults_set(FAULT_NONE, 0, 0, 0);
	CU_ASSERT_FATAL(open_journal());
	CU_ASSERT(changes_seen() >= 3);
	close_journal();
}

static void a_snapshot_that_fails_leaves_the_logs(void)
{
	t.conf.compact_bytes = 600;
	CU_ASSERT_FATAL(open_journal());
	make_changes(15);
	wait_acked();
	faults_set(FAULT_RENAME, 1, 3, 0);
	make_changes(60);
	wait_acked();
	for (int i = 0; faults_failed() == 0 && i < 20000; i++) {
		turn();
		usleep(100);
	}
	make_changes(60);
	wait_acked();
	CU_ASSERT_PTR_NULL(journal_refusing(t.journal));
	CU_ASSERT(faults_failed() > 0);
	close_journal();
	CU_ASSERT_FATAL(open_journal());
	CU_ASSERT_EQUAL(changes_seen(), t.changes);
	close_journal();
}

static void many_turns_share_a_write_that_nobody_waits_for(void)
{
	int64_t began_us, took_us;

	t.conf.sync = JOURNAL_EVERYSEC;
	CU_ASSERT_FATAL(open_journal());
	faults_set(FAULT_NONE, 0, 0, 0);
	began_us = hf_clock_us();
	for (int i = 0; i < 100; i++) {
		change();
		turn();
		usleep(200);
	}
	wait_acked(); /* a busy machine's disk may not have begun before */
	took_us = hf_clock_us() - began_us;
	CU_ASSERT(faults_calls() > 0);
	CU_ASSERT(faults_calls() <= took_us / 2500 + 4);
	close_journal();
}

static void a_hundred_thousand_records_are_all_there(void)
{
	enum { N = 100000 };
	uint64_t last = 0;
	char text[32];

	CU_ASSERT_FATAL(open_journal());
	for (int i = 1; i <= N; i++) {
		t.state.cells[i % CELLS] = i;
		last = journal_add(t.journal, record_of(text, i % CELLS));
		if (i % 5000 == 0)
			turn();
	}
	CU_ASSERT_EQUAL(last, N);
	CU_ASSERT_EQUAL(journal_last(t.journal), N);
	t.after[0] = t.state;
	for (int i = 0; journal_durable(t.journal) < last && i < 20000; i++) {
		turn();
		usleep(100);
	}
	CU_ASSERT_EQUAL(journal_durable(t.journal), N);
	wait_snapshot();
	close_journal();
	CU_ASSERT_FATAL(open_journal());
	CU_ASSERT_EQUAL(memcmp(&t.state, &t.after[0], sizeof(t.state)), 0);
	CU_ASSERT_EQUAL(journal_counts(t.journal)->cut_bytes, 0);
	close_journal();
}

static void many_records_share_a_sync(void)
{
	uint64_t last = 0;

	t.conf.compact_bytes = SIZE_MAX;
	CU_ASSERT_FATAL(open_journal());
	for (int i = 0; i < 10000; i++) {
		last = journal_add(t.journal, HF_SLICE("1=7"));
		if (i % 1000 == 0)
			turn();
	}
	while (journal_durable(t.journal) < last)
		turn();
	CU_ASSERT(journal_counts(t.journal)->syncs < 1000);
	close_journal();
	CU_ASSERT_FATAL(open_journal());
	CU_ASSERT_EQUAL(journal_counts(t.journal)->loaded, 10000);
	CU_ASSERT_EQUAL(t.state.cells[1], 7);
	close_journal();
}

static const struct hf_test tests[] = {
	HF_TEST(an_empty_folder_is_an_empty_state),
	HF_TEST(what_was_added_is_there_after_each_restart),
	HF_TEST(snapshots_shorten_what_is_read),
	HF_TEST(a_folder_is_for_one_process),
	HF_TEST(another_programs_journal_is_refused),
	HF_TEST(a_kill_at_any_call_loses_nothing_acknowledged),
	HF_TEST(a_power_cut_at_any_call_loses_nothing_acknowledged),
	HF_TEST(a_power_cut_in_everysec_gives_a_state_that_was),
	HF_TEST(a_full_disk_is_waited_for),
	HF_TEST(what_a_failed_sync_lost_is_written_again),
	HF_TEST(in_everysec_too),
	HF_TEST(a_file_cut_anywhere_gives_a_state_that_was_or_is_refused),
	HF_TEST(a_flipped_byte_gives_a_state_that_was_or_is_refused),
	HF_TEST(repair_keeps_what_can_be_read),
	HF_TEST(a_missing_file_is_refused),
	HF_TEST(less_log_than_its_snapshot_has_seen_is_refused),
	HF_TEST(a_repaired_folder_needs_no_more_repair),
	HF_TEST(what_was_read_is_written_again_before_more_is),
	HF_TEST(a_healed_write_is_synced_without_another_change),
	HF_TEST(closing_makes_everything_durable),
	HF_TEST(closing_does_not_wait_for_ever_for_a_bad_disk),
	HF_TEST(a_snapshot_that_fails_leaves_the_logs),
	HF_TEST(many_records_share_a_sync),
	HF_TEST(many_turns_share_a_write_that_nobody_waits_for),
	HF_TEST(a_hundred_thousand_records_are_all_there),
	HF_TEST_END,
};

const struct hf_suite test_journal_suite = { "libhold/journal", tests, setup,
					     teardown };
