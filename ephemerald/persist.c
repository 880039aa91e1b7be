#include "config.h"

#include "ephemerald/persist.h"

#include "ephemerald/change.h"
#include "ephemerald/txn.h"
#include "libhold/log.h"
#include "libhold/mem.h"

#include <stdlib.h>

#define FORMAT_VERSION 1
#define COMPACT_BYTES  (64 * 1024 * 1024)
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
	uint64_t ceiling_seq; /* its record */
	/* A change and its number, and whether the disk has them. */
	int64_t durable_zxid, awaited_zxid;
	uint64_t awaited_seq;
	/* Of the snapshot under way: */
	enum scan_part scan_part;
	uint64_t scan; /* cursor */
	size_t piece_bytes;
};

/* ---- changes --------------------------------------------------------------
 */

static void await_next(struct persist *p)
{
	p->awaited_zxid = p->db->zxid;
	p->awaited_seq = journal_last(p->journal);
}

static void on_record(void *arg, struct hf_slice record)
{
	struct persist *p = arg;
	uint64_t seq = journal_add(p->journal, record);

	if (p->ceiling != p->db->zxid_ceiling) {
		p->ceiling = p->db->zxid_ceiling;
		p->ceiling_seq = seq;
		journal_sync_soon(p->journal);
	}
}

static void on_durable(void *arg, uint64_t seq)
{
	struct persist *p = arg;

	if (seq >= p->awaited_seq) {
		p->durable_zxid = p->awaited_zxid;
		await_next(p);
	}
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
	p->ceiling = db->zxid_ceiling;
	p->durable_zxid = db->zxid;
	await_next(p);
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
	};
	hf_buf_init(&p->record, JOURNAL_RECORD_MAX);
	p->journal = journal_open(&p->conf, &ops, p, loop);
	if (p->journal == NULL) {
		hf_buf_fini(&p->record);
		free(p);
		return NULL;
	}
	begin_again(p);
	db->record = on_record;
	db->record_arg = p;
	return p;
}

void persist_close(struct persist **persist)
{
	struct persist *p = *persist;

	if (p == NULL)
		return;
	*persist = NULL;
	p->db->record = NULL;
	change_put_stopped(begin_record(p), p->db->zxid);
	journal_add(p->journal, hf_buf_slice(&p->record));
	journal_close(&p->journal);
	hf_buf_fini(&p->record);
	free(p);
}

uint64_t persist_wait_for(const struct persist *p)
{
	if (p == NULL)
		return 0;
	return p->always ? journal_last(p->journal) : p->ceiling_seq;
}

int64_t persist_durable_zxid(const struct persist *p, const struct zdb *db)
{
	return p == NULL || !p->always ? db->zxid : p->durable_zxid;
}

const char *persist_refusing(const struct persist *p)
{
	return p == NULL ? NULL : journal_refusing(p->journal);
}

const struct journal_counts *persist_counts(const struct persist *p)
{
	return p == NULL ? NULL : journal_counts(p->journal);
}
