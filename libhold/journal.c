#include "config.h"

#include "libhold/journal.h"

#include "libhold/clock.h"
#include "libhold/err.h"
#include "libhold/journal_dir.h"
#include "libhold/journal_gather.h"
#include "libhold/journal_recover.h"
#include "libhold/log.h"
#include "libhold/mem.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define ALLOCATE_BYTES  (4 * 1024 * 1024) /* of log, taken beforehand */
#define ZEROS_BYTES     (256 * 1024)      /* of these, written beforehand */
#define BUFFER_MAX      (SIZE_MAX / 2)    /* bounded by journal_refusing() */
#define REFUSE_BYTES    (64 * 1024 * 1024)
#define SYNC_BYTES      (512 * 1024) /* unsynced: before the second is over */
#define PIECE_BYTES     (256 * 1024) /* of a snapshot, a write */
#define UNSYNCED_PIECES 16
#define KEEP_BYTES      (256 * 1024)
#define RETRY_MS        200
#define SYNC_EVERY_MS   1000
#define WRITE_EVERY_US  5000 /* at most, of a log that is synced seldom */
#define CLOSE_TRIES     5
#define LOGS_MAX        16 /* more are made one at the next start */

/*
 * The log. Its bytes from synced on are kept in tail until they are on disk;
 * the first written of them have been handed to the kernel. While busy, the
 * thread pool reads tail and has the fields that it writes for itself.
 */
struct log {
	uv_work_t work;
	bool busy;
	int fd;
	uint64_t salt;
	size_t synced;    /* offset in the file: on disk up to here */
	size_t allocated; /* bytes of the file taken beforehand */
	size_t zeroed;    /* up to there the file has bytes, used or zeros */
	struct hf_buf tail;
	size_t stamped; /* of tail: records that have their sums */
	size_t written; /* of tail */
	uint64_t last_seq;
	uint64_t waiters; /* of those in the journal, who wait for it */
	bool sync;        /* asked of this job */
	int result;
};

enum step {
	STEP_NONE,
	STEP_FILES, /* the next generation's files are being made */
	STEP_WRITE, /* pieces are gathered and written */
	STEP_LOG,   /* waits until the log has what the pieces know */
	STEP_END,   /* the last piece, sync, name, removal of old files */
};

/* The making of a snapshot. */
struct snapshot {
	uv_work_t work;
	bool busy;
	enum step step;
	struct hf_buf piece;
	size_t offset;
	int unsynced; /* pieces, since the last sync */
	int fd;       /* of snapshot.new */
	uint64_t salt;
	int new_log_fd; /* until the log goes there */
	int old_log_fd; /* to be closed */
	uint64_t new_log_salt;
	uint64_t generation;
	bool first;
	uint64_t seen_seq; /* what the last piece may know */
	int result;
};

struct journal {
	const struct journal_conf *conf;
	const struct journal_ops *ops;
	void *arg;
	uv_loop_t *loop;
	uv_prepare_t prepare;     /* before each wait: pending to the disk */
	uv_idle_t pump;           /* active while pieces are to be gathered */
	uv_timer_t timer;         /* a retry, or the sync of each second */
	uv_poll_t gathered;       /* libuv's timer is too coarse for this */
	int gather_fd;            /* -1: the disk waits for nobody */
	int64_t gathers_until_us; /* when gathered is called */
	int open_handles;
	int dir_fd;
	int lock_fd;
	uint64_t generation;
	struct hf_buf pending; /* appended, not yet in the log's tail */
	struct journal_gather gather;
	uint64_t last_seq;
	uint64_t durable_seq;
	uint64_t waiters;  /* ever: who added a record, and who was noted */
	uint64_t released; /* of them */
	int64_t took_us;   /* the last write, with its sync */
	struct log log;
	struct snapshot snapshot;
	size_t compact_at; /* bytes of logs */
	bool sync_due;
	bool repaired; /* while opening */
	int failing;   /* 0, or the last failed job's error */
	char refusal[160];
	struct journal_counts counts;
};

/* ---- the log ------------------------------------------------------------ */

