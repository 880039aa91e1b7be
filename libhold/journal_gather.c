#include "config.h"

#include "libhold/journal_gather.h"

#define WAIT_MAX_US 2000 /* all that are there at all are back by then */
#define SKIPS_MAX   64

void journal_gather_begin(struct journal_gather *g, int64_t now_us)
{
	g->began_us = now_us;
	g->until_us = 0;
}

void journal_gather_end(struct journal_gather *g, int64_t now_us,
			uint64_t released, uint64_t came)
{
	int64_t took_us = now_us - g->began_us;
	/* Whom the sync before released is on his way, too. */
	uint64_t clients = released + g->released;

	g->released = released;
	if (g->most > 0 && clients > g->most)
		return;
	if (g->skips > 0) {
		g->skips--;
		return;
	}
	g->from = came;
	g->target = came + released;
	g->until_us = now_us + (took_us < WAIT_MAX_US ? took_us : WAIT_MAX_US);
}

static unsigned skips_after(unsigned misses)
{
	if (misses == 0)
		return 1;
	return misses < SKIPS_MAX ? misses * 2 : SKIPS_MAX;
}

/* Was it worth it? */
static void learn(struct journal_gather *g, uint64_t came)
{
	bool vain = came < (g->target - g->from + 1) / 2;

	g->misses = vain ? skips_after(g->misses) : 0;
	g->skips = g->misses;
}

int64_t journal_gather_wait_us(struct journal_gather *g, int64_t now_us,
			       uint64_t came)
{
	if (g->until_us == 0)
		return 0;
	if (came < g->target && now_us < g->until_us)
		return g->until_us - now_us;
	learn(g, came - g->from);
	g->until_us = 0;
	return 0;
}
