#include "config.h"

#include "libhold/clock.h"

#include <stdlib.h>
#include <time.h>

static int64_t read_us(clockid_t id)
{
	struct timespec ts;

	if (clock_gettime(id, &ts) < 0)
		abort(); /* no clock that we read can be missing */
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t hf_clock_us(void)
{
	return read_us(CLOCK_BOOTTIME);
}

int64_t hf_clock_ms(void)
{
	return hf_clock_us() / 1000;
}

int64_t hf_wall_us(void)
{
	return read_us(CLOCK_REALTIME);
}

int64_t hf_wall_ms(void)
{
	return hf_wall_us() / 1000;
}