static size_t log_end(const struct log *log)
{
	return log->synced + hf_buf_len(&log->tail);
}

/*
 * Bytes that are there already, in blocks that were written before, are synced
 * without the file system noting anything in its own journal: a third of the
 * time, and no waiting for what other programs have in there. A log that is
 * synced seldom, or with much in it, does not need it. Failing is no harm.
 */
static void prepare_room(struct log *log, size_t end)
{
	static const char zeros[ZEROS_BYTES];

	if (end > log->allocated &&
	    fallocate(log->fd, 0, (off_t)log->synced,
		      (off_t)(end - log->synced + ALLOCATE_BYTES)) == 0)
		log->allocated = end + ALLOCATE_BYTES;
	if (log->sync && end > log->zeroed &&
	    hf_buf_len(&log->tail) < ZEROS_BYTES &&
	    journal_write_at(log->fd, (struct hf_slice){ zeros, ZEROS_BYTES },
			     end) == 0)
		log->zeroed = end + ZEROS_BYTES;
}

/* In the thread pool, or when closing. */
static int write_tail(struct log *log)
{
	size_t end = log_end(log);
	struct hf_slice rest = hf_buf_slice(&log->tail);
	int rc;

	rest.data += log->written;
	rest.len -= log->written;
	prepare_room(log, end);
	journal_stamp(&log->tail, log->stamped, log->synced ^ log->salt);
	log->stamped = hf_buf_len(&log->tail);
	rc = journal_write_at(log->fd, rest, log->synced + log->written);
	if (rc == 0)
		log->written += rest.len;
	if (rc == 0 && log->sync)
		rc = journal_sync(log->fd);
	if (rc < 0)
		log->written = log->zeroed = 0; /* all of it again */
	return rc;
}

static void log_work(uv_work_t *work)
{
	struct log *log = HF_CONTAINER_OF(work, struct log, work);

	log->result = write_tail(log);
}

static void on_timer(uv_timer_t *timer);

static void note_failure(struct journal *j, int err, const char *what)
{
	j->counts.failures++;
	if (j->failing == 0)
		hf_warnx("journal cannot be %s dir=%s: %s; changes are "
			 "refused until it can",
			 what, j->conf->dir, hf_strerror(err));
	j->failing = err;
	snprintf(j->refusal, sizeof(j->refusal),
		 "MISCONF the journal cannot be written (%s): changes are "
		 "refused until it can",
		 hf_strerror(err));
	uv_timer_start(&j->timer, on_timer, RETRY_MS, 0);
}

static void note_success(struct journal *j)
{
	if (j->failing != 0)
		hf_info("journal is written again dir=%s", j->conf->dir);
	j->failing = 0;
}

/* A sync was good: the tail is on disk. */
static void settle_tail(struct journal *j)
{
	struct log *log = &j->log;

	log->synced = log_end(log);
	log->written = log->stamped = 0;
	hf_buf_reset(&log->tail, KEEP_BYTES);
	j->counts.syncs++;
	j->durable_seq = log->last_seq;
}

/* Also after a retry, with which no other change may come. */
static void sync_within_a_second(struct journal *j)
{
	if (!uv_is_active((uv_handle_t *)&j->timer))
		uv_timer_start(&j->timer, on_timer, SYNC_EVERY_MS, 0);
}

static void feed(struct journal *j);

/* The disk gets the next before those who waited for this are told. */
static void go_on(struct journal *j)
{
	uint64_t released = j->log.waiters - j->released;

	settle_tail(j);
	j->released = j->log.waiters;
	journal_gather_end(&j->gather, hf_clock_us(), released, j->waiters);
	feed(j);
}

static void log_done(uv_work_t *work, int status)
{
	struct log *log = HF_CONTAINER_OF(work, struct log, work);
	struct journal *j = HF_CONTAINER_OF(log, struct journal, log);

	HF_UNUSED(status);
	log->busy = false;
	j->took_us = hf_clock_us() - j->gather.began_us;
	if (log->result < 0) {
		note_failure(j, log->result, "written");
		return;
	}
	note_success(j);
	if (!log->sync) {
		sync_within_a_second(j);
		return;
	}
	go_on(j);
	j->ops->durable(j->arg, j->durable_seq);
}

