#include "config.h"

#include "libhold/journal_recover.h"

#include "libhold/err.h"
#include "libhold/journal_dir.h"
#include "libhold/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* One recovery under way. */
struct recovery {
	int dir_fd;
	const struct journal_conf *conf;
	journal_each_fn *load;
	void *arg;
	struct journal_files files;
	uint64_t last_written; /* the last log with anything in it */
	uint64_t log_needs;    /* bytes of the snapshot's log it counts on */
	struct journal_recovered *out;
};

/* One file of it. */
struct part {
	bool is_log;
	uint64_t generation;
	char name[JOURNAL_NAME_BYTES];
	int fd;
	char *memory;
	struct hf_slice bytes;
};

static struct part part_of(const char *kind, uint64_t generation)
{
	struct part part = { .is_log = strcmp(kind, "log") == 0,
			     .generation = generation,
			     .fd = -1 };

	journal_file_name(part.name, kind, generation);
	return part;
}

static int refuse(const struct recovery *r, const struct part *part,
		  const char *why)
{
	hf_warnx("the journal is damaged file=%s/%s: %s; restore a copy, or "
		 "start with --repair to keep what can be read",
		 r->conf->dir, part->name, why);
	return HF_EBAD;
}

static int fail(const struct recovery *r, const struct part *part, int err)
{
	hf_warnx("the journal cannot be read file=%s/%s: %s", r->conf->dir,
		 part->name, hf_strerror(err));
	return err;
}

static void close_part(struct part *part)
{
	free(part->memory);
	close(part->fd);
}

static int open_part(struct recovery *r, struct part *part)
{
	int rc;

	part->fd = openat(r->dir_fd, part->name, O_RDWR | O_CLOEXEC);
	if (part->fd < 0)
		return -errno;
	rc = journal_read_file(part->fd, &part->memory, &part->bytes);
	if (rc < 0)
		close_part(part);
	return rc;
}

static bool all_zero(const char *p, size_t len)
{
	return len == 0 || (p[0] == 0 && memcmp(p, p + 1, len - 1) == 0);
}

/* Anything behind the header. */
static bool has_records(const struct part *part)
{
	return part->bytes.len > JOURNAL_HEADER_BYTES &&
	       !all_zero(part->bytes.data + JOURNAL_HEADER_BYTES,
			 part->bytes.len - JOURNAL_HEADER_BYTES);
}

/* Has a record ever been written to this log? Then all before it is on disk. */
static bool was_written(struct recovery *r, uint64_t generation)
{
	struct part part = part_of("log", generation);
	bool written;

	if (open_part(r, &part) < 0)
		return false;
	written = has_records(&part);
	close_part(&part);
	return written;
}

/* What its header must say to be ours. */
static bool header_fits(const struct recovery *r, const struct part *part,
			const struct journal_header *header)
{
	return header->generation == part->generation &&
	       header->app_version == r->conf->app_version &&
	       strcmp(header->app, r->conf->app) == 0;
}

/* Cuts the file behind its last whole record. */
static int cut(struct recovery *r, struct part *part, size_t whole_bytes)
{
	size_t lost = part->bytes.len - whole_bytes;

	hf_warnx("journal cut file=%s/%s kept_bytes=%zu cut_bytes=%zu",
		 r->conf->dir, part->name, whole_bytes, lost);
	r->out->cut_bytes += lost;
	if (ftruncate(part->fd, (off_t)whole_bytes) < 0)
		return fail(r, part, -errno);
	return 0;
}

/*
 * What was read may be in the kernel's memory alone, and even be what a sync
 * failed to write: then the next sync writes nothing and says it did. So it is
 * written once more, before anything is built on it.
 */
static int settle(const struct recovery *r, const struct part *part,
		  const struct journal_scan *scan)
{
	struct hf_slice again = { part->bytes.data + scan->synced,
				  scan->whole_bytes - scan->synced };
	int rc = journal_write_at(part->fd, again, scan->synced);

	if (rc == 0)
		rc = journal_sync(part->fd);
	return rc < 0 ? fail(r, part, rc) : 0;
}

/*
 * A log in which no change is was being made, or nothing came after. It goes:
 * then each log but the first has the mark about the one before it.
 */
static bool is_unborn(const struct recovery *r, const struct part *part,
		      enum journal_found found, const struct journal_scan *scan)
{
	if (!part->is_log || part->generation <= r->files.snapshot ||
	    part->generation < r->last_written || scan->records > 0)
		return false;
	return scan->whole_bytes == 0 ? !has_records(part)
				      : found != JOURNAL_BROKEN;
}

static int remove_unborn(struct recovery *r, const struct part *part)
{
	if (unlinkat(r->dir_fd, part->name, 0) < 0)
		return fail(r, part, -errno);
	return 0;
}

