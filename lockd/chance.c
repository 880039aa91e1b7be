#include "config.h"

#include "lockd/chance.h"

#include "libhold/log.h"

#include <sys/random.h>

uint64_t chance_draw(void)
{
	uint64_t bits;

	if (getrandom(&bits, sizeof(bits), 0) != sizeof(bits))
		hf_fatal("cannot read random bytes");
	return bits;
}

size_t chance_below(size_t n)
{
	return (size_t)(chance_draw() % n); /* n is far below 2^64: even */
}
