#include "config.h"

#include "db/layout.h"

#include "db/json_text.h"
#include "libhold/buf.h"
#include "libhold/err.h"
#include "libhold/mem.h"
#include "libhold/slice.h"

#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HASH_LEN = 16, CATEGORIES_MAX = 200 };

/* Tickets without a place get one in a plain grid, section below section. */
#define SEATS                                                      \
	"SELECT id, section, seat_row, seat_number, price_minor, " \
	"coalesce(category, ''), x IS NULL OR y IS NULL, "         \
	"round(x * 10)::bigint, round(y * 10)::bigint, "           \
	"pos, accessible, sale_order "                             \
	"FROM tickets WHERE event_id = $1 ORDER BY sale_order"

enum {
	ID,
	SECTION,
	ROW,
	NUMBER,
	PRICE,
	CATEGORY,
	NO_PLACE,
	X10,
	Y10,
	POS,
	ACCESSIBLE,
	ORDINAL,
};

#define EVENT                                                           \
	"SELECT title, venue, rfc3339(starts_at), time_zone, currency " \
	"FROM events WHERE id = $1"

struct category {
	const char *name;
	int64_t price;
};

struct layout {
	const PGresult *seats;
	int n;
	struct category categories[CATEGORIES_MAX];
	size_t categories_n;
	int64_t *category, *x10, *y10, *pos; /* of each seat */
	struct hf_buf out;
};

static const char *text_at(const struct layout *l, int seat, int column)
{
	return PQgetvalue(l->seats, seat, column);
}

static int64_t int_at(const struct layout *l, int seat, int column)
{
	int64_t number = 0;

	/* A NULL, the only one that is no number, reads as 0. */
	if (hf_slice_int64(hf_slice_of(text_at(l, seat, column)), &number) < 0)
		return 0;
	return number;
}

static bool same(const struct layout *l, int a, int b, int column)
{
	return strcmp(text_at(l, a, column), text_at(l, b, column)) == 0;
}

/* One past the last seat that is in the same section, or row of it. */
static int group_end(const struct layout *l, int first, bool row)
{
	int i = first + 1;

	while (i < l->n && same(l, first, i, SECTION) &&
	       (!row || same(l, first, i, ROW)))
		i++;
	return i;
}

/* ---- categories ---------------------------------------------------------- */

/* HF_ELIMIT: more than anybody could choose from. */
static int category_of(struct layout *l, int seat, int64_t *index_out)
{
	struct category c = { text_at(l, seat, CATEGORY),
			      int_at(l, seat, PRICE) };

	for (size_t i = 0; i < l->categories_n; i++) {
		*index_out = (int64_t)i;
		if (l->categories[i].price == c.price &&
		    strcmp(l->categories[i].name, c.name) == 0)
			return 0;
	}
	if (l->categories_n == CATEGORIES_MAX) {
		say_error("more than %d categories and prices", CATEGORIES_MAX);
		return HF_ELIMIT;
	}
	*index_out = (int64_t)l->categories_n;
	l->categories[l->categories_n++] = c;
	return 0;
}

/* ---- places -------------------------------------------------------------- */

enum {
	ROW_X10 = 15,
	SECTION_X10 = 30
}; /* from a row, a section, to the next */

static void place_row(struct layout *l, int first, int end, int64_t grid_y10)
{
	for (int i = first; i < end; i++) {
		bool grid = text_at(l, i, NO_PLACE)[0] == 't';
		int64_t pos = int_at(l, i, POS);

		l->pos[i] =
		    PQgetisnull(l->seats, i, POS) == 1 ? i - first + 1 : pos;
		l->x10[i] = grid ? 10 * l->pos[i] : int_at(l, i, X10);
		l->y10[i] = grid ? grid_y10 : int_at(l, i, Y10);
	}
}

static int settle_seats(struct layout *l)
{
	int64_t grid_y10 = 0;
	int rc = 0;

	l->category = hf_new_array(int64_t, (size_t)l->n);
	l->x10 = hf_new_array(int64_t, (size_t)l->n);
	l->y10 = hf_new_array(int64_t, (size_t)l->n);
	l->pos = hf_new_array(int64_t, (size_t)l->n);
	for (int i = 0, end; i < l->n; i = end) {
		end = group_end(l, i, true);
		if (i > 0)
			grid_y10 +=
			    same(l, i - 1, i, SECTION) ? ROW_X10 : SECTION_X10;
		place_row(l, i, end, grid_y10);
	}
	for (int i = 0; rc == 0 && i < l->n; i++)
		rc = category_of(l, i, &l->category[i]);
	return rc;
}

/* ---- the text ------------------------------------------------------------ */

static void add_number(struct hf_buf *out, int64_t value, bool tenths)
{
	if (tenths && value % 10 != 0)
		hf_buf_printf(out, "%s%lld.%lld", value < 0 ? "-" : "",
			      (long long)(llabs(value) / 10),
			      (long long)(llabs(value) % 10));
	else
		hf_buf_printf(out, "%lld",
			      (long long)(tenths ? value / 10 : value));
}