static void submit_log(struct journal *j)
{
	journal_gather_begin(&j->gather, hf_clock_us());
	j->log.busy = true;
	uv_queue_work(j->loop, &j->log.work, log_work, log_done);
}

/* What is pending joins the tail. */
static void take_pending(struct journal *j)
{
	struct log *log = &j->log;

	j->counts.log_bytes += hf_buf_len(&j->pending);
	if (hf_buf_len(&log->tail) == 0) {
		struct hf_buf empty = log->tail;

		log->tail = j->pending;
		j->pending = empty;
	} else {
		hf_buf_add_slice(&log->tail, hf_buf_slice(&j->pending));
		hf_buf_reset(&j->pending, KEEP_BYTES);
	}
	log->last_seq = j->last_seq;
	log->waiters = j->waiters;
}

static bool wants_sync(const struct journal *j)
{
	return j->conf->sync == JOURNAL_ALWAYS || j->sync_due ||
	       hf_buf_len(&j->log.tail) > SYNC_BYTES;
}

/* The next turn feeds. */
static void on_gathered(uv_poll_t *poll, int status, int events)
{
	struct journal *j = poll->data;
	uint64_t times;

	HF_UNUSED(status);
	HF_UNUSED(events);
	(void)!read(j->gather_fd, &times, sizeof(times));
	j->gathers_until_us = 0;
}

/*
 * How long what is pending may wait for more. Nobody waits for what is only
 * written: a write each turn would cost more than all that is in it.
 */
static int64_t patience_us(struct journal *j, int64_t now_us)
{
	if (j->conf->sync == JOURNAL_ALWAYS)
		return journal_gather_wait_us(&j->gather, now_us, j->waiters);
	if (wants_sync(j) || hf_buf_len(&j->pending) >= PIECE_BYTES)
		return 0;
	return j->gather.began_us + WRITE_EVERY_US - now_us;
}

/* Then on_gathered() is called in time. */
static bool waits_for_more(struct journal *j)
{
	struct itimerspec timer = { 0 };
	int64_t now_us, wait_us;

	if (j->gather_fd < 0 || hf_buf_len(&j->pending) == 0)
		return false;
	now_us = hf_clock_us();
	wait_us = patience_us(j, now_us);
	if (wait_us <= 0)
		return false;
	if (j->gathers_until_us == now_us + wait_us)
		return true;
	j->gathers_until_us = now_us + wait_us;
	timer.it_value.tv_nsec = wait_us * 1000; /* far below a second */
	return timerfd_settime(j->gather_fd, 0, &timer, NULL) == 0;
}

/* Hands what is pending to the disk, if that has nothing of ours to do. */
static void feed_log(struct journal *j)
{
	struct log *log = &j->log;

	if (log->busy || j->failing != 0 || waits_for_more(j))
		return;
	if (hf_buf_len(&j->pending) > 0)
		take_pending(j);
	if (hf_buf_len(&log->tail) == 0) {
		j->sync_due = false;
		return;
	}
	if (log->written == hf_buf_len(&log->tail) && !wants_sync(j))
		return;
	log->sync = wants_sync(j);
	j->sync_due = false;
	submit_log(j);
}

static void on_timer(uv_timer_t *timer)
{
	struct journal *j = timer->data;

	if (j->failing != 0 && !j->log.busy && hf_buf_len(&j->log.tail) > 0) {
		submit_log(j); /* the same bytes to the same place */
		return;
	}
	j->sync_due = true;
	feed_log(j);
}

uint64_t journal_add(struct journal *j, struct hf_slice record)
{
	assert(record.len > 0 && record.len <= JOURNAL_RECORD_MAX);
	journal_put_unstamped(&j->pending, record);
	j->waiters++;
	return ++j->last_seq;
}

void journal_note_waiter(struct journal *j)
{
	j->waiters++;
}

