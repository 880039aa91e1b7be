#include "config.h"

#include "fcgi/live.h"

#include "fcgi/expirer.h"
#include "fcgi/publisher.h"
#include "libhold/log.h"
#include "libhold/mem.h"

#include <stdlib.h>

struct live {
	struct changes changes;
	struct publisher *publisher; /* NULL: nobody watches */
	struct expirer *expirer;
};

static void rows(void *arg, const struct basket *basket)
{
	struct live *live = arg;

	if (live->publisher != NULL)
		publisher_tell(live->publisher, basket->ids, basket->n);
}

static void granted(void *arg, const struct basket *basket,
		    const struct hold_answer *answer)
{
	struct live *live = arg;

	expirer_add(live->expirer, basket, answer);
	rows(live, basket);
}

static void ended(void *arg, const struct basket *basket)
{
	struct live *live = arg;

	expirer_forget(live->expirer, basket);
	rows(live, basket);
}

struct live *live_open(const char *publish_url, const char *database_url,
		       struct meter *meters[LIVE_THREADS])
{
	struct live *live = hf_new(struct live);
	const char *reason = NULL;

	live->changes = (struct changes){ granted, ended, rows, live };
	if (publish_url != NULL) {
		live->publisher = publisher_open(
		    publish_url, database_url, meters[LIVE_PUBLISHER], &reason);
		if (live->publisher == NULL)
			hf_fatalx("PUBLISH_URL cannot be read: %s", reason);
	}
	live->expirer =
	    expirer_open(database_url, live->publisher, meters[LIVE_EXPIRER]);
	return live;
}

void live_close(struct live **live)
{
	expirer_close(&(*live)->expirer);
	publisher_close(&(*live)->publisher);
	free(*live);
	*live = NULL;
}

struct live_state live_look(const struct live *live)
{
	struct publisher_state told = { 0 };

	if (live->publisher != NULL)
		told = publisher_look(live->publisher);
	return (struct live_state){ .queued = told.queued,
				    .dropped = told.dropped,
				    .holds = expirer_count(live->expirer) };
}

const struct changes *live_changes(const struct live *live)
{
	return &live->changes;
}
