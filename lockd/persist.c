#include "config.h"

#include "lockd/persist.h"

#include "libhold/clock.h"
#include "libhold/err.h"
#include "libhold/log.h"
#include "libhold/mem.h"
#include "libhold/wire.h"
#include "lockd/lateness.h"

#include <stdlib.h>

#define FORMAT_VERSION 1
#define COMPACT_BYTES  (64 * 1024 * 1024)
#define TIME_EVERY_MS  1000
#define PIECE_BUCKETS  256          /* of a snapshot, between two turns */
#define PIECE_BYTES    (128 * 1024) /* about: a large value is one */
#define RECORD_BYTES   23           /* of a record, without key and value */
#define PART_BYTES     (64 * 1024 * 1024) /* of a batch, about */
#define PENDING_LOOKS  65536              /* more are not looked through */
#define REPAIR_STEP    (INT64_C(1) << 32) /* tokens; a repair lost fewer */
#define LONG_AGO       (INT64_MIN / 4)    /* while loading, nothing is due */
/* The same time from now on is a little shorter when a turn was long. */
#define LONGEST_SPARE_MS 10

/*
 * A record: u8 kind, u8 space, u8 type, i64 due, i64 fence, u32 key's length,
 * the key, the rest is the value. Kinds below 64 are enum ks_kind and are
 * never given another meaning.
 */
enum {
	RECORD_TIME = 64,    /* due: boot clock ms, fence: wall clock ms */
	RECORD_STOPPED = 65, /* the last of a clean stop */
	/*
	 * due: no lock granted so far lives longer; fence: none was granted
	 * for longer (ms; 0: not known).
	 */
	RECORD_HORIZON = 66,
	/*
	 * The value is several changes, each behind its u32 length: all of
	 * them count, or none. A very large batch comes in parts: due is the
	 * part's number from 0, fence is 1 if another one follows.
	 */
	RECORD_BATCH = 67,
};

enum { SPACE_KEYS, SPACE_GUARDS, SPACES };

/* A change that the disk has not yet. */
struct pending {
	uint64_t seq; /* until durable() tells that */
	uint32_t hash;
	uint32_t every; /* it is of every key */
};

/* A keyspace, and who sees its changes. */
struct space {
	struct ks_observer observer;
	struct persist *persist;
	uint8_t id;
	struct keyspace *keys;
};

/* By how far deadlines have been moved, as the journal has it. */
struct said_shift {
	int64_t said_ms; /* with what there was to spare */
	uint64_t seq;    /* its record */
	int64_t disk_ms; /* what the disk has */
};

struct persist {
	struct space spaces[SPACES];
	struct journal *journal;
	struct journal_conf conf;
	persist_durable_fn *durable;
	void *arg;
	struct hf_buf record;
	/*
	 * Of persist_begin(): changes as RECORD_BATCH has them. While loading:
	 * the parts so far.
	 */
	struct hf_buf batch;
	size_t batched; /* changes in it */
	int64_t parts;  /* of it that the journal has already */
	unsigned depth; /* of persist_begin() */
	bool always;    /* else everysec */
	/* What the records said of time last; then: what we said. */
	int64_t boot_ms, wall_ms;
	char boot_id[36 + 1];
	bool loaded;          /* there was a record */
	int64_t horizon_ms;   /* kept as deadlines are; 0: none */
	int64_t longest_ms;   /* for which any lock within it was granted */
	uint64_t horizon_seq; /* the record of both */
	int64_t closed_until_ms;
	struct hf_buf pending; /* struct pending, oldest first */
	struct hf_buf noted;   /* the same, of the batch: no seq yet */
	uint64_t changes;      /* ever: persist_changes() */
	bool saw_pending;      /* since persist_watch_looks() */
	struct lateness late;
	uint64_t wanted_seq; /* the last record that an answer waits for */
	uint64_t passed_seq; /* who waits for this or less has his answer */
	struct said_shift shift;
	/* Of the snapshot under way: */
	uint8_t scan_space;
	uint64_t scan; /* cursor */
	size_t piece_bytes;
};

/* ---- records ------------------------------------------------------------ */

struct record {
	uint8_t kind, space, type;
	int64_t due, fence;
	struct hf_slice key, value;
};

