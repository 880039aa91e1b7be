#include "config.h"

#include "fcgi/hall_state.h"

#include "libhold/mem.h"

#include <stdlib.h>

enum { SOON_MS = 60000, LATER_MS = 240000 };

void hall_state_init(struct hall_state *state)
{
	*state = (struct hall_state){ 0 };
}

void hall_state_fini(struct hall_state *state)
{
	free(state->held);
	free(state->latest);
	free(state->seats);
	*state = (struct hall_state){ 0 };
}

void hall_state_add(struct hall_state *state, const struct hall_seat *seat)
{
	if (state->n == state->room) {
		state->room = state->room > 0 ? 2 * state->room : 64;
		state->seats = hf_realloc_array(state->seats, state->room,
						sizeof(*state->seats));
	}
	state->seats[state->n++] = *seat;
}

static int by_ordinal(const void *pa, const void *pb)
{
	const struct hall_seat *a = pa, *b = pb;

	return (a->ordinal > b->ordinal) - (a->ordinal < b->ordinal);
}

/* A version with the place of its seat. */
struct versioned {
	int64_t version;
	uint32_t place;
};

static int by_version(const void *pa, const void *pb)
{
	const struct versioned *a = pa, *b = pb;

	return (a->version < b->version) - (a->version > b->version);
}

static void sort_versions(struct hall_state *state)
{
	struct versioned *all = hf_new_array(struct versioned, state->n + 1);

	for (size_t i = 0; i < state->n; i++)
		all[i] =
		    (struct versioned){ state->seats[i].version, (uint32_t)i };
	qsort(all, state->n, sizeof(*all), by_version);
	state->latest = hf_new_array(uint32_t, state->n + 1);
	for (size_t i = 0; i < state->n; i++)
		state->latest[i] = all[i].place;
	free(all);
}

void hall_state_sort(struct hall_state *state)
{
	if (state->n > 0)
		qsort(state->seats, state->n, sizeof(*state->seats),
		      by_ordinal);
	sort_versions(state);
	state->held = hf_new_array(uint32_t, state->n + 1);
	for (size_t i = 0; i < state->n; i++) {
		char letter = state->seats[i].letter;

		if (letter == 'h')
			state->held[state->held_n++] = (uint32_t)i;
		state->booked_n += letter == 'b';
		state->blocked_n += letter == 'x';
	}
}

static bool is_over(const struct hall_seat *seat, int64_t now_ms)
{
	return seat->letter == 'h' && seat->due_ms <= now_ms;
}

static void count_held(const struct hall_state *state, int64_t now_ms,
		       struct event_state *told)
{
	for (size_t i = 0; i < state->held_n; i++) {
		int64_t rest_ms = state->seats[state->held[i]].due_ms - now_ms;

		told->held += rest_ms > 0;
		told->within_60_s += rest_ms > 0 && rest_ms <= SOON_MS;
		told->within_240_s += rest_ms > 0 && rest_ms <= LATER_MS;
	}
}

/* The digits of number, which is not negative, before end. */
static char *put_digits(char *end, int64_t number)
{
	do
		*--end = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	return end;
}

/* Backwards into a room of its own: printf would take most of the time. */
static void add(struct hf_buf *out, const struct hall_seat *seat,
		int64_t now_ms)
{
	char room[64];
	char *end = room + sizeof(room), *at = end;

	*--at = ']';
	at = put_digits(at, seat->version);
	*--at = ',';
	*--at = '"';
	*--at = is_over(seat, now_ms) ? 'a' : seat->letter;
	*--at = '"';
	*--at = ',';
	at = put_digits(at, seat->ordinal);
	*--at = '[';
	if (hf_buf_len(out) > 1)
		*--at = ',';
	hf_buf_add(out, at, (size_t)(end - at));
}

/* Also what changed so late that it may be missed in other answers. */
static void add_all(const struct hall_state *state, int64_t now_ms,
		    int64_t version, struct hf_buf *out)
{
	for (size_t i = 0; i < state->n; i++) {
		const struct hall_seat *seat = &state->seats[i];

		if ((seat->letter != 'a' && !is_over(seat, now_ms)) ||
		    seat->version >= version)
			add(out, seat, now_ms);
	}
}

static int by_place(const void *pa, const void *pb)
{
	const uint32_t *a = pa, *b = pb;

	return (*a > *b) - (*a < *b);
}

/* Most who ask since a version are told of few of many seats. */
static void add_since(const struct hall_state *state, int64_t now_ms,
		      int64_t since, struct hf_buf *out)
{
	uint32_t *places;
	size_t n = 0;

	while (n < state->n && state->seats[state->latest[n]].version >= since)
		n++;
	places = hf_new_array(uint32_t, n + state->held_n + 1);
	if (n > 0)
		memcpy(places, state->latest, n * sizeof(*places));
	for (size_t i = 0; i < state->held_n; i++) {
		const struct hall_seat *seat = &state->seats[state->held[i]];

		if (seat->version < since && is_over(seat, now_ms))
			places[n++] = state->held[i];
	}
	qsort(places, n, sizeof(*places), by_place);
	for (size_t i = 0; i < n; i++)
		add(out, &state->seats[places[i]], now_ms);
	free(places);
}

static const char *text_or_null(const char *text)
{
	return text[0] != '\0' ? text : NULL;
}

void hall_state_tell(const struct hall_state *state,
		     const struct event_moment *moment, int64_t now_ms,
		     int64_t since, struct hf_buf *seats_out,
		     struct event_state *told_out)
{
	*told_out = (struct event_state){
		.era = moment->era,
		.server_time = moment->server_time,
		.sale = moment->sale,
		.opens_at = text_or_null(moment->opens_at),
		.layout_hash = text_or_null(moment->layout_hash),
		.version = moment->version,
		.booked = (int64_t)state->booked_n,
		.blocked = (int64_t)state->blocked_n,
	};
	count_held(state, now_ms, told_out);
	hf_buf_add_char(seats_out, '[');
	if (since < 0)
		add_all(state, now_ms, moment->version, seats_out);
	else
		add_since(state, now_ms, since, seats_out);
	hf_buf_add_char(seats_out, ']');
	told_out->available = moment->seats - told_out->held -
			      told_out->booked - told_out->blocked;
	told_out->seats = hf_buf_slice(seats_out);
}
