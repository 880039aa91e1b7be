/*
 * A wall clock that a test moves, to be preloaded (LD_PRELOAD): the date is
 * off by the seconds that the file named by WALLCLOCK holds, a 64-bit number
 * in the machine's order, read at each look. No other clock is touched.
 *
 * Not Debian's libfaketime: for each server that a test kills it leaves a
 * semaphore and shared memory behind, named after the process, and on one
 * machine the servers of three tests did not come up under it.
 * tests/support/wall_clock.py writes the file.
 */
#define _GNU_SOURCE

#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const _Atomic int64_t *offset_s; /* NULL until the file is mapped */

__attribute__((constructor)) static void map_offset(void)
{
	const char *path = getenv("WALLCLOCK");
	int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	void *at;

	if (fd < 0)
		abort(); /* a test would believe that its date holds */
	at = mmap(NULL, sizeof(*offset_s), PROT_READ, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		abort();
	offset_s = at;
	close(fd);
}

/* Past the C library, which asks the vDSO without coming by here. */
int clock_gettime(clockid_t clock, struct timespec *now)
{
	int rc = (int)syscall(SYS_clock_gettime, clock, now);

	if (rc == 0 && offset_s != NULL &&
	    (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
		now->tv_sec += atomic_load(offset_s);
	return rc;
}

int gettimeofday(struct timeval *now, void *zone)
{
	struct timespec exact;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &exact);
	now->tv_sec = exact.tv_sec;
	now->tv_usec = exact.tv_nsec / 1000;
	return 0;
}

time_t time(time_t *into)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (into != NULL)
		*into = now.tv_sec;
	return now.tv_sec;
}