static void put(struct hf_buf *out, const struct record *r)
{
	hf_wr_u8(out, r->kind);
	hf_wr_u8(out, r->space);
	hf_wr_u8(out, r->type);
	hf_wr_i64(out, r->due);
	hf_wr_i64(out, r->fence);
	hf_wr_blob(out, r->key);
	hf_buf_add_slice(out, r->value);
}

static struct hf_slice encode(struct persist *p, const struct record *r)
{
	hf_buf_reset(&p->record, 4096);
	put(&p->record, r);
	return hf_buf_slice(&p->record);
}

static bool decode(struct hf_slice bytes, struct record *r)
{
	struct hf_rd rd = hf_rd_of(bytes);

	r->kind = hf_rd_u8(&rd);
	r->space = hf_rd_u8(&rd);
	r->type = hf_rd_u8(&rd);
	r->due = hf_rd_i64(&rd);
	r->fence = hf_rd_i64(&rd);
	r->key = hf_rd_blob(&rd);
	r->value = hf_rd_bytes(&rd, rd.left);
	return hf_rd_ok(&rd);
}

static uint64_t add(struct persist *p, const struct record *r)
{
	return journal_add(p->journal, encode(p, r));
}

/* ---- batches ------------------------------------------------------------ */

static void add_part(struct persist *p, bool more)
{
	add(p, &(struct record){ .kind = RECORD_BATCH,
				 .due = p->parts++,
				 .fence = more ? 1 : 0,
				 .value = hf_buf_slice(&p->batch) });
	hf_buf_reset(&p->batch, 4096);
	p->batched = 0;
}

/* A change: alone, or to the others of its batch. */
static void add_change(struct persist *p, const struct record *r)
{
	size_t size = RECORD_BYTES + r->key.len + r->value.len;

	if (p->depth == 0) {
		add(p, r);
		return;
	}
	if (p->batched > 0 && hf_buf_len(&p->batch) + size > PART_BYTES)
		add_part(p, true);
	hf_wr_u32(&p->batch, (uint32_t)size);
	put(&p->batch, r);
	p->batched++;
}

static struct pending pending_at(const struct hf_buf *buf, size_t i)
{
	struct pending pending;

	memcpy(&pending, hf_buf_slice(buf).data + i * sizeof(pending),
	       sizeof(pending));
	return pending;
}

static size_t n_pending(const struct hf_buf *buf)
{
	return hf_buf_len(buf) / sizeof(struct pending);
}

/* What was noted: the journal has all of it now, the disk not yet. */
static void add_noted(struct persist *p)
{
	uint64_t seq = persist_wait_for(p);
	size_t n = n_pending(&p->noted);

	for (size_t i = 0; i < n && seq > journal_durable(p->journal); i++) {
		struct pending pending = pending_at(&p->noted, i);

		pending.seq = seq;
		hf_buf_add(&p->pending, &pending, sizeof(pending));
	}
	hf_buf_reset(&p->noted, 4096);
}

void persist_begin(struct persist *p)
{
	if (p != NULL)
		p->depth++;
}

/* The batch is over: it goes into the journal. */
static void add_batch(struct persist *p)
{
	struct hf_slice change;

	if (p->batched > 1 || p->parts > 0) {
		add_part(p, false);
		p->parts = 0;
		return;
	}
	change = hf_buf_slice(&p->batch);
	change.data += sizeof(uint32_t);
	change.len -= sizeof(uint32_t);
	journal_add(p->journal, change);
	hf_buf_reset(&p->batch, 4096);
	p->batched = 0;
}

void persist_end(struct persist *p)
{
	if (p == NULL || --p->depth > 0)
		return;
	if (p->batched > 0)
		add_batch(p);
	if (hf_buf_len(&p->noted) > 0)
		add_noted(p);
}

void persist_forget(struct persist *p)
{
	if (p == NULL)
		return;
	hf_buf_reset(&p->batch, 4096);
	p->batched = 0;
	p->parts = 0; /* parts without a last one do not count */
}

/*
 * What the journal will have last when the batch under way is in it. (One in
 * parts ends later; who is told of it meanwhile is told that much early.)
 */
