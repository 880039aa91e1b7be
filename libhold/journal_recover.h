/*
 * What a crash left: reads a journal's folder back.
 */
#ifndef HOLD_JOURNAL_RECOVER_H
#define HOLD_JOURNAL_RECOVER_H

#include "libhold/journal.h"

struct journal_recovered {
	uint64_t generation; /* of the last file there is; 0: none */
	size_t end;          /* of its log; 0: there is none */
	uint64_t records;
	uint64_t cut_bytes;
	uint64_t logs;    /* since the newest snapshot */
	size_t log_bytes; /* in all of them */
	bool repaired;    /* refused again, until there is a new snapshot */
};

/*
 * Gives every record, oldest first, to load, and cuts what was torn. 0, or a
 * negative code after a line in the log: a file cannot be read, or what is in
 * it is not explained by a crash and conf->repair is not set.
 */
int journal_recover(int dir_fd, const struct journal_conf *conf,
		    journal_each_fn *load, void *arg,
		    struct journal_recovered *out) HF_MUSTUSE;

#endif
