/*
 * --max-memory: how much the state may take before no more may come to it.
 *
 * Nothing is ever evicted: a lock that goes before its time is no lock. So
 * past the limit commands that may need memory that stays are refused
 * (COMMAND_DENY_OOM in command.h), as Redis does under "noeviction"; whoever
 * releases, extends, deletes or looks is served.
 */
#ifndef LOCKD_MEMORY_H
#define LOCKD_MEMORY_H

#include "lockd/lockd.h"

/*
 * What one client may queue after MULTI, and watch, past the limit: enough to
 * give back what it holds in one transaction.
 */
enum { MEMORY_SPARE_BYTES = 64 * 1024 };

/*
 * Bytes, about, of what clients leave here to stay: keys and guards, locks
 * with who waits for them, what is queued and watched for transactions.
 * Buffers of connections and scripts have limits of their own.
 */
size_t memory_used(const struct lockd *lockd);

/* Has it reached the limit? Never without one. */
bool memory_is_full(const struct lockd *lockd);

/*
 * Redis's way to write bytes: digits, then nothing or b, k (1000), kb (1024),
 * m, mb, g, gb. False for other text, and for more than fits.
 */
bool memory_parse(struct hf_slice text, int64_t *bytes_out) HF_MUSTUSE;

#endif
