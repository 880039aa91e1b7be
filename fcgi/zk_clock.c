#include "config.h"

#include "fcgi/zk_clock.h"

void zk_clock_sample(struct zk_clock *clock, int64_t sent_ms,
		     int64_t received_ms, int64_t stamp_ms)
{
	struct zk_clock sample = {
		.known = true,
		.at_ms = received_ms,
		.low_ms = stamp_ms - received_ms,
		/* Stamps and our clock drop the part below a ms. */
		.high_ms = stamp_ms - sent_ms + 1,
	};
	int64_t width = sample.high_ms - sample.low_ms;

	/* A quick answer tells more than a slow one, as long as it is young. */
	if (!zk_clock_fresh(clock, received_ms) ||
	    width <= clock->high_ms - clock->low_ms)
		*clock = sample;
}

bool zk_clock_fresh(const struct zk_clock *clock, int64_t now_ms)
{
	return clock->known && now_ms - clock->at_ms < ZK_CLOCK_FRESH_MS;
}

int64_t zk_clock_left(const struct zk_clock *clock, int64_t now_ms,
		      int64_t stamp_ms, int64_t ttl_ms)
{
	int64_t left = stamp_ms + ttl_ms - (now_ms + clock->high_ms);

	if (!clock->known || left > ttl_ms)
		return ttl_ms;
	return left > 0 ? left : 0;
}

bool zk_clock_past(const struct zk_clock *clock, int64_t now_ms,
		   int64_t stamp_ms, int64_t ttl_ms)
{
	return clock->known && now_ms + clock->low_ms >= stamp_ms + ttl_ms;
}

int64_t zk_clock_due(const struct zk_clock *clock, int64_t now_ms,
		     int64_t stamp_ms, int64_t ttl_ms)
{
	int64_t due_ms = stamp_ms + ttl_ms - clock->low_ms;

	return clock->known && due_ms < now_ms + ttl_ms ? due_ms
							: now_ms + ttl_ms;
}