static uint64_t last_seq(const struct persist *p)
{
	return journal_last(p->journal) + (p->batched > 0 ? 1 : 0);
}

static struct keyspace *keys_of(const struct persist *p)
{
	return p->spaces[SPACE_KEYS].keys;
}

/* ---- changes ------------------------------------------------------------ */

static int64_t later(int64_t a_ms, int64_t b_ms)
{
	return a_ms > b_ms ? a_ms : b_ms;
}

/* So that a start after a reboot knows how long the machine was away. */
static void note_time(struct persist *p, int64_t now_ms)
{
	if (now_ms - p->boot_ms < TIME_EVERY_MS)
		return;
	p->boot_ms = now_ms;
	p->wall_ms = hf_wall_ms();
	add(p, &(struct record){ .kind = RECORD_TIME,
				 .due = p->boot_ms,
				 .fence = p->wall_ms });
}

static uint64_t add_horizon(struct persist *p, int64_t horizon_ms,
			    int64_t longest_ms)
{
	return add(p, &(struct record){ .kind = RECORD_HORIZON,
					.due = horizon_ms,
					.fence = longest_ms });
}

/*
 * everysec may lose grants of the last second. Until when those can live, and
 * for how long, is noted before they are answered, with some to spare, so that
 * it is noted seldom.
 */
static void note_horizon(struct persist *p, int64_t due_ms, int64_t now_ms)
{
	int64_t kept = due_ms - keyspace_shift(keys_of(p));
	int64_t lasts_ms = due_ms - now_ms;

	if (p->always || due_ms == HF_NEVER ||
	    (kept <= p->horizon_ms && lasts_ms <= p->longest_ms))
		return;
	if (kept > p->horizon_ms)
		p->horizon_ms = kept + lasts_ms;
	if (lasts_ms > p->longest_ms)
		p->longest_ms = lasts_ms + LONGEST_SPARE_MS;
	p->horizon_seq = add_horizon(p, p->horizon_ms, p->longest_ms);
	journal_sync_soon(p->journal);
}

/*
 * A slow disk is late with this record, too: so much more is said than is so,
 * and taken back when it is fast again. After a crash in between locks live
 * that much longer.
 */
static int64_t spare_ms(const struct persist *p)
{
	int64_t took_ms = journal_took_ms(p->journal);

	return took_ms < LATENESS_PATIENCE_MS ? 0 : 2 * took_ms;
}

/* The record is there: what is moved is answered when the disk has it. */
static void note_shift(struct persist *p, int64_t said_ms)
{
	p->shift.said_ms = said_ms;
	p->shift.seq = last_seq(p);
	if (p->always)
		return;
	p->horizon_seq = p->shift.seq;
	journal_sync_soon(p->journal);
}

/* Who ran out since the last one has gone for good: his record is there. */
static struct record record_of_shift(const struct persist *p, int64_t said_ms)
{
	int64_t over_ms = keyspace_over_ms(keys_of(p));

	return (struct record){ .kind = KS_SHIFT,
				.due = said_ms,
				.fence =
				    over_ms == INT64_MIN ? 0 : over_ms + 1 };
}

static void say_shift(struct persist *p, int64_t said_ms)
{
	struct record r = record_of_shift(p, said_ms);

	add(p, &r);
	note_shift(p, said_ms);
}

/* Does an answer to a change wait for the disk? */
static bool is_waited_for(const struct persist *p)
{
	return p->wanted_seq > p->passed_seq;
}

static struct record record_of(const struct space *space,
			       const struct ks_change *change)
{
	struct record r = { .kind = (uint8_t)change->kind,
			    .space = space->id,
			    .type = (uint8_t)change->type,
			    .due = change->due_ms,
			    .fence = change->fence,
			    .key = change->key,
			    .value = change->value };

	if (change->due_ms != HF_NEVER)
		r.due -= keyspace_shift(space->keys);
	return r;
}

/* ---- changes that are not on disk ---------------------------------------- */

static uint32_t hash_of(const struct space *space, struct hf_slice key)
{
	return keyspace_hash(space->keys, key) ^ space->id;
}

