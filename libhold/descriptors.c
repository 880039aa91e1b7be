#include "config.h"

#include "libhold/descriptors.h"

#include "libhold/log.h"

#include <sys/resource.h>

enum { OURS = 32 }; /* listeners, journal, log */

int64_t hf_descriptors_raise(int64_t clients, int64_t each)
{
	rlim_t wanted = (rlim_t)(clients * each + OURS);
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= wanted)
		return clients;
	limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		hf_warn("cannot raise the limit of descriptors");
	if (limit.rlim_cur >= wanted || limit.rlim_cur < (rlim_t)(OURS + each))
		return clients;
	clients = (int64_t)(limit.rlim_cur - OURS) / each;
	hf_warnx("max-clients lowered to %lld by the limit of descriptors",
		 (long long)clients);
	return clients;
}
