#include "config.h"

#include "libhold/mem.h"

#include "libhold/log.h"

#include <stdlib.h>
#include <string.h>

static void *or_die(void *p, size_t n, size_t size)
{
	if (p == NULL)
		hf_fatalx("out of memory allocating %zu x %zu bytes", n, size);
	return p;
}

void *hf_alloc(size_t len_bytes)
{
	return or_die(calloc(1, len_bytes > 0 ? len_bytes : 1), 1, len_bytes);
}

void *hf_alloc_array(size_t n, size_t size)
{
	return or_die(calloc(n > 0 ? n : 1, size), n, size);
}

void *hf_realloc_array(void *p, size_t n, size_t size)
{
	return or_die(reallocarray(p, n > 0 ? n : 1, size), n, size);
}

void *hf_memdup(const void *p, size_t len_bytes)
{
	void *copy =
	    or_die(malloc(len_bytes > 0 ? len_bytes : 1), 1, len_bytes);

	if (len_bytes > 0)
		memcpy(copy, p, len_bytes);
	return copy;
}

char *hf_strdup(const char *s)
{
	return hf_memdup(s, strlen(s) + 1);
}

char *hf_strndup(const char *s, size_t len_bytes)
{
	char *copy = hf_alloc(len_bytes + 1);

	if (len_bytes > 0)
		memcpy(copy, s, len_bytes);
	return copy;
}
