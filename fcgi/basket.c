#include "config.h"

#include "fcgi/basket.h"

#include "libhold/err.h"

#include <string.h>

/* Before which of the basket id belongs. */
static size_t place_of(const struct basket *basket, const char *id)
{
	size_t at = 0;

	while (at < basket->n && strcmp(basket->ids[at], id) < 0)
		at++;
	return at;
}

int basket_add(struct basket *basket, char text[BASKET_MAX][TICKET_ID_MAX + 1],
	       const char *id)
{
	size_t at = place_of(basket, id);
	char *kept;

	if (at < basket->n && strcmp(basket->ids[at], id) == 0)
		return 0;
	if (basket->n == BASKET_MAX)
		return HF_ELIMIT;
	kept = memcpy(text[basket->n], id, strlen(id) + 1);
	memmove(&basket->ids[at + 1], &basket->ids[at],
		(basket->n - at) * sizeof(basket->ids[0]));
	basket->ids[at] = kept;
	basket->n++;
	return 0;
}
