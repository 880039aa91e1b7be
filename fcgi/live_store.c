#include "config.h"

#include "fcgi/live_store.h"

#include "fcgi/pg_array.h"
#include "fcgi/pg_link.h"
#include "libhold/err.h"
#include "libhold/log.h"
#include "libhold/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/random.h>

/* Every byte of an id may need a backslash before it. */
#define ARRAY_MAX ((size_t)LIVE_STORE_AT_ONCE * (2 * TICKET_ID_MAX + 3) + 16)

enum statement {
	SEATS,
	EVENTS,
	HOLDS,
	TIDY,
	END,
};

static const struct pg_statement statements[] = {
	[SEATS] = { "live_seats",
		    "SELECT event_id, ordinal, letter, version "
		    "FROM seats_now($1)",
		    1,
		    { PG_TEXT_ARRAY } },
	[EVENTS] = { "live_events", "SELECT id FROM events", 0, { 0 } },
	[HOLDS] = { "live_holds",
		    "SELECT ticket_id, fence, lock_service, left_ms "
		    "FROM reservations()",
		    0,
		    { 0 } },
	[TIDY] = { "live_tidy", "SELECT line_tidy()", 0, { 0 } },
	[END] = { "live_end",
		  "SELECT ticket_id FROM ticket_free_lapsed($1, $2, $3)",
		  3,
		  { PG_TEXT_ARRAY, PG_INT8_ARRAY, PG_TEXT } },
	{ 0 },
};

static const struct pg_statement *const tables[] = { statements, NULL };

struct live_store {
	struct pg_link link;
	struct hf_buf ids;
	struct hf_buf fences;
};

struct live_store *live_store_new(const char *url, struct meter *meter)
{
	struct live_store *store = hf_new(struct live_store);
	uint64_t seed;

	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		hf_fatal("cannot read random bytes");
	pg_link_init(&store->link, url, tables, seed, meter);
	hf_buf_init(&store->ids, ARRAY_MAX);
	hf_buf_init(&store->fences, ARRAY_MAX);
	return store;
}

void live_store_free(struct live_store **store)
{
	if (*store == NULL)
		return;
	hf_buf_fini(&(*store)->fences);
	hf_buf_fini(&(*store)->ids);
	pg_link_fini(&(*store)->link);
	free(*store);
	*store = NULL;
}

static const char *id_array(struct live_store *store, const char *const *ids,
			    size_t n)
{
	assert(n <= LIVE_STORE_AT_ONCE);
	pg_array_begin(&store->ids);
	for (size_t i = 0; i < n; i++)
		pg_array_add_text(&store->ids, ids[i]);
	return pg_array_end(&store->ids);
}

static const char *fence_array(struct live_store *store, const int64_t *fences,
			       size_t n)
{
	pg_array_begin(&store->fences);
	for (size_t i = 0; i < n; i++)
		pg_array_add_int8(&store->fences, fences[i]);
	return pg_array_end(&store->fences);
}

/* What the database wrote as a number; 0 for NULL. */
static int64_t number_at(const PGresult *result, int row, int column)
{
	struct hf_slice text = { PQgetvalue(result, row, column),
				 (size_t)PQgetlength(result, row, column) };
	int64_t number = 0;

	return hf_slice_int64(text, &number) == 0 ? number : 0;
}

static int tell_ids(PGresult *result, live_id_fn *each, void *arg)
{
	if (result == NULL)
		return HF_EUNREACHABLE;
	for (int row = 0; row < PQntuples(result); row++)
		each(arg, PQgetvalue(result, row, 0));
	PQclear(result);
	return 0;
}

int live_store_seats(struct live_store *store, const char *const *ids, size_t n,
		     live_seat_fn *each, void *arg)
{
	struct pg_params params;
	PGresult *result;

	pg_params_init(&params);
	pg_params_text(&params, id_array(store, ids, n));
	result = pg_link_run(&store->link, &statements[SEATS], &params);
	if (result == NULL)
		return HF_EUNREACHABLE;
	for (int row = 0; row < PQntuples(result); row++) {
		const struct channel_seat seat = {
			.ordinal = number_at(result, row, 1),
			.letter = PQgetvalue(result, row, 2)[0],
			.version = number_at(result, row, 3),
		};

		each(arg, PQgetvalue(result, row, 0), &seat);
	}
	PQclear(result);
	return 0;
}

int live_store_events(struct live_store *store, live_id_fn *each, void *arg)
{
	struct pg_params params;

	pg_params_init(&params);
	return tell_ids(pg_link_run(&store->link, &statements[EVENTS], &params),
			each, arg);
}

int live_store_holds(struct live_store *store, live_hold_fn *each, void *arg)
{
	struct pg_params params;
	PGresult *result;

	pg_params_init(&params);
	result = pg_link_run(&store->link, &statements[HOLDS], &params);
	if (result == NULL)
		return HF_EUNREACHABLE;
	for (int row = 0; row < PQntuples(result); row++)
		each(arg, PQgetvalue(result, row, 0), number_at(result, row, 1),
		     PQgetvalue(result, row, 2), number_at(result, row, 3));
	PQclear(result);
	return 0;
}

int live_store_tidy(struct live_store *store)
{
	struct pg_params params;
	PGresult *result;

	pg_params_init(&params);
	result = pg_link_run(&store->link, &statements[TIDY], &params);
	PQclear(result);
	return result != NULL ? 0 : HF_EUNREACHABLE;
}

int live_store_end(struct live_store *store, const char *const *ids,
		   const int64_t *fences, size_t n, const char *service,
		   live_id_fn *each, void *arg)
{
	struct pg_params params;

	pg_params_init(&params);
	pg_params_text(&params, id_array(store, ids, n));
	pg_params_text(&params, fence_array(store, fences, n));
	pg_params_text(&params, service);
	return tell_ids(pg_link_run(&store->link, &statements[END], &params),
			each, arg);
}
