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
	OFFICE,
	CHANGED,
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
	[OFFICE] = { "live_office",
		     "SELECT seen, event_id, version, terms, sale, opens_at "
		     "FROM office_look($1)",
		     1,
		     { PG_TEXT } },
	[CHANGED] = { "live_changed",
		      "SELECT event_id, sale_order, seat_letter(t), version "
		      "FROM tickets AS t WHERE event_id = $1 "
		      "AND version >= $2",
		      2,
		      { PG_TEXT, PG_INT8 } },
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
	char *seen; /* of the box office's changes; NULL: never looked */
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
	free((*store)->seen);
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

static int tell_seats(PGresult *result, live_seat_fn *each, void *arg)
{
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

int live_store_seats(struct live_store *store, const char *const *ids, size_t n,
		     live_seat_fn *each, void *arg)
{
	struct pg_params params;

	pg_params_init(&params);
	pg_params_text(&params, id_array(store, ids, n));
	return tell_seats(
	    pg_link_run(&store->link, &statements[SEATS], &params), each, arg);
}

int live_store_changed(struct live_store *store, const char *event,
		       int64_t since, live_seat_fn *each, void *arg)
{
	struct pg_params params;

	pg_params_init(&params);
	pg_params_text(&params, event);
	pg_params_int8(&params, since);
	return tell_seats(
	    pg_link_run(&store->link, &statements[CHANGED], &params), each,
	    arg);
}

/* ---- the box office ------------------------------------------------------ */

static PGresult *look_at_office(struct live_store *store)
{
	struct pg_params params;

	pg_params_init(&params);
	if (store->seen != NULL)
		pg_params_text(&params, store->seen);
	else
		pg_params_null(&params);
	return pg_link_run(&store->link, &statements[OFFICE], &params);
}

static void tell_office(const PGresult *result, int row, live_office_fn *each,
			void *arg)
{
	const struct office_change change = {
		.event = PQgetvalue(result, row, 1),
		.version = number_at(result, row, 2),
		.terms = PQgetvalue(result, row, 3)[0] == 't',
		.sale = PQgetvalue(result, row, 4),
		.opens_at = PQgetisnull(result, row, 5) == 1
				? NULL
				: PQgetvalue(result, row, 5),
	};

	each(arg, &change);
}

int live_store_office(struct live_store *store, live_office_fn *each, void *arg)
{
	PGresult *result = look_at_office(store);

	free(store->seen);
	store->seen = NULL;
	if (result == NULL)
		return HF_EUNREACHABLE;
	if (PQntuples(result) > 0)
		store->seen = hf_strdup(PQgetvalue(result, 0, 0));
	for (int row = 0; row < PQntuples(result); row++) {
		if (PQgetisnull(result, row, 1) == 0)
			tell_office(result, row, each, arg);
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
