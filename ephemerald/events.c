#include "config.h"

#include "ephemerald/events.h"

#include "ephemerald/ephemerald.h"
#include "ephemerald/persist.h"
#include "libhold/zkframe.h"

/* As ZooKeeper 3.8: an event has no number of its own. */
enum { ZXID_OF_EVENT = -1 };

void events_send(struct ephemerald *e, struct client *client,
		 enum zk_event type, struct hf_slice path, int64_t zxid)
{
	struct zk_reply_header header = { ZK_XID_NOTIFICATION, ZXID_OF_EVENT,
					  ZK_OK };
	struct zk_watcher_event event = { type, ZK_STATE_CONNECTED, path };
	struct hf_buf *out = client->ops->out(client, CLIENT_EVENT, zxid);
	size_t begun = zk_frame_begin(out);

	persist_note_waiter(e->persist);
	zk_put_reply_header(out, &header);
	zk_put_watcher_event(out, &event);
	zk_frame_end(out, begun);
	client->stats.sent++;
	e->stats.sent++;
}

void events_tell(void *arg, struct watcher *watcher,
		 const struct watch_event *event)
{
	struct client *client = client_of_watcher(watcher);
	struct ephemerald *e = arg;

	if (acl_allows(event->acl, &client->who, ZK_PERM_READ))
		events_send(e, client, event->type, event->path, e->db.zxid);
}
