#include "config.h"

#include "lockd/client.h"

#include "lockd/command.h"

void client_opened(struct lockd *lockd, struct client *client)
{
	client->id = ++lockd->last_client_id;
	client->protocol = 2;
	hf_list_init(&client->all);
	hf_list_append(&lockd->clients, &client->all);
}

void client_closed(struct lockd *lockd, struct client *client)
{
	HF_UNUSED(lockd);
	hf_list_remove(&client->all);
}