void journal_sync_soon(struct journal *j)
{
	j->sync_due = true;
}

uint64_t journal_last(const struct journal *j)
{
	return j->last_seq;
}

uint64_t journal_durable(const struct journal *j)
{
	return j->durable_seq;
}

const char *journal_refusing(const struct journal *j)
{
	if (j->failing != 0)
		return j->refusal;
	if (hf_buf_len(&j->pending) > REFUSE_BYTES)
		return "MISCONF the journal's disk is too slow for the load: "
		       "try again later";
	return NULL;
}

bool journal_failing(const struct journal *j)
{
	return j->failing != 0;
}

int64_t journal_took_ms(const struct journal *j)
{
	return j->took_us / 1000;
}

bool journal_was_repaired(const struct journal *j)
{
	return j->repaired;
}

const struct journal_counts *journal_counts(const struct journal *j)
{
	return &j->counts;
}

/* ---- snapshots ---------------------------------------------------------- */

/* A file with its header and, if it is known (not 0), its first mark. */
static int create_file(const struct journal *j, const char *name,
		       const struct journal_header *header, uint64_t mark)
{
	struct hf_buf begin;
	int fd;

	hf_buf_init(&begin, JOURNAL_HEADER_BYTES + JOURNAL_RECORD_HEAD_BYTES);
	journal_put_header(&begin, header);
	if (mark > 0)
		journal_put_mark(&begin, mark ^ header->salt);
	fd = journal_dir_create(j->dir_fd, name, hf_buf_slice(&begin));
	hf_buf_fini(&begin);
	return fd;
}

/* In the thread pool, or when opening. */
static int create_log(const struct journal *j, uint64_t generation,
		      uint64_t mark, uint64_t *salt_out)
{
	char name[JOURNAL_NAME_BYTES];
	struct journal_header header;

	journal_file_name(name, "log", generation);
	journal_header_now(&header, false, j->conf->app, j->conf->app_version,
			   generation);
	*salt_out = header.salt;
	return create_file(j, name, &header, mark);
}

static int create_snapshot(const struct journal *j, uint64_t generation,
			   uint64_t *salt_out)
{
	struct journal_header header;

	journal_header_now(&header, true, j->conf->app, j->conf->app_version,
			   generation);
	*salt_out = header.salt;
	return create_file(j, "snapshot.new", &header, 0);
}

static int make_files(struct journal *j, struct snapshot *s)
{
	s->new_log_fd = create_log(j, s->generation, 0, &s->new_log_salt);
	if (s->new_log_fd < 0)
		return s->new_log_fd;
	s->fd = create_snapshot(j, s->generation, &s->salt);
	return s->fd < 0 ? s->fd : 0;
}

/* The snapshot is whole: it gets its name, and older files go. */
static int name_snapshot(struct journal *j, struct snapshot *s)
{
	char name[JOURNAL_NAME_BYTES];
	int rc = journal_sync(s->fd);

	journal_file_name(name, "snapshot", s->generation);
	if (rc == 0 && renameat(j->dir_fd, "snapshot.new", j->dir_fd, name) < 0)
		rc = -errno;
	if (rc == 0 && fsync(j->dir_fd) < 0)
		rc = -errno;
	if (rc == 0)
		journal_dir_remove_older(j->dir_fd, s->generation);
	return rc;
}

/* Now and then: much to write at once would hold up the log's own syncs. */
static int sync_pieces(struct snapshot *s)
{
	s->unsynced = 0;
	return journal_sync(s->fd);
}

static int make_step(struct journal *j, struct snapshot *s)
{
	int rc;

	if (s->step == STEP_FILES)
		return make_files(j, s);
	rc = journal_write_at(s->fd, hf_buf_slice(&s->piece), s->offset);
	if (rc == 0 && s->step == STEP_END)
		return name_snapshot(j, s);
	if (rc == 0 && ++s->unsynced == UNSYNCED_PIECES)
		return sync_pieces(s);
	return rc;
}

