#include "config.h"

#include "fcgi/publisher.h"

#include "fcgi/backoff.h"
#include "fcgi/channel.h"
#include "fcgi/live_store.h"
#include "fcgi/pause.h"
#include "fcgi/post.h"
#include "libhold/clock.h"
#include "libhold/log.h"
#include "libhold/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum {
	FAREWELL_MS = 1000,
	OFFICE_MS = 300,
};

struct queue {
	char (*ids)[TICKET_ID_MAX + 1];
	size_t n;
	bool lost; /* there was no room for all */
};

struct publisher {
	pthread_t thread;
	struct pause pause; /* its lock is that of the next three */
	struct queue told;
	uint64_t dropped;
	bool stopping;

	/* The thread's own. */
	struct queue taken;
	bool lost; /* of which events, is still to be found out */
	int64_t look_ms;
	int64_t office_ms; /* when to look what the box office changed */
	int64_t farewell_ms;
	struct live_store *store;
	struct meter *meter;
	struct post *post;
	struct backoff backoff; /* of post */
	struct channels channels;
	struct hf_buf frame;
};

/* ---- told by any thread -------------------------------------------------- */

static void put(struct publisher *p, const char *id)
{
	struct queue *queue = &p->told;
	size_t len = strlen(id);

	assert(len <= TICKET_ID_MAX);
	if (queue->n < PUBLISHER_QUEUE_MAX) {
		memcpy(queue->ids[queue->n++], id, len + 1);
		return;
	}
	queue->lost = true;
	p->dropped++;
}

void publisher_tell(struct publisher *publisher, const char *const *ids,
		    size_t n)
{
	pthread_mutex_lock(&publisher->pause.lock);
	if (publisher->told.n == 0)
		pause_wake(&publisher->pause);
	for (size_t i = 0; i < n; i++)
		put(publisher, ids[i]);
	pthread_mutex_unlock(&publisher->pause.lock);
}

struct publisher_state publisher_look(struct publisher *publisher)
{
	struct publisher_state state;

	pthread_mutex_lock(&publisher->pause.lock);
	state.queued = publisher->told.n;
	state.dropped = publisher->dropped;
	pthread_mutex_unlock(&publisher->pause.lock);
	return state;
}

/* ---- looking up what was told -------------------------------------------- */

static void note_seat(void *arg, const char *event,
		      const struct channel_seat *seat)
{
	struct publisher *p = arg;

	channels_note(&p->channels, event, seat);
}

