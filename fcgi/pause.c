#include "config.h"

#include "fcgi/pause.h"

#include "libhold/clock.h"

#include <time.h>

enum { LONGEST_MS = 60000 };

void pause_init(struct pause *pause)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&pause->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&pause->told, &attr);
	pthread_condattr_destroy(&attr);
}

void pause_fini(struct pause *pause)
{
	pthread_cond_destroy(&pause->told);
	pthread_mutex_destroy(&pause->lock);
}

void pause_wake(struct pause *pause)
{
	pthread_cond_signal(&pause->told);
}

void pause_until(struct pause *pause, int64_t until_ms)
{
	int64_t left_ms = until_ms - hf_clock_ms();
	struct timespec at;

	if (left_ms <= 0)
		return;
	if (left_ms > LONGEST_MS)
		left_ms = LONGEST_MS;
	clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_sec += left_ms / 1000;
	at.tv_nsec += left_ms % 1000 * 1000000;
	at.tv_sec += at.tv_nsec / 1000000000;
	at.tv_nsec %= 1000000000;
	(void)pthread_cond_timedwait(&pause->told, &pause->lock, &at);
}
