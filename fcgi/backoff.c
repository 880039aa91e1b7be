#include "config.h"

#include "fcgi/backoff.h"

/* Marsaglia's xorshift64: enough to spread threads apart. */
static uint64_t next_random(struct backoff *backoff)
{
	uint64_t x = backoff->random;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	backoff->random = x;
	return x;
}

void backoff_init(struct backoff *backoff, uint64_t seed)
{
	*backoff = (struct backoff){ .random = seed | 1 };
}

bool backoff_ready(const struct backoff *backoff, int64_t now_ms)
{
	return backoff->delay_ms == 0 || now_ms >= backoff->until_ms;
}

void backoff_failed(struct backoff *backoff, int64_t now_ms)
{
	int64_t half;

	backoff->delay_ms *= 2;
	if (backoff->delay_ms < BACKOFF_FIRST_MS)
		backoff->delay_ms = BACKOFF_FIRST_MS;
	if (backoff->delay_ms > BACKOFF_MAX_MS)
		backoff->delay_ms = BACKOFF_MAX_MS;
	half = backoff->delay_ms / 2;
	backoff->until_ms = now_ms + backoff->delay_ms - half +
			    (int64_t)(next_random(backoff) % (uint64_t)half);
}

void backoff_worked(struct backoff *backoff)
{
	backoff->delay_ms = 0;
}
