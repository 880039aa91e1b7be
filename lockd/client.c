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

/* Visible ASCII only, so that names can stand in one line of a list. */
static bool is_plain(struct hf_slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '!' || text.data[i] > '~')
			return false;
	}
	return true;
}

bool client_note(struct call *call, struct hf_slice value, const char *what,
		 char *field, size_t room)
{
	if (!is_plain(value)) {
		reply_error(call->reply,
			    "ERR %s cannot contain spaces, newlines or "
			    "special characters.",
			    what);
		return false;
	}
	if (value.len >= room) {
		reply_error(call->reply, "ERR %s is longer than %zu bytes",
			    what, room - 1);
		return false;
	}
	if (value.len > 0)
		memcpy(field, value.data, value.len);
	field[value.len] = '\0';
	return true;
}

bool client_note_name(struct call *call, struct hf_slice name)
{
	return client_note(call, name, "Client names", call->client->name,
			   sizeof(call->client->name));
}
