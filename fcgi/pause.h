/*
 * What a thread sleeps on that does something at its time, or when told.
 */
#ifndef FCGI_PAUSE_H
#define FCGI_PAUSE_H

#include "libhold/base.h"

#include <pthread.h>

struct pause {
	pthread_mutex_t lock; /* of what the thread is told by */
	pthread_cond_t told;
};

void pause_init(struct pause *pause);
void pause_fini(struct pause *pause);

/* Under the lock: ends the sleep. */
void pause_wake(struct pause *pause);

/*
 * Under the lock: until woken or until until_ms (hf_clock_ms()); may come back
 * early, so the caller looks again.
 */
void pause_until(struct pause *pause, int64_t until_ms);

#endif
