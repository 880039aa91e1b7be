#include "config.h"

#include "ephemerald/persist.h"

#include "ephemerald/change.h"
#include "ephemerald/txn.h"
#include "libhold/log.h"
#include "libhold/mem.h"

#include <stdlib.h>

#define FORMAT_VERSION 1
#define COMPACT_BYTES  (64 * 1024 * 1024)
#define GATHER_MOST    16           /* serving more takes longer than a sync */
#define PIECE_BUCKETS  128          /* of a snapshot, between two turns */
#define PIECE_BYTES    (128 * 1024) /* about: much data is one */

enum scan_part { SCAN_SESSIONS, SCAN_NODES };

struct persist {
	struct zdb *db;
	struct journal *journal;
	struct journal_conf conf;
	persist_durable_fn *durable;
	void *arg;
	struct hf_buf record;
	bool always;  /* else everysec */
	bool stopped; /* while loading: the last record is of a clean stop */
	int64_t ceiling;
	uint64_t ceiling_seq;   /* its record */
	int64_t ceiling_before; /* what holds until that is on disk */
	uint64_t durable_seq;
	struct hf_buf zxids; /* int64_t each, of the records behind it */
	/* Of the snapshot under way: */
	enum scan_part scan_part;
	uint64_t scan; /* cursor */
	size_t piece_bytes;
};

/* ---- changes --------------------------------------------------------------
 */

/* Of records that are not on disk, oldest first. */
static size_t n_awaited(const struct persist *p)
{
	return hf_buf_len(&p->zxids) / sizeof(int64_t);
}

static int64_t awaited_zxid(const struct persist *p, size_t i)
{
	int64_t zxid;

	memcpy(&zxid, hf_buf_slice(&p->zxids).data + i * sizeof(zxid),
	       sizeof(zxid));
	return zxid;
}

static bool ceiling_is_durable(const struct persist *p)
{
	return journal_durable(p->journal) >= p->ceiling_seq;
}

static void note_ceiling(struct persist *p, uint64_t seq)
{
	if (ceiling_is_durable(p))
		p->ceiling_before = p->ceiling;
	p->ceiling = p->db->zxid_ceiling;
	p->ceiling_seq = seq;
	journal_sync_soon(p->journal);
}

static void on_record(void *arg, int64_t zxid, struct hf_slice record)
{
	struct persist *p = arg;
	uint64_t seq = journal_add(p->journal, record);

	if (p->always)
		hf_buf_add(&p->zxids, &zxid, sizeof(zxid));
	if (p->ceiling != p->db->zxid_ceiling)
		note_ceiling(p, seq);
}

static void note_durable(struct persist *p, uint64_t seq)
{
	size_t n = (size_t)(seq - p->durable_seq);

	if (n == 0 || !p->always)
		return;
	p->durable_seq = seq;
	hf_buf_consume(&p->zxids, n * sizeof(int64_t));
}

static void on_durable(void *arg, uint64_t seq)
{
	struct persist *p = arg;

	note_durable(p, seq);
	p->durable(p->arg, seq);
}

/* ---- loading --------------------------------------------------------------
 */

static int load(void *arg, const struct journal_header *header,
		struct hf_slice bytes)
{
	struct persist *p = arg;

	return change_load(p->db, bytes, header->snapshot, &p->stopped);
}

static void begin_again(struct persist *p)
{
	struct zdb *db = p->db;

	if (!p->stopped && db->zxid_ceiling > db->zxid)
		db->zxid = db->zxid_ceiling;
	db->zxid_ceiling = db->zxid; /* the next one writes a new one */
	p->ceiling = p->ceiling_before = db->zxid_ceiling;
	p->durable_seq = journal_last(p->journal);
}

/* ---- snapshots ------------------------------------------------------------
 */

_Static_assert(TXN_RECORD_MAX <= JOURNAL_RECORD_MAX,
	       "the journal takes every transaction");

static struct hf_buf *begin_record(struct persist *p)
{
	hf_buf_reset(&p->record, 4096);
	change_begin(&p->record, p->db->zxid, 0);
	return &p->record;
}

static void add_record(struct persist *p)
{
	struct hf_slice record = hf_buf_slice(&p->record);

	p->piece_bytes += record.len;
	journal_snapshot_add(p->journal, record);
}

static void put_node(void *arg, struct znode *node)
{
	struct persist *p = arg;

	change_put_node(begin_record(p), node);
	add_record(p);
}