static void note_pending(struct space *space, const struct ks_change *change)
{
	struct persist *p = space->persist;
	struct pending pending = { .every = change->kind == KS_FLUSH };

	if (change->kind == KS_SHIFT)
		return;
	p->changes++;
	if (change->kind == KS_FENCE)
		return;
	if (!pending.every)
		pending.hash = hash_of(space, change->key);
	hf_buf_add(&p->noted, &pending, sizeof(pending));
	if (p->depth == 0)
		add_noted(p);
}

static void forget_durable(struct persist *p, uint64_t seq)
{
	size_t n = n_pending(&p->pending), done = 0;

	while (done < n && pending_at(&p->pending, done).seq <= seq)
		done++;
	hf_buf_consume(&p->pending, done * sizeof(struct pending));
}

static bool is_pending(const struct persist *p, uint32_t hash)
{
	size_t n = n_pending(&p->pending);

	if (n > PENDING_LOOKS)
		return true;
	for (size_t i = 0; i < n; i++) {
		struct pending pending = pending_at(&p->pending, i);

		if (pending.every || pending.hash == hash)
			return true;
	}
	return false;
}

static void on_look(void *arg, const struct hf_slice *key)
{
	struct space *space = arg;
	struct persist *p = space->persist;

	if (p->saw_pending)
		return;
	p->saw_pending = key == NULL ? n_pending(&p->pending) > 0
				     : is_pending(p, hash_of(space, *key));
}

int64_t persist_late_ms(struct persist *p, int64_t now_ms)
{
	if (p == NULL)
		return 0;
	lateness_look(&p->late, is_waited_for(p),
		      journal_refusing(p->journal) != NULL, now_ms);
	return p->late.total_ms;
}

bool persist_is_late(const struct persist *p, int64_t now_ms)
{
	return p != NULL && lateness_goes_on(&p->late, now_ms);
}

uint64_t persist_changes(const struct persist *p)
{
	return p == NULL ? 0 : p->changes;
}

void persist_watch_looks(struct persist *p)
{
	if (p == NULL)
		return;
	p->saw_pending = false;
	for (size_t i = 0; i < SPACES; i++)
		keyspace_on_look(p->spaces[i].keys, on_look, &p->spaces[i]);
}

bool persist_saw_pending(struct persist *p)
{
	if (p == NULL)
		return false;
	for (size_t i = 0; i < SPACES; i++)
		keyspace_on_look(p->spaces[i].keys, NULL, NULL);
	return p->saw_pending;
}

/* ---- what the keyspace and the journal say ------------------------------- */

/*
 * An expiry at its time follows from the deadline: all who had one until then
 * are over. Of one ahead of another that is not swept yet this is not so, and
 * when deadlines are moved next it would live again.
 */
static bool follows(const struct space *space, const struct ks_change *change)
{
	return change->kind == KS_EXPIRE &&
	       change->due_ms - keyspace_shift(space->keys) <=
		   keyspace_over_ms(space->keys);
}

/* On a slow disk what is said to spare stays so. */
static void on_shift(struct persist *p, int64_t shift_ms)
{
	int64_t said_ms =
	    spare_ms(p) == 0 ? shift_ms : later(shift_ms, p->shift.said_ms);
	struct record r = record_of_shift(p, said_ms);

	add_change(p, &r);
	note_shift(p, said_ms);
}

static void on_change(struct ks_observer *observer,
		      const struct ks_change *change)
{
	struct space *space = HF_CONTAINER_OF(observer, struct space, observer);
	struct persist *p = space->persist;
	int64_t now_ms = hf_clock_ms();
	struct record r;

	if (follows(space, change))
		return;
	note_time(p, now_ms);
	if (change->kind == KS_SHIFT) {
		on_shift(p, change->due_ms);
		return;
	}
	r = record_of(space, change);
	if (change->kind == KS_EXPIRE)
		r.kind = KS_DELETE;
	if (change->kind == KS_SET || change->kind == KS_DUE)
		note_horizon(p, change->due_ms, now_ms);
	add_change(p, &r);
	note_pending(space, change);
	/* Of everysec also what an earlier change waits for. */
	p->wanted_seq = persist_wait_for(p);
	if (is_waited_for(p))
		lateness_begin(&p->late, now_ms);
}

