/*
 * Keyspace events: what happens to keys, published for who listens.
 *
 * As https://redis.io/docs/latest/develop/pubsub/keyspace-notifications/ has
 * them: "__keyspace@0__:KEY" carries the event, "__keyevent@0__:EVENT" the
 * key. An event follows from the change and from the command that makes it;
 * what changes a lock of LOCK.ACQUIRE is called "lock".
 * Off at first, and then nobody observes the keyspace: it costs nothing.
 */
#ifndef LOCKD_NOTIFY_H
#define LOCKD_NOTIFY_H

#include "lockd/lockd.h"

enum { NOTIFY_TEXT_MAX = 16 };

struct notify;

struct notify *notify_new(struct lockd *lockd); /* which must outlive it */
void notify_free(struct notify **notify);       /* and sets it to NULL */

/* Letters, as in notify-keyspace-events, to flags and back. 0 or HF_EBAD. */
int notify_parse(struct hf_slice text, unsigned *flags_out) HF_MUSTUSE;
void notify_format(unsigned flags, char out[NOTIFY_TEXT_MAX]);

void notify_set(struct notify *notify, unsigned flags);
unsigned notify_flags(const struct notify *notify);

#endif