static void put_session(void *arg, struct session *session)
{
	struct persist *p = arg;

	change_put_session(begin_record(p), session);
	add_record(p);
}

static void put_first(struct persist *p)
{
	struct hf_buf *record = begin_record(p);

	p->scan_part = SCAN_SESSIONS;
	p->scan = 0;
	change_put_ceiling(record, p->db->zxid_ceiling);
	change_put_reaped(record, p->db->reaped_number);
	change_put_node(record, ztree_root(p->db->tree));
	add_record(p);
}

static uint64_t scan_on(struct persist *p)
{
	return p->scan_part == SCAN_SESSIONS
		   ? sessions_scan(p->db->sessions, p->scan, put_session, p)
		   : ztree_scan(p->db->tree, p->scan, put_node, p);
}

static bool put_piece(void *arg, bool first)
{
	struct persist *p = arg;

	if (first)
		put_first(p);
	p->piece_bytes = 0;
	for (int i = 0; i < PIECE_BUCKETS && p->piece_bytes < PIECE_BYTES;
	     i++) {
		p->scan = scan_on(p);
		if (p->scan == 0)
			break;
	}
	if (p->scan != 0)
		return false;
	return p->scan_part++ == SCAN_NODES;
}

/* ---- life -----------------------------------------------------------------
 */

struct persist *persist_open(struct zdb *db, const struct settings *settings,
			     uv_loop_t *loop, persist_durable_fn *durable,
			     void *arg)
{
	static const struct journal_ops ops = { load, on_durable, put_piece };
	struct persist *p = hf_new(struct persist);

	p->db = db;
	p->durable = durable;
	p->arg = arg;
	p->always = settings->durability == DURABILITY_ALWAYS;
	p->conf = (struct journal_conf){
		.dir = settings->dir,
		.app = "ephemerald",
		.app_version = FORMAT_VERSION,
		.sync = p->always ? JOURNAL_ALWAYS : JOURNAL_EVERYSEC,
		.repair = settings->repair,
		.compact_bytes = COMPACT_BYTES,
		.gather_most = GATHER_MOST,
	};
	hf_buf_init(&p->record, JOURNAL_RECORD_MAX);
	hf_buf_init(&p->zxids, SIZE_MAX / 2); /* by persist_refusing() */
	p->journal = journal_open(&p->conf, &ops, p, loop);
	if (p->journal == NULL) {
		hf_buf_fini(&p->record);
		hf_buf_fini(&p->zxids);
		free(p);
		return NULL;
	}
	begin_again(p);
	db->record = on_record;
	db->record_arg = p;
	return p;
}

int persist_close(struct persist **persist)
{
	struct persist *p = *persist;
	int rc;

	if (p == NULL)
		return 0;
	*persist = NULL;
	p->db->record = NULL;
	change_put_stopped(begin_record(p), p->db->zxid);
	journal_add(p->journal, hf_buf_slice(&p->record));
	rc = journal_close(&p->journal);
	hf_buf_fini(&p->record);
	hf_buf_fini(&p->zxids);
	free(p);
	return rc;
}

int64_t persist_settled_zxid(const struct persist *p, const struct zdb *db)
{
	if (p != NULL && p->always && n_awaited(p) > 0)
		return awaited_zxid(p, 0) - 1;
	if (p != NULL && !ceiling_is_durable(p))
		return p->ceiling_before;
	return db->zxid;
}

/* How many of the records that are not on disk have such a number. */
static size_t n_awaited_up_to(const struct persist *p, int64_t zxid)
{
	size_t from = 0, to = n_awaited(p);

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (awaited_zxid(p, middle) <= zxid)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

uint64_t persist_wait_for(const struct persist *p, int64_t zxid)
{
	size_t n;

	if (p == NULL || zxid <= persist_settled_zxid(p, p->db))
		return 0;
	if (!p->always)
		return ceiling_is_durable(p) ? 0 : p->ceiling_seq;
	n = n_awaited_up_to(p, zxid);
	return n == 0 ? 0 : p->durable_seq + n;
}

void persist_note_waiter(struct persist *p)
{
	if (p != NULL)
		journal_note_waiter(p->journal);
}

const char *persist_refusing(const struct persist *p)
{
	return p == NULL ? NULL : journal_refusing(p->journal);
}

bool persist_failing(const struct persist *p)
{
	return p != NULL && journal_failing(p->journal);
}

const struct journal_counts *persist_counts(const struct persist *p)
{
	return p == NULL ? NULL : journal_counts(p->journal);
}