static bool is_even_run(const int64_t *values, int n)
{
	for (int i = 2; i < n; i++) {
		if (values[i] - values[i - 1] != values[1] - values[0])
			return false;
	}
	return true;
}

/* n values: one number, from and step, or all of them. */
static void add_run(struct hf_buf *out, const char *name, const int64_t *values,
		    int n, bool tenths)
{
	hf_buf_printf(out, ",\"%s\":", name);
	if (is_even_run(values, n)) {
		int64_t step = n > 1 ? values[1] - values[0] : 0;

		if (step != 0)
			hf_buf_printf(out, "{\"from\":");
		add_number(out, values[0], tenths);
		if (step != 0) {
			hf_buf_printf(out, ",\"step\":");
			add_number(out, step, tenths);
			hf_buf_add_char(out, '}');
		}
		return;
	}
	for (int i = 0; i < n; i++) {
		hf_buf_add_char(out, i == 0 ? '[' : ',');
		add_number(out, values[i], tenths);
	}
	hf_buf_add_char(out, ']');
}

static void add_numbers(struct layout *l, int first, int end)
{
	int64_t *numbers = hf_new_array(int64_t, (size_t)(end - first));

	for (int i = first; i < end; i++)
		numbers[i - first] = int_at(l, i, NUMBER);
	add_run(&l->out, "numbers", numbers, end - first, false);
	free(numbers);
}

/* How long the beginning of the id is before its seat's number; -1: it does
 * not end with that. */
static int prefix_len(const struct layout *l, int seat)
{
	const char *id = text_at(l, seat, ID);
	const char *number = text_at(l, seat, NUMBER);
	size_t len = strlen(id), tail = strlen(number);

	return len >= tail && strcmp(id + len - tail, number) == 0
		   ? (int)(len - tail)
		   : -1;
}

static bool has_prefix(const struct layout *l, int first, int end)
{
	int len = prefix_len(l, first);

	for (int i = first; i < end; i++) {
		if (len < 0 || prefix_len(l, i) != len ||
		    strncmp(text_at(l, i, ID), text_at(l, first, ID),
			    (size_t)len) != 0)
			return false;
	}
	return true;
}

static void add_ids(struct layout *l, int first, int end)
{
	char *prefix;

	if (has_prefix(l, first, end)) {
		prefix = hf_strndup(text_at(l, first, ID),
				    (size_t)prefix_len(l, first));
		hf_buf_printf(&l->out, ",\"id_prefix\":");
		json_text_add(&l->out, prefix);
		free(prefix);
		return;
	}
	hf_buf_printf(&l->out, ",\"ids\":");
	for (int i = first; i < end; i++) {
		hf_buf_add_char(&l->out, i == first ? '[' : ',');
		json_text_add(&l->out, text_at(l, i, ID));
	}
	hf_buf_add_char(&l->out, ']');
}

static void add_accessible(struct layout *l, int first, int end)
{
	int n = 0;

	for (int i = first; i < end; i++) {
		if (text_at(l, i, ACCESSIBLE)[0] != 't')
			continue;
		hf_buf_printf(&l->out, "%s%d",
			      n++ == 0 ? ",\"accessible\":[" : ",", i - first);
	}
	if (n > 0)
		hf_buf_add_char(&l->out, ']');
}

static void add_row(struct layout *l, int first, int end)
{
	struct hf_buf *out = &l->out;

	hf_buf_printf(out, "{\"name\":");
	json_text_add(out, text_at(l, first, ROW));
	hf_buf_printf(out, ",\"first\":%s,\"count\":%d",
		      text_at(l, first, ORDINAL), end - first);
	add_numbers(l, first, end);
	add_run(out, "x", l->x10 + first, end - first, true);
	add_run(out, "y", l->y10 + first, end - first, true);
	add_run(out, "pos", l->pos + first, end - first, false);
	add_run(out, "category", l->category + first, end - first, false);
	add_accessible(l, first, end);
	add_ids(l, first, end);
	hf_buf_add_char(out, '}');
}

static void add_section(struct layout *l, int first, int end)
{
	hf_buf_printf(&l->out, "{\"name\":");
	json_text_add(&l->out, text_at(l, first, SECTION));
	hf_buf_printf(&l->out, ",\"rows\":[");
	for (int i = first, row_end; i < end; i = row_end) {
		row_end = group_end(l, i, true);
		if (i > first)
			hf_buf_add_char(&l->out, ',');
		add_row(l, i, row_end);
	}
	hf_buf_printf(&l->out, "]}");
}

