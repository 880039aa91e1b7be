/*
 * A peer as commands know it, and the way back to it.
 *
 * A handler answers its own caller through struct call. To speak to another
 * client, or to its own at a later time (a push, an answer that had to wait),
 * it goes through client_reach(); to make a client wait, through
 * client_pause(). Who keeps a pointer to a client drops it in client_closed().
 */
#ifndef LOCKD_CLIENT_H
#define LOCKD_CLIENT_H

#include "libhold/list.h"
#include "lockd/reply.h"

enum { CLIENT_NAME_MAX = 128, CLIENT_LIB_MAX = 64 };

struct call;
struct client;
struct lockd;

/* What the server does for a client. */
struct client_ops {
	struct reply *(*reach)(struct client *client);
	void (*pause)(struct client *client);
	void (*resume)(struct client *client);
	void (*close)(struct client *client);
};

struct client {
	const struct client_ops *ops;
	struct hf_list all; /* on lockd->clients, oldest first */
	uint64_t id;
	int protocol;        /* 2 or 3 */
	bool close_on_reply; /* QUIT: close when the reply has left */
	char name[CLIENT_NAME_MAX + 1];
	char lib_name[CLIENT_LIB_MAX + 1];
	char lib_version[CLIENT_LIB_MAX + 1];
};

/* The server calls these when a peer has come, and before it is freed. */
void client_opened(struct lockd *lockd, struct client *client);
void client_closed(struct lockd *lockd, struct client *client);

/*
 * Copies value into field[room], a text of the caller's client; what names it
 * in the errors. False after an error reply: spaces and control characters
 * may not be in what stands in one line of a list.
 */
bool client_note(struct call *call, struct hf_slice value, const char *what,
		 char *field, size_t room);
bool client_note_name(struct call *call, struct hf_slice name);

/* Where to write to client; it leaves at the end of this turn. */
static inline struct reply *client_reach(struct client *client)
{
	return client->ops->reach(client);
}

/*
 * After pausing, no further request of client is run until it is resumed:
 * what it sent behind this one waits. That it has hung up is still noticed.
 */
static inline void client_pause(struct client *client)
{
	client->ops->pause(client);
}

static inline void client_resume(struct client *client)
{
	client->ops->resume(client);
}

/* Ends the connection after what was written to it has left. */
static inline void client_close(struct client *client)
{
	client->ops->close(client);
}

#endif
