/*
 * A place where a test may hold a worker, between the lock check of a booking
 * and its database statement. Nothing at all in the shipped worker.
 */
#ifndef FCGI_BARRIER_H
#define FCGI_BARRIER_H

#ifdef HF_TEST_BARRIER
/*
 * If the environment has HF_BARRIER_FILE=path: makes path.reached, then waits
 * until path exists.
 */
void barrier_wait(void);
#else
static inline void barrier_wait(void)
{
}
#endif

#endif