static void on_durable(void *arg, uint64_t seq)
{
	struct persist *p = arg;

	forget_durable(p, seq);
	if (seq >= p->shift.seq)
		p->shift.disk_ms = p->shift.said_ms;
	p->durable(p->arg, seq);
}

bool persist_covers_shift(struct persist *p)
{
	int64_t shift_ms = keyspace_shift(keys_of(p)), spare = spare_ms(p);

	if (p->shift.disk_ms < shift_ms) {
		/* Until it has, it is late with that, too. */
		if (p->shift.said_ms < shift_ms)
			say_shift(p, shift_ms +
					 later(spare, LATENESS_PATIENCE_MS));
		return false;
	}
	if (spare == 0 && p->shift.said_ms > shift_ms)
		say_shift(p, shift_ms);
	p->passed_seq = journal_durable(p->journal);
	lateness_passed(&p->late, is_waited_for(p), hf_clock_ms());
	return true;
}

/* ---- loading ------------------------------------------------------------ */

static int load_change(struct persist *p, const struct record *r)
{
	struct ks_change change = { .kind = (enum ks_kind)r->kind,
				    .type = (enum ks_type)r->type,
				    .key = r->key,
				    .value = r->value,
				    .due_ms = r->due,
				    .fence = r->fence };
	struct keyspace *keys;

	if (r->kind > KS_SHIFT || r->space >= SPACES)
		return HF_EBAD;
	keys = p->spaces[r->space].keys;
	if (change.kind != KS_SHIFT && change.due_ms != HF_NEVER)
		change.due_ms += keyspace_shift(keys);
	if (change.kind == KS_SHIFT && r->fence != 0)
		keyspace_expire(keys, r->fence - 1 + keyspace_shift(keys),
				SIZE_MAX);
	keyspace_apply(keys, &change, LONG_AGO);
	return 0;
}

static int load_changes(struct persist *p, struct hf_slice batch)
{
	struct hf_rd rd = hf_rd_of(batch);
	struct record r;
	int rc = 0;

	while (rc == 0 && rd.left > 0 && !rd.bad)
		rc = decode(hf_rd_blob(&rd), &r) ? load_change(p, &r) : HF_EBAD;
	return hf_rd_ok(&rd) ? rc : HF_EBAD;
}

/* Parts without their last one are of a batch that was never whole. */
static int load_batch(struct persist *p, const struct record *r)
{
	int rc;

	if (r->due == 0 && r->fence == 0)
		return load_changes(p, r->value);
	if (r->due == 0) {
		hf_buf_reset(&p->batch, 4096);
		p->parts = 0;
	}
	if (r->due != p->parts)
		return HF_EBAD;
	p->parts++;
	hf_buf_add_slice(&p->batch, r->value);
	if (r->fence != 0)
		return 0;
	rc = load_changes(p, hf_buf_slice(&p->batch));
	hf_buf_reset(&p->batch, 4096);
	return rc;
}

static int load_record(struct persist *p, const struct record *r)
{
	switch (r->kind) {
	case RECORD_TIME:
		p->boot_ms = r->due;
		p->wall_ms = r->fence;
		return 0;
	case RECORD_STOPPED:
		p->horizon_ms = p->longest_ms = 0; /* nothing is missing */
		return 0;
	case RECORD_HORIZON:
		p->horizon_ms = later(r->due, p->horizon_ms);
		p->longest_ms = later(r->fence, p->longest_ms);
		return 0;
	case RECORD_BATCH:
		return load_batch(p, r);
	default:
		return load_change(p, r);
	}
}

static int load(void *arg, const struct journal_header *header,
		struct hf_slice bytes)
{
	struct persist *p = arg;
	struct record r;

	if (!decode(bytes, &r))
		return HF_EBAD;
	if (header->boot_ms > p->boot_ms ||
	    strcmp(header->boot_id, p->boot_id) != 0) {
		p->boot_ms = header->boot_ms;
		p->wall_ms = header->wall_ms;
		memcpy(p->boot_id, header->boot_id, sizeof(p->boot_id));
	}
	p->loaded = true;
	return load_record(p, &r);
}

