/*
 * Between the lock table and clients: who is told, and who is gone.
 *
 * The table (locktab.h) knows neither clients nor time; this module gives it
 * both, and writes its answers and notices to clients and channels.
 */
#ifndef LOCKD_LOCKS_H
#define LOCKD_LOCKS_H

#include "lockd/client.h"
#include "lockd/command.h"
#include "lockd/locktab.h"

void locks_init(struct lockd *lockd, uint64_t seed);
void locks_fini(struct lockd *lockd); /* after the last client has gone */

/*
 * After the keyspace was read from disk, before the first client: who held a
 * lock before a restart is known again.
 */
void locks_recover(struct lockd *lockd, int64_t now_ms);

void locks_client_opened(struct client *client);
/* The server's own end is not held against the holders. */
void locks_client_closed(struct lockd *lockd, struct client *client);

/* After each request: serves who waits for what it has freed. */
void locks_settle(struct lockd *lockd, int64_t now_ms);
/* When it wants to be called next, or HF_NEVER. */
int64_t locks_tick(struct lockd *lockd, int64_t now_ms);
/* Nobody in line is served since the disk refuses, until the next tick. */
bool locks_held_up(const struct lockd *lockd);
int64_t locks_next_due_ms(const struct lockd *lockd);
/* No hold ends, nobody is warned; who waits does so by the clock. */
void locks_stand_still(struct lockd *lockd, bool still);

/* The time for the table, in a call and at any moment. */
struct lock_now locks_now(const struct call *call);

/* The caller waits: the table's hook will answer. */
void locks_wait(struct call *call);

/* [token, remaining ms]; -1 ms: without a deadline. */
void reply_grant(struct reply *reply, const struct lock_grant *grant);

/* The client whose session this is; NULL for NULL. */
struct client *locks_client(struct lock_session *session);

#endif