static void close_file(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void snapshot_work(uv_work_t *work)
{
	struct snapshot *s = HF_CONTAINER_OF(work, struct snapshot, work);
	struct journal *j = HF_CONTAINER_OF(s, struct journal, snapshot);

	close_file(&s->old_log_fd);
	s->result = make_step(j, s);
	if (s->result == 0 && s->step != STEP_END)
		return;
	close_file(&s->fd);
	if (s->result == 0)
		return;
	unlinkat(j->dir_fd, "snapshot.new", 0);
	/* Nothing is in it, and its number will be taken again. */
	close_file(&s->new_log_fd);
}

static void end_snapshot(struct journal *j)
{
	struct snapshot *s = &j->snapshot;

	s->step = STEP_NONE;
	hf_buf_reset(&s->piece, 0);
	uv_idle_stop(&j->pump);
}

/* The logs still have everything: it is tried again after some more. */
static void give_up_snapshot(struct journal *j)
{
	hf_warnx("journal snapshot failed dir=%s: %s", j->conf->dir,
		 hf_strerror(j->snapshot.result));
	j->compact_at = j->counts.log_bytes + j->conf->compact_bytes;
	end_snapshot(j);
}

static void snapshot_done(uv_work_t *work, int status)
{
	struct snapshot *s = HF_CONTAINER_OF(work, struct snapshot, work);
	struct journal *j = HF_CONTAINER_OF(s, struct journal, snapshot);

	HF_UNUSED(status);
	s->busy = false;
	if (s->result < 0) {
		give_up_snapshot(j);
		return;
	}
	s->offset += hf_buf_len(&s->piece);
	hf_buf_reset(&s->piece, 2 * PIECE_BYTES);
	if (s->step == STEP_END) {
		j->counts.snapshots++;
		end_snapshot(j);
	}
}

static void submit_snapshot(struct journal *j)
{
	j->snapshot.busy = true;
	uv_idle_stop(&j->pump);
	uv_queue_work(j->loop, &j->snapshot.work, snapshot_work, snapshot_done);
}

static void begin_snapshot(struct journal *j)
{
	struct snapshot *s = &j->snapshot;

	s->step = STEP_FILES;
	s->generation = j->generation + 1;
	s->offset = JOURNAL_HEADER_BYTES;
	s->unsynced = 0;
	s->first = true;
	submit_snapshot(j);
}

/*
 * From now on records go to the next generation's log. Everything in the old
 * one is on disk: recovery counts on that when the new one has a record.
 */
static void switch_log(struct journal *j)
{
	struct snapshot *s = &j->snapshot;

	j->log.salt = s->new_log_salt;
	journal_put_mark(&j->log.tail, j->log.synced ^ j->log.salt);
	j->log.stamped = hf_buf_len(&j->log.tail);
	s->old_log_fd = j->log.fd;
	j->log.fd = s->new_log_fd;
	s->new_log_fd = -1;
	j->generation = s->generation;
	j->log.synced = JOURNAL_HEADER_BYTES;
	j->log.allocated = j->log.zeroed = JOURNAL_HEADER_BYTES;
	j->counts.log_bytes = 0;
	j->compact_at = j->conf->compact_bytes;
	s->step = STEP_WRITE;
}

/* How long the loop was kept since began_us. */
static int64_t note_piece(struct journal *j, int64_t began_us)
{
	int64_t took_us = hf_clock_us() - began_us;

	if (took_us > j->counts.longest_piece_us)
		j->counts.longest_piece_us = took_us;
	return took_us;
}

static void on_pump(uv_idle_t *pump)
{
	struct journal *j = pump->data;
	struct snapshot *s = &j->snapshot;
	int64_t began_us = hf_clock_us();

	if (j->ops->snapshot(j->arg, s->first)) {
		s->step = STEP_LOG;
		s->seen_seq = j->last_seq;
		uv_idle_stop(&j->pump);
	} else if (hf_buf_len(&s->piece) >= PIECE_BYTES) {
		submit_snapshot(j);
	}
	s->first = false;
	hf_hist_add(&j->counts.pieces_us, (uint64_t)note_piece(j, began_us));
}

/*
 * The snapshot may have what the log has not: a crash in between would leave
 * a state that never was. So the log goes first.
 */
static void finish_snapshot(struct journal *j)
{
	struct snapshot *s = &j->snapshot;

	if (j->durable_seq < s->seen_seq) {
		j->sync_due = true;
		return;
	}
	journal_put_mark(&s->piece, j->log.synced ^ s->salt);
	s->step = STEP_END;
	submit_snapshot(j);
}

void journal_snapshot_add(struct journal *j, struct hf_slice record)
{
	journal_put_record(&j->snapshot.piece, record, j->snapshot.salt);
}

static void feed_snapshot(struct journal *j)
{
	struct snapshot *s = &j->snapshot;

	if (s->busy || j->failing != 0)
		return;
	if (s->step == STEP_NONE && j->counts.log_bytes >= j->compact_at) {
		begin_snapshot(j);
	} else if (s->step == STEP_FILES && !j->log.busy) {
		if (hf_buf_len(&j->log.tail) == 0)
			switch_log(j);
		else
			j->sync_due = true;
	}
	if (s->step == STEP_LOG)
		finish_snapshot(j);
	if (s->step == STEP_WRITE && !uv_is_active((uv_handle_t *)&j->pump))
		uv_idle_start(&j->pump, on_pump);
}

static void feed(struct journal *j)
{
	int64_t began_us = hf_clock_us();

	feed_snapshot(j);
	feed_log(j);
	note_piece(j, began_us);
}

static void on_prepare(uv_prepare_t *prepare)
{
	feed(prepare->data);
}

/* ---- life --------------------------------------------------------------- */

static void on_closed(uv_handle_t *handle)
{
	struct journal *j = handle->data;

	if (--j->open_handles == 0)
		free(j);
}

/* None of them keeps the loop alive. */
static void init_handle(struct journal *j, void *handle)
{
	((uv_handle_t *)handle)->data = j;
	uv_unref(handle);
	j->open_handles++;
}

/* A failing one is no harm: then the disk waits for nobody. */
static void init_gathering(struct journal *j)
{
	j->gather_fd =
	    timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (j->gather_fd < 0)
		return;
	if (uv_poll_init(j->loop, &j->gathered, j->gather_fd) != 0) {
		close_file(&j->gather_fd);
		return;
	}
	init_handle(j, &j->gathered);
	uv_poll_start(&j->gathered, UV_READABLE, on_gathered);
}

static void init_handles(struct journal *j)
{
	uv_prepare_init(j->loop, &j->prepare);
	init_handle(j, &j->prepare);
	uv_idle_init(j->loop, &j->pump);
	init_handle(j, &j->pump);
	uv_timer_init(j->loop, &j->timer);
	init_handle(j, &j->timer);
	init_gathering(j);
	uv_prepare_start(&j->prepare, on_prepare);
}

static int open_dir(struct journal *j)
{
	j->dir_fd = journal_dir_open(j->conf->dir, &j->lock_fd);
	if (j->dir_fd == -EAGAIN)
		hf_warnx("another process has the journal dir=%s",
			 j->conf->dir);
	else if (j->dir_fd < 0)
		hf_warnx("cannot open the journal dir=%s: %s", j->conf->dir,
			 hf_strerror(j->dir_fd));
	return j->dir_fd < 0 ? j->dir_fd : 0;
}

static int load(struct journal *j)
{
	int64_t began_ms = hf_clock_ms();
	struct journal_recovered found;
	int rc =
	    journal_recover(j->dir_fd, j->conf, j->ops->load, j->arg, &found);

	if (rc < 0)
		return rc;
	j->generation = found.generation + 1;
	j->log.synced = found.end; /* of the log before, for the mark */
	j->counts.loaded = found.records;
	j->counts.cut_bytes = found.cut_bytes;
	j->counts.log_bytes = found.log_bytes;
	j->counts.load_ms = hf_clock_ms() - began_ms;
	j->repaired = found.repaired;
	/* Many restarts make many logs, each with little in it. */
	j->compact_at = found.repaired || found.logs >= LOGS_MAX
			    ? 0
			    : j->conf->compact_bytes;
	hf_info("journal read dir=%s records=%llu ms=%lld", j->conf->dir,
		(unsigned long long)found.records,
		(long long)j->counts.load_ms);
	return 0;
}

static int begin_log(struct journal *j)
{
	size_t mark = j->log.synced;

	j->log.fd = create_log(j, j->generation, mark, &j->log.salt);
	if (j->log.fd < 0)
		hf_warnx("cannot write the journal dir=%s: %s", j->conf->dir,
			 hf_strerror(j->log.fd));
	j->log.synced =
	    JOURNAL_HEADER_BYTES + (mark > 0 ? JOURNAL_RECORD_HEAD_BYTES : 0);
	j->log.allocated = j->log.zeroed = j->log.synced;
	return j->log.fd < 0 ? j->log.fd : 0;
}

static void free_buffers(struct journal *j)
{
	hf_buf_fini(&j->pending);
	hf_buf_fini(&j->log.tail);
	hf_buf_fini(&j->snapshot.piece);
}

static void close_files(struct journal *j)
{
	int *fds[] = { &j->log.fd,
		       &j->snapshot.fd,
		       &j->snapshot.new_log_fd,
		       &j->snapshot.old_log_fd,
		       &j->gather_fd,
		       &j->dir_fd,
		       &j->lock_fd };

	for (size_t i = 0; i < HF_LEN(fds); i++)
		close_file(fds[i]);
}

struct journal *journal_open(const struct journal_conf *conf,
			     const struct journal_ops *ops, void *arg,
			     uv_loop_t *loop)
{
	struct journal *j = hf_new(struct journal);

	j->conf = conf;
	j->ops = ops;
	j->arg = arg;
	j->loop = loop;
	j->gather.most = conf->gather_most;
	j->dir_fd = j->lock_fd = j->log.fd = j->gather_fd = -1;
	j->snapshot.fd = j->snapshot.new_log_fd = -1;
	j->snapshot.old_log_fd = -1;
	hf_buf_init(&j->pending, BUFFER_MAX);
	hf_buf_init(&j->log.tail, BUFFER_MAX);
	hf_buf_init(&j->snapshot.piece, BUFFER_MAX);
	if (open_dir(j) == 0 && load(j) == 0 && begin_log(j) == 0) {
		init_handles(j);
		return j;
	}
	close_files(j);
	free_buffers(j);
	free(j);
	return NULL;
}

/* Everything to the disk, now; a failing disk gets some more chances. */
static int write_last(struct journal *j)
{
	int rc = -1;

	take_pending(j);
	j->log.sync = true;
	for (int i = 0; rc < 0 && i < CLOSE_TRIES; i++) {
		if (i > 0)
			uv_sleep(RETRY_MS);
		rc = write_tail(&j->log);
	}
	if (rc == 0) {
		settle_tail(j);
		/* What was taken beforehand goes back; failing is no harm. */
		(void)!ftruncate(j->log.fd, (off_t)j->log.synced);
	} else {
		hf_warnx("the journal's last changes could not be written "
			 "dir=%s bytes=%zu: %s",
			 j->conf->dir, hf_buf_len(&j->log.tail),
			 hf_strerror(rc));
	}
	return rc;
}

int journal_close(struct journal **journal)
{
	struct journal *j = *journal;
	int rc;

	if (j == NULL)
		return 0;
	*journal = NULL;
	assert(!j->log.busy && !j->snapshot.busy);
	rc = write_last(j);
	if (j->snapshot.fd >= 0)
		unlinkat(j->dir_fd, "snapshot.new", 0);
	if (j->gather_fd >= 0)
		uv_close((uv_handle_t *)&j->gathered, on_closed);
	close_files(j);
	free_buffers(j);
	uv_close((uv_handle_t *)&j->prepare, on_closed);
	uv_close((uv_handle_t *)&j->pump, on_closed);
	uv_close((uv_handle_t *)&j->timer, on_closed);
	return rc;
}