static void add_categories(struct layout *l)
{
	hf_buf_printf(&l->out, ",\"categories\":[");
	for (size_t i = 0; i < l->categories_n; i++) {
		char letter[] = { (char)('A' + i % 26), '\0' };
		const char *name = l->categories[i].name;

		hf_buf_printf(&l->out, "%s{\"name\":", i > 0 ? "," : "");
		json_text_add(&l->out, name[0] != '\0' ? name : letter);
		hf_buf_printf(&l->out, ",\"price_minor\":%lld}",
			      (long long)l->categories[i].price);
	}
	hf_buf_add_char(&l->out, ']');
}

static void add_bounds(struct layout *l)
{
	int64_t box[4] = { l->x10[0], l->y10[0], l->x10[0], l->y10[0] };

	for (int i = 1; i < l->n; i++) {
		box[0] = l->x10[i] < box[0] ? l->x10[i] : box[0];
		box[1] = l->y10[i] < box[1] ? l->y10[i] : box[1];
		box[2] = l->x10[i] > box[2] ? l->x10[i] : box[2];
		box[3] = l->y10[i] > box[3] ? l->y10[i] : box[3];
	}
	hf_buf_printf(&l->out, ",\"bounds\":");
	for (int i = 0; i < 4; i++) {
		hf_buf_add_char(&l->out, i == 0 ? '[' : ',');
		add_number(&l->out, box[i], true);
	}
	hf_buf_add_char(&l->out, ']');
}

static void add_event(struct hf_buf *out, const char *id, const PGresult *row)
{
	static const char *const names[] = { "title", "venue", "starts_at",
					     "time_zone", "currency" };

	hf_buf_printf(out, "{\"id\":");
	json_text_add(out, id);
	for (int i = 0; i < (int)HF_LEN(names); i++) {
		hf_buf_printf(out, ",\"%s\":", names[i]);
		if (PQgetisnull(row, 0, i) == 1)
			hf_buf_printf(out, "null");
		else
			json_text_add(out, PQgetvalue(row, 0, i));
	}
}

static void add_all(struct layout *l, const char *id, const PGresult *event)
{
	add_event(&l->out, id, event);
	add_categories(l);
	add_bounds(l);
	hf_buf_printf(&l->out, ",\"sections\":[");
	for (int i = 0, end; i < l->n; i = end) {
		end = group_end(l, i, false);
		if (i > 0)
			hf_buf_add_char(&l->out, ',');
		add_section(l, i, end);
	}
	hf_buf_printf(&l->out, "]}");
	hf_buf_add_char(&l->out, '\0');
}

/* ---- storing ------------------------------------------------------------- */

static int save(PGconn *db, const char *event, const char *text)
{
	unsigned char digest[SHA256_DIGEST_LENGTH];
	char hash[HASH_LEN + 1];
	const char *const values[] = { event, text, hash };
	PGresult *result;

	SHA256((const unsigned char *)text, strlen(text), digest);
	for (size_t i = 0; i < HASH_LEN / 2; i++)
		snprintf(hash + 2 * i, 3, "%02x", digest[i]);
	result = database_query(db,
				"UPDATE events SET layout = $2, "
				"layout_hash = $3 WHERE id = $1",
				3, values);
	PQclear(result);
	return result != NULL ? 0 : HF_EUNREACHABLE;
}

static int make(PGconn *db, const char *event, const PGresult *row,
		const PGresult *seats)
{
	struct layout *l = hf_new(struct layout);
	int rc;

	l->seats = seats;
	l->n = PQntuples(seats);
	hf_buf_init(&l->out, LAYOUT_MAX);
	rc = settle_seats(l);
	if (rc == 0)
		add_all(l, event, row);
	if (rc == 0 && hf_buf_failed(&l->out)) {
		say_error("the layout of %s is larger than %d MB", event,
			  LAYOUT_MAX >> 20);
		rc = HF_ELIMIT;
	}
	if (rc == 0)
		rc = save(db, event, hf_buf_slice(&l->out).data);
	hf_buf_fini(&l->out);
	free(l->category);
	free(l->x10);
	free(l->y10);
	free(l->pos);
	free(l);
	return rc;
}

int layout_store(PGconn *db, const char *event)
{
	PGresult *row = database_query(db, EVENT, 1, &event);
	PGresult *seats = database_query(db, SEATS, 1, &event);
	int rc = row != NULL && seats != NULL ? 0 : HF_EUNREACHABLE;

	if (rc == 0 && PQntuples(row) == 1 && PQntuples(seats) > 0)
		rc = make(db, event, row, seats);
	PQclear(row);
	PQclear(seats);
	return rc;
}

int layout_store_missing(PGconn *db)
{
	PGresult *events = database_query(
	    db,
	    "SELECT id FROM events WHERE layout IS NULL AND EXISTS "
	    "(SELECT FROM tickets WHERE event_id = events.id) ORDER BY id",
	    0, NULL);
	int rc = events != NULL ? 0 : HF_EUNREACHABLE;

	for (int i = 0; rc == 0 && i < PQntuples(events); i++)
		rc = layout_store(db, PQgetvalue(events, i, 0));
	PQclear(events);
	return rc;
}
