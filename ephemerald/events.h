/*
 * What a watcher is told, as a frame to its connection.
 */
#ifndef EPHEMERALD_EVENTS_H
#define EPHEMERALD_EVENTS_H

#include "ephemerald/client.h"

/* A watch_tell_fn; arg: struct ephemerald. */
void events_tell(void *arg, struct watcher *watcher,
		 const struct watch_event *event);

/*
 * Without asking an ACL: what a client missed. It waits until the disk has all
 * changes up to zxid.
 */
void events_send(struct ephemerald *e, struct client *client,
		 enum zk_event type, struct hf_slice path, int64_t zxid);

#endif
