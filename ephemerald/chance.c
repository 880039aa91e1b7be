#include "config.h"

#include "ephemerald/chance.h"

#include "libhold/log.h"

#include <sys/random.h>

void chance_fill(void *out, size_t len_bytes)
{
	if (getrandom(out, len_bytes, 0) != (ssize_t)len_bytes)
		hf_fatal("the system gives no random bytes");
}
