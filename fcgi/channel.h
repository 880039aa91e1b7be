/*
 * What the live view of each event has still to be told, and when.
 *
 * CORE: told the time, no sockets. Changes of one seat are merged: a frame has
 * its last state. A channel says at most one frame in CHANNEL_PAUSE_MS; when
 * it has more to say than a frame holds, or when something was lost, it says
 * that all is to be fetched anew.
 *
 * A frame: {"t":ms,"c":[[ordinal,"letter",version],...]} or
 * {"t":ms,"resync":true}, both with "sale":{"state":...,"opens_at":...} when
 * the box office changed an event's terms; t is when it was made, by the wall
 * clock. It names no client and no deadline.
 */
#ifndef FCGI_CHANNEL_H
#define FCGI_CHANNEL_H

#include "libhold/buf.h"
#include "libhold/heap.h"

enum {
	CHANNEL_PAUSE_MS = 100,
	CHANNEL_AGAIN_MS = 25,    /* after somebody else's frame came first */
	CHANNEL_SEATS_MAX = 2000, /* in a frame */
	CHANNEL_FRAME_MAX = 128 * 1024,
	CHANNEL_SALE_MAX = 127, /* bytes of what is said of a sale */
	CHANNEL_EVENT_MAX = 63, /* bytes of an event's id, without the NUL */
};

struct channel_seat {
	int64_t ordinal;
	int64_t version;
	char letter;
};

struct channel {
	char event[CHANNEL_EVENT_MAX + 1];
	int64_t next_ms; /* nothing is said before this */
	bool resync;
	char sale[CHANNEL_SALE_MAX + 1]; /* JSON; "": nothing to say of it */
	size_t n;
	struct channel_seat seats[CHANNEL_SEATS_MAX]; /* by ordinal */
};

/* One for each event that was ever named. */
struct channels {
	struct channel **all;
	size_t n;
	size_t turn; /* who is looked at first: each in its turn */
};

void channels_init(struct channels *channels);
void channels_fini(struct channels *channels);

/* A seat is like this now. An id that is too long is no event's, and dropped.
 */
void channels_note(struct channels *channels, const char *event,
		   const struct channel_seat *seat);

/* Its sale is like this now; opens_at: RFC 3339, or NULL. */
void channels_sale(struct channels *channels, const char *event,
		   const char *sale, const char *opens_at);

/* Something of it may have been lost. */
void channels_resync(struct channels *channels, const char *event);

/* One that has something to say and may say it now, or NULL. */
struct channel *channels_ready(struct channels *channels, int64_t now_ms);

/* When one may, at the earliest; HF_NEVER: nobody has anything to say. */
int64_t channels_next_ms(const struct channels *channels);

/* What it says; it is not said yet. */
void channel_frame(const struct channel *channel, int64_t wall_ms,
		   struct hf_buf *out);

/* It was said: all of it is forgotten. */
void channel_said(struct channel *channel, int64_t now_ms);

/* It was not: to be tried again soon, with what comes until then. */
void channel_put_off(struct channel *channel, int64_t now_ms);

/* It was not, and nobody knows what subscribers have missed. */
void channel_missed(struct channel *channel);

#endif