/* The snapshot may show changes up to there: less would be no past state. */
static bool too_short(const struct recovery *r, const struct part *part,
		      const struct journal_scan *scan)
{
	return part->is_log && part->generation == r->files.snapshot &&
	       scan->whole_bytes < r->log_needs;
}

/* Its mark says where the log before it ended. */
static int check_mark(struct recovery *r, const struct part *part,
		      const struct journal_scan *scan)
{
	struct part before = part_of("log", part->generation - 1);

	if (!part->is_log || scan->mark == 0 || scan->mark == r->out->end ||
	    r->out->generation != before.generation)
		return 0;
	r->out->repaired = true;
	return r->conf->repair ? 0 : refuse(r, &before, "its end is missing");
}

static int judge(struct recovery *r, struct part *part,
		 enum journal_found found, const struct journal_scan *scan)
{
	bool unfinished = part->is_log && part->generation >= r->last_written;
	bool cut_short = too_short(r, part, scan);

	if (scan->whole_bytes > 0 && !header_fits(r, part, &scan->header))
		return refuse(r, part,
			      "it is of another program, version or folder");
	if (found == JOURNAL_WHOLE && part->is_log != scan->ended && !cut_short)
		return 0;
	if (found == JOURNAL_TORN && unfinished && scan->whole_bytes > 0 &&
	    !cut_short)
		return cut(r, part, scan->whole_bytes);
	if (!r->conf->repair)
		return refuse(r, part,
			      found == JOURNAL_BROKEN
				  ? "a record in it cannot be read"
				  : "its end is missing");
	r->out->repaired = true;
	return cut(r, part, scan->whole_bytes);
}

static void count(struct recovery *r, const struct part *part,
		  const struct journal_scan *scan)
{
	struct journal_recovered *out = r->out;

	out->records += scan->records;
	if (scan->whole_bytes > 0)
		out->generation = part->generation;
	if (!part->is_log) {
		r->log_needs = scan->mark;
		return;
	}
	out->logs++;
	out->log_bytes += scan->whole_bytes;
	if (scan->whole_bytes > 0)
		out->end = scan->whole_bytes;
}

static int take_part(struct recovery *r, struct part *part,
		     enum journal_found found, const struct journal_scan *scan)
{
	int rc = check_mark(r, part, scan);

	if (rc == 0 && is_unborn(r, part, found, scan))
		return remove_unborn(r, part);
	if (rc == 0)
		rc = judge(r, part, found, scan);
	if (rc == 0 && part->is_log)
		rc = settle(r, part, scan);
	count(r, part, scan);
	return rc;
}

static int load_part(struct recovery *r, const char *kind, uint64_t generation)
{
	struct part part = part_of(kind, generation);
	struct journal_scan scan;
	enum journal_found found;
	int rc = open_part(r, &part);

	if (rc == -ENOENT && r->conf->repair) {
		hf_warnx("journal goes on without file=%s/%s", r->conf->dir,
			 part.name);
		r->out->repaired = true;
		return 0;
	}
	if (rc < 0)
		return rc == -ENOENT ? refuse(r, &part, "it is missing")
				     : fail(r, &part, rc);
	found = journal_read(part.bytes, r->load, r->arg, &scan);
	rc = take_part(r, &part, found, &scan);
	close_part(&part);
	return rc;
}

static int load_all(struct recovery *r)
{
	const struct journal_files *files = &r->files;
	uint64_t first =
	    files->snapshot > 0 ? files->snapshot : files->first_log;
	int rc = 0;

	if (files->snapshot > 0)
		rc = load_part(r, "snapshot", files->snapshot);
	else if (first > 1)
		rc = load_part(r, "snapshot", first);
	for (uint64_t g = first; rc == 0 && g > 0; g++) {
		if (g > files->last_log && g > first)
			break;
		rc = load_part(r, "log", g);
	}
	return rc;
}

int journal_recover(int dir_fd, const struct journal_conf *conf,
		    journal_each_fn *load, void *arg,
		    struct journal_recovered *out)
{
	struct recovery r = { .dir_fd = dir_fd,
			      .conf = conf,
			      .load = load,
			      .arg = arg,
			      .out = out };
	int rc = journal_dir_list(dir_fd, &r.files);

	*out = (struct journal_recovered){ 0 };
	if (rc < 0) {
		hf_warnx("the journal cannot be read dir=%s: %s", conf->dir,
			 hf_strerror(rc));
		return rc;
	}
	r.last_written = r.files.last_log;
	while (r.last_written > r.files.snapshot &&
	       r.last_written > r.files.first_log &&
	       !was_written(&r, r.last_written))
		r.last_written--;
	return load_all(&r);
}