static void note_lost(void *arg, const char *event)
{
	struct publisher *p = arg;

	channels_resync(&p->channels, event);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Each id once; gives how many. */
static size_t sort_ids(const struct queue *queue, const char **ids_out)
{
	size_t n = 0;

	for (size_t i = 0; i < queue->n; i++)
		ids_out[i] = queue->ids[i];
	qsort(ids_out, queue->n, sizeof(ids_out[0]), by_text);
	for (size_t i = 0; i < queue->n; i++) {
		if (n == 0 || strcmp(ids_out[n - 1], ids_out[i]) != 0)
			ids_out[n++] = ids_out[i];
	}
	return n;
}

/* False: some of them were not read. */
static bool read_seats(struct publisher *p)
{
	const char *ids[PUBLISHER_QUEUE_MAX];
	size_t n = sort_ids(&p->taken, ids);

	for (size_t at = 0; at < n; at += LIVE_STORE_AT_ONCE) {
		size_t left = n - at;

		if (live_store_seats(
			p->store, ids + at,
			left < LIVE_STORE_AT_ONCE ? left : LIVE_STORE_AT_ONCE,
			note_seat, p) < 0)
			return false;
	}
	return true;
}

static void look_up(struct publisher *p)
{
	int64_t now_ms = hf_clock_ms();

	p->look_ms = now_ms + CHANNEL_PAUSE_MS;
	p->lost |= p->taken.lost;
	if (!backoff_ready(&p->backoff, now_ms))
		p->lost |= p->taken.n > 0; /* nobody would hear of it */
	else if (!p->lost && !read_seats(p))
		p->lost = true;
	else if (p->lost && live_store_events(p->store, note_lost, p) == 0)
		p->lost = false;
	p->taken.n = 0;
	p->taken.lost = false;
}

static void note_change(void *arg, const struct office_change *change)
{
	struct publisher *p = arg;

	if (change->terms)
		channels_sale(&p->channels, change->event, change->sale,
			      change->opens_at);
	if (live_store_changed(p->store, change->event, change->version,
			       note_seat, p) < 0)
		p->lost = true;
}

/* What is not read while nobody would hear of it is found later. */
static void look_at_office(struct publisher *p)
{
	int64_t now_ms = hf_clock_ms();

	if (p->office_ms > now_ms)
		return;
	p->office_ms = now_ms + OFFICE_MS;
	if (backoff_ready(&p->backoff, now_ms) &&
	    live_store_office(p->store, note_change, p) < 0)
		p->lost = true;
}

/* ---- saying it ----------------------------------------------------------- */

static void count(struct publisher *p, enum post_result result)
{
	static const enum meter_frame frames[] = {
		[POST_DONE] = METER_SENT,
		[POST_TOO_SOON] = METER_TOO_SOON,
		[POST_FAILED] = METER_FAILED,
	};

	if (p->meter != NULL)
		meter_add(&p->meter->frames[frames[result]], 1);
}

/* False: nobody takes frames now. */
static bool say(struct publisher *p, struct channel *channel)
{
	enum post_result result;

	channel_frame(channel, hf_wall_ms(), &p->frame);
	result = post_send(p->post, channel->event, hf_buf_slice(&p->frame));
	count(p, result);
	switch (result) {
	case POST_DONE:
		channel_said(channel, hf_clock_ms());
		backoff_worked(&p->backoff);
		return true;
	case POST_TOO_SOON:
		channel_put_off(channel, hf_clock_ms());
		return true;
	case POST_FAILED:
	default:
		channel_missed(channel);
		backoff_failed(&p->backoff, hf_clock_ms());
		return false;
	}
}

static void say_all(struct publisher *p)
{
	struct channel *channel;

	while (backoff_ready(&p->backoff, hf_clock_ms()) &&
	       (channel = channels_ready(&p->channels, hf_clock_ms())) !=
		   NULL) {
		if (!say(p, channel))
			return;
	}
}

/* ---- the thread ---------------------------------------------------------- */

/* When there is something to do; HF_NEVER: when somebody tells. */
static int64_t next_ms(const struct publisher *p)
{
	int64_t say_ms = channels_next_ms(&p->channels);
	int64_t look_ms = p->told.n > 0 || p->lost ? p->look_ms : HF_NEVER;
	int64_t due_ms = say_ms < look_ms ? say_ms : look_ms;

	if (due_ms != HF_NEVER && p->backoff.delay_ms > 0 &&
	    due_ms < p->backoff.until_ms)
		return p->backoff.until_ms;
	return due_ms;
}

/* The box office alone keeps nobody from ending. */
static int64_t wake_ms(const struct publisher *p)
{
	int64_t due_ms = next_ms(p);

	return p->office_ms < due_ms ? p->office_ms : due_ms;
}

/* Under the lock. False: all is said, or nobody waits for it any longer. */
static bool goes_on(struct publisher *p)
{
	if (!p->stopping)
		return true;
	if (p->farewell_ms == 0)
		p->farewell_ms = hf_clock_ms() + FAREWELL_MS;
	return next_ms(p) < p->farewell_ms && p->backoff.delay_ms == 0 &&
	       hf_clock_ms() < p->farewell_ms;
}

/* What was told until now; the room for what is told next is swapped in. */
static void take(struct publisher *p)
{
	struct queue empty = p->taken;

	p->taken = p->told;
	p->told = empty;
}

/* False: to end. */
static bool sleep_until_due(struct publisher *p)
{
	bool go_on;

	pthread_mutex_lock(&p->pause.lock);
	while ((go_on = goes_on(p)) && wake_ms(p) > hf_clock_ms())
		pause_until(&p->pause, wake_ms(p));
	if (p->look_ms <= hf_clock_ms())
		take(p);
	pthread_mutex_unlock(&p->pause.lock);
	return go_on;
}

static void *run(void *arg)
{
	struct publisher *p = arg;

	while (sleep_until_due(p)) {
		if (p->taken.n > 0 || p->lost)
			look_up(p);
		look_at_office(p);
		say_all(p);
	}
	return NULL;
}

/* ---- its life ------------------------------------------------------------ */

static void queue_init(struct queue *queue)
{
	queue->ids = hf_alloc_array(PUBLISHER_QUEUE_MAX, sizeof(*queue->ids));
}

struct publisher *publisher_open(const char *url, const char *database_url,
				 struct meter *meter, const char **reason_out)
{
	struct post *post = post_new(url, reason_out);
	struct publisher *p;
	uint64_t seed;

	if (post == NULL)
		return NULL;
	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		hf_fatal("cannot read random bytes");
	p = hf_new(struct publisher);
	p->post = post;
	p->meter = meter;
	p->lost = true;
	p->store = live_store_new(database_url, meter);
	pause_init(&p->pause);
	queue_init(&p->told);
	queue_init(&p->taken);
	backoff_init(&p->backoff, seed);
	channels_init(&p->channels);
	hf_buf_init(&p->frame, CHANNEL_FRAME_MAX);
	if (pthread_create(&p->thread, NULL, run, p) != 0)
		hf_fatalx("cannot start the thread that publishes");
	return p;
}

void publisher_close(struct publisher **publisher)
{
	struct publisher *p = *publisher;

	if (p == NULL)
		return;
	pthread_mutex_lock(&p->pause.lock);
	p->stopping = true;
	pause_wake(&p->pause);
	pthread_mutex_unlock(&p->pause.lock);
	pthread_join(p->thread, NULL);
	hf_buf_fini(&p->frame);
	channels_fini(&p->channels);
	free(p->taken.ids);
	free(p->told.ids);
	pause_fini(&p->pause);
	live_store_free(&p->store);
	post_free(&p->post);
	free(p);
	*publisher = NULL;
}