/* How much later the deadlines are on this boot's clock than on theirs. */
static int64_t moved_by_reboot(const struct persist *p,
			       const struct journal_header *now)
{
	int64_t away_ms = now->wall_ms - p->wall_ms;

	if (!p->loaded ||
	    (strcmp(p->boot_id, now->boot_id) == 0 && now->boot_id[0] != '\0'))
		return 0;
	return now->boot_ms - p->boot_ms - (away_ms > 0 ? away_ms : 0);
}

/*
 * Nobody knows how many tokens the lost records gave: the next one is greater
 * than any of them.
 */
static void skip_lost_tokens(struct keyspace *keys)
{
	int64_t last = keyspace_last_fence(keys);
	struct ks_change change = { .kind = KS_FENCE };

	change.fence =
	    last < INT64_MAX - REPAIR_STEP ? last + REPAIR_STEP : INT64_MAX - 1;
	hf_warnx("the journal was repaired: the next token is %lld",
		 (long long)change.fence + 1);
	keyspace_apply(keys, &change, LONG_AGO);
}

/*
 * Of an everysec that crashed, how it is started now is all the same: until
 * when may what is missing live? It was granted before now_ms.
 */
static void close_until_over(struct persist *p, int64_t now_ms)
{
	int64_t until_ms = p->horizon_ms + keyspace_shift(keys_of(p));

	if (p->longest_ms > 0 && until_ms > now_ms + p->longest_ms)
		until_ms = now_ms + p->longest_ms;
	if (p->horizon_ms == 0 || until_ms <= now_ms) {
		p->horizon_ms = p->longest_ms = 0;
		return;
	}
	p->closed_until_ms = until_ms;
	hf_warnx("the last stop was not clean, and a second may be missing: "
		 "no lock is granted for ms=%lld",
		 (long long)(until_ms - now_ms));
}

static void begin_again(struct persist *p)
{
	struct journal_header now;
	int64_t moved_ms;

	journal_header_now(&now, false, p->conf.app, FORMAT_VERSION, 0);
	p->shift.said_ms = p->shift.disk_ms = keyspace_shift(keys_of(p));
	moved_ms = moved_by_reboot(p, &now);
	if (moved_ms != 0) {
		struct ks_change change = { .kind = KS_SHIFT };

		change.due_ms = keyspace_shift(keys_of(p)) + moved_ms;
		keyspace_apply(keys_of(p), &change, now.boot_ms);
	}
	close_until_over(p, now.boot_ms);
	if (journal_was_repaired(p->journal))
		skip_lost_tokens(keys_of(p));
	hf_buf_reset(&p->batch, 4096);
	p->parts = 0;
	p->boot_ms = 0; /* say the time with the next change */
}

/* ---- snapshots ---------------------------------------------------------- */

static void put_key(void *arg, struct hf_slice key, const struct ks_view *view)
{
	struct space *space = arg;
	struct persist *p = space->persist;
	struct ks_change change = { .kind = KS_SET,
				    .type = view->type,
				    .key = key,
				    .value = view->value,
				    .due_ms = view->due_ms,
				    .fence = view->fence };
	struct record r = record_of(space, &change);
	struct hf_slice bytes = encode(p, &r);

	p->piece_bytes += bytes.len;
	journal_snapshot_add(p->journal, bytes);
}

static void put_number(struct persist *p, uint8_t kind, int64_t due,
		       int64_t fence)
{
	struct record r = { .kind = kind, .due = due, .fence = fence };

	journal_snapshot_add(p->journal, encode(p, &r));
}

static bool put_piece(void *arg, bool first)
{
	struct persist *p = arg;
	struct space *space;

	if (first) {
		p->scan_space = SPACE_KEYS;
		p->scan = 0;
		put_number(p, KS_SHIFT,
			   later(keyspace_shift(keys_of(p)), p->shift.said_ms),
			   0);
		put_number(p, RECORD_HORIZON, p->horizon_ms, p->longest_ms);
	}
	space = &p->spaces[p->scan_space];
	p->piece_bytes = 0;
	for (int i = 0; i < PIECE_BUCKETS && p->piece_bytes < PIECE_BYTES;
	     i++) {
		p->scan = keyspace_scan(space->keys, p->scan, LONG_AGO, put_key,
					space);
		if (p->scan == 0)
			break;
	}
	if (p->scan != 0 || ++p->scan_space < SPACES)
		return false;
	put_number(p, KS_FENCE, 0, keyspace_last_fence(keys_of(p)));
	put_number(p, RECORD_TIME, hf_clock_ms(), hf_wall_ms());
	return true;
}

