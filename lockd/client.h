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
#include "lockd/locktab.h"
#include "lockd/reply.h"
#include "lockd/watch.h"

enum { CLIENT_NAME_MAX = 128, CLIENT_LIB_MAX = 64 };

struct call;
struct client;
struct command;
struct lockd;
struct multi;
struct pubsub_side;

enum { CLIENT_ADDR_MAX = 128 };

/* Where a client is connected, for people. */
struct client_place {
	char addr[CLIENT_ADDR_MAX];  /* the peer's */
	char laddr[CLIENT_ADDR_MAX]; /* ours */
	int fd;
	bool is_unix;
	size_t in_bytes, out_bytes; /* waiting to be run, to be sent */
};

/* What the server does for a client. */
struct client_ops {
	struct reply *(*reach)(struct client *client);
	struct reply *(*reach_at_once)(struct client *client);
	void (*pause)(struct client *client);
	void (*resume)(struct client *client);
	void (*close)(struct client *client);
	void (*kill)(struct client *client);
	void (*place)(struct client *client, struct client_place *out);
	bool (*alive)(struct client *client);
	uint32_t (*watch_peer)(struct client *client);
};

/* CLIENT REPLY: which answers a client wants. */
enum client_replies {
	CLIENT_REPLIES_ON,
	CLIENT_REPLIES_OFF,
	CLIENT_REPLIES_SKIP_NEXT, /* not the next one */
	CLIENT_REPLIES_SKIP,      /* not this one; then on again */
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
	bool authenticated;
	bool killed; /* by CLIENT KILL: to be shown no more */
	bool no_evict, no_touch;
	enum client_replies replies;
	int64_t opened_ms, active_ms; /* boot clock: its coming, last request */
	uint64_t hold_until; /* its answer waits for that record; 0: no */
	const struct command *last;  /* its last command; NULL: none yet */
	const char *last_sub;        /* and subcommand; NULL: none */
	struct pubsub_side *listens; /* pubsub's; NULL: to nothing */
	struct hf_list monitor;      /* on lockd->monitors */
	struct hf_list postponed;    /* on lockd->pause.postponed */
	/*
	 * Set while a command of it waits for something: ends that wait with
	 * an answer (error: -UNBLOCKED, else as if its time were over). Who
	 * pauses a client for long sets it, and clears it with the wait.
	 */
	void (*unblock)(struct lockd *lockd, struct client *client, bool error);
	struct multi *multi;       /* multi's; NULL: it queues nothing */
	struct watcher watcher;    /* WATCH */
	struct lock_session locks; /* what it holds and waits for */
	struct {
		bool unheard;   /* it wants no answer (CLIENT REPLY) */
		bool unblocked; /* by CLIENT UNBLOCK ERROR */
	} lock_wait;
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
 * As client_reach(), for what tells of no change: it does not wait for the
 * disk (but behind what does).
 */
static inline struct reply *client_reach_at_once(struct client *client)
{
	return client->ops->reach_at_once(client);
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

/* Ends the connection at once, unread replies or not. */
static inline void client_kill(struct client *client)
{
	client->killed = true;
	client->ops->kill(client);
}

static inline void client_place(struct client *client, struct client_place *out)
{
	client->ops->place(client, out);
}

/*
 * end (addr or laddr of place) as CLIENT LIST and KILL write it: a Unix
 * socket's is "/path:0".
 */
void client_address(const struct client_place *place, const char *end,
		    char *out, size_t room);

/* To be run before and after a request of client, outside scripts. */
void client_begins(struct lockd *lockd, struct client *client, int64_t now_ms);
void client_ended(struct client *client);

/* As when it had just connected, for RESET; its name is kept by nobody. */
void client_reset(struct lockd *lockd, struct client *client);

/* No password is asked for, or it has given the right one. */
bool client_is_known(const struct lockd *lockd, const struct client *client);

/* Is the answer to the request that runs now wanted? */
static inline bool client_wants_reply(const struct client *client)
{
	return client->replies == CLIENT_REPLIES_ON ||
	       client->replies == CLIENT_REPLIES_SKIP_NEXT;
}

/* Only commands about subscriptions are taken of it (RESP2). */
bool client_only_listens(const struct client *client);

/*
 * CLIENT PAUSE: requests that begin before until_ms wait; only those that may
 * write unless all. Never shortens a pause that is in force.
 */
void client_pause_all(struct lockd *lockd, int64_t until_ms, bool all,
		      int64_t now_ms);
void client_unpause_all(struct lockd *lockd);

/*
 * Must this request wait for the end of a CLIENT PAUSE? Then its client is
 * paused, and the request is to be handed in again when it resumes.
 */
bool client_postpone(struct call *call);

/*
 * Ends pauses that are over and drops clients idle beyond CONFIG's timeout.
 * Gives when it wants to be called next, or HF_NEVER.
 */
int64_t client_tick(struct lockd *lockd, int64_t now_ms);

/* Is it worth telling it something, or is its connection ending? */
static inline bool client_alive(struct client *client)
{
	return client->ops->alive(client);
}

/*
 * From now on the death of the process that connected (over a Unix socket)
 * ends the connection. Gives its id, 0 if it cannot be told.
 */
static inline uint32_t client_watch_peer(struct client *client)
{
	return client->ops->watch_peer(client);
}

/* Ends the connection after what was written to it has left. */
static inline void client_close(struct client *client)
{
	client->ops->close(client);
}

#endif
