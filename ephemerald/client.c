#include "config.h"

#include "ephemerald/client.h"

#include "ephemerald/ephemerald.h"
#include "libhold/clock.h"

#include <stdio.h>

void client_opened(struct ephemerald *e, struct client *client, int64_t now_ms)
{
	hf_list_init(&client->all);
	hf_list_append(&e->clients, &client->all);
	hf_list_init(&client->stranger);
	hf_list_append(&e->strangers, &client->stranger);
	acl_who_init(&client->who);
	watch_join(&client->watcher);
	client->opened_ms = now_ms;
	client->stats.last_heard_ms = now_ms;
	client->stats.since_wall_ms = hf_wall_ms();
}

void client_closed(struct ephemerald *e, struct client *client)
{
	if (client->session != NULL)
		client->session->client = NULL;
	client->session = NULL;
	watch_leave(e->db.watches, &client->watcher);
	acl_who_fini(&client->who);
	hf_list_remove(&client->stranger);
	hf_list_remove(&client->all);
}

/* A Unix socket's client is on this machine. */
void client_is_at(struct client *client, const char *address)
{
	struct hf_slice ip = hf_slice_of(address);

	snprintf(client->address, sizeof(client->address), "%s", address);
	if (strncmp(address, "unix:", 5) == 0) {
		ip = HF_SLICE("127.0.0.1");
	} else {
		while (ip.len > 0 && ip.data[ip.len - 1] != ':')
			ip.len--;
		ip.len -= ip.len > 0;
	}
	if (ip.len > 1 && ip.data[0] == '[') {
		ip.data++;
		ip.len -= 2;
	}
	acl_who_add(&client->who, HF_SLICE("ip"), ip);
}

void client_end(struct client *client)
{
	client->over = true;
	client->ops->close_soon(client);
}