/* ---- life --------------------------------------------------------------- */

static void init_space(struct persist *p, uint8_t id, struct keyspace *keys)
{
	p->spaces[id] = (struct space){
		.observer.seen = on_change, .persist = p, .id = id, .keys = keys
	};
}

struct persist *persist_open(struct keyspace *keys, struct keyspace *guards,
			     const struct settings *settings, uv_loop_t *loop,
			     persist_durable_fn *durable, void *arg)
{
	static const struct journal_ops ops = { load, on_durable, put_piece };
	struct persist *p = hf_new(struct persist);

	init_space(p, SPACE_KEYS, keys);
	init_space(p, SPACE_GUARDS, guards);
	p->durable = durable;
	p->arg = arg;
	p->late = lateness_none();
	p->always = settings->durability == DURABILITY_ALWAYS;
	p->conf = (struct journal_conf){
		.dir = settings->dir,
		.app = "lockd",
		.app_version = FORMAT_VERSION,
		.sync = p->always ? JOURNAL_ALWAYS : JOURNAL_EVERYSEC,
		.repair = settings->repair,
		.compact_bytes = COMPACT_BYTES,
	};
	hf_buf_init(&p->record, JOURNAL_RECORD_MAX);
	hf_buf_init(&p->batch, SIZE_MAX / 2);   /* it is cut into parts */
	hf_buf_init(&p->pending, SIZE_MAX / 2); /* by persist_refusing() */
	hf_buf_init(&p->noted, SIZE_MAX / 2);
	p->journal = journal_open(&p->conf, &ops, p, loop);
	if (p->journal == NULL) {
		hf_buf_fini(&p->pending);
		hf_buf_fini(&p->noted);
		hf_buf_fini(&p->record);
		hf_buf_fini(&p->batch);
		free(p);
		return NULL;
	}
	for (size_t i = 0; i < SPACES; i++)
		keyspace_observe(p->spaces[i].keys, &p->spaces[i].observer);
	begin_again(p);
	return p;
}

/*
 * A clean stop. What an earlier one has left behind is missing yet, though,
 * for as long as nothing is granted.
 */
static void note_end(struct persist *p, int64_t now_ms)
{
	int64_t shift_ms = keyspace_shift(keys_of(p));

	note_time(p, now_ms);
	if (p->shift.said_ms != shift_ms)
		say_shift(p, shift_ms);
	add(p, &(struct record){ .kind = RECORD_STOPPED });
	if (p->closed_until_ms > now_ms)
		add_horizon(p, p->closed_until_ms - shift_ms, 0);
}

int persist_close(struct persist **persist)
{
	struct persist *p = *persist;
	int rc;

	if (p == NULL)
		return 0;
	*persist = NULL;
	for (size_t i = 0; i < SPACES; i++)
		hf_list_remove(&p->spaces[i].observer.all);
	note_end(p, hf_clock_ms());
	rc = journal_close(&p->journal);
	hf_buf_fini(&p->pending);
	hf_buf_fini(&p->noted);
	hf_buf_fini(&p->record);
	hf_buf_fini(&p->batch);
	free(p);
	return rc;
}

uint64_t persist_wait_for(const struct persist *p)
{
	if (p == NULL)
		return 0;
	return p->always ? last_seq(p) : p->horizon_seq;
}

uint64_t persist_last(const struct persist *p)
{
	return p == NULL ? 0 : last_seq(p);
}

uint64_t persist_durable(const struct persist *p)
{
	return p == NULL ? 0 : journal_durable(p->journal);
}

uint64_t persist_sync(struct persist *p)
{
	journal_sync_soon(p->journal);
	return last_seq(p);
}

const char *persist_refusing(const struct persist *p)
{
	return p == NULL ? NULL : journal_refusing(p->journal);
}

int64_t persist_closed_until_ms(const struct persist *p)
{
	return p == NULL ? 0 : p->closed_until_ms;
}

const struct journal_counts *persist_counts(const struct persist *p)
{
	return p == NULL ? NULL : journal_counts(p->journal);
}
