#include "config.h"

#include "db/hall.h"

#include "db/money.h"
#include "db/say.h"
#include "libhold/err.h"
#include "libhold/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COMPLAINTS_PRINTED = 20 };

void complain(struct complaints *c, size_t line, const char *format, ...)
{
	char text[512];
	va_list ap;

	if (c->n++ >= COMPLAINTS_PRINTED)
		return;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	if (line > 0)
		say_error("%s:%zu: %s", c->file, line, text);
	else
		say_error("%s: %s", c->file, text);
}

int complaints_end(const struct complaints *c)
{
	if (c->n > COMPLAINTS_PRINTED)
		say_error("%s: %zu more errors of this kind", c->file,
			  c->n - COMPLAINTS_PRINTED);
	return c->n == 0 ? 0 : HF_EBAD;
}

void hall_fini(struct hall *hall)
{
	for (size_t i = 0; i < hall->n && !hall->has_id; i++)
		free((char *)hall->seats[i].id);
	free(hall->seats);
	free(hall->text);
	*hall = (struct hall){ 0 };
}

/* ---- orders -------------------------------------------------------------- */

static int by_size(size_t a, size_t b)
{
	return (a > b) - (a < b);
}

static int by_number(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int by_name(const void *pa, const void *pb)
{
	const struct seat *a = pa, *b = pb;
	int by = strcmp(a->section, b->section);

	if (by == 0)
		by = strcmp(a->row, b->row);
	if (by == 0)
		by = by_number(a->number, b->number);
	return by != 0 ? by : by_size(a->line, b->line);
}

/* Once it is known where sections and rows began. */
static int by_sale(const void *pa, const void *pb)
{
	const struct seat *a = pa, *b = pb;
	int by = by_size(a->section_line, b->section_line);

	if (by == 0)
		by = by_size(a->row_line, b->row_line);
	if (by == 0)
		by = by_number(a->pos, b->pos);
	if (by == 0)
		by = by_number(a->number, b->number);
	return by != 0 ? by : by_size(a->line, b->line);
}

static int by_id(const void *pa, const void *pb)
{
	const struct seat *const *a = pa, *const *b = pb;
	int by = strcmp((*a)->id, (*b)->id);

	return by != 0 ? by : by_size((*a)->line, (*b)->line);
}

static int by_place(const void *pa, const void *pb)
{
	const struct seat *const *a = pa, *const *b = pb;
	int by = by_number((*a)->x10, (*b)->x10);

	if (by == 0)
		by = by_number((*a)->y10, (*b)->y10);
	return by != 0 ? by : by_size((*a)->line, (*b)->line);
}

/* ---- groups: sections and rows ------------------------------------------- */

typedef bool same_fn(const struct seat *a, const struct seat *b);

static bool same_section(const struct seat *a, const struct seat *b)
{
	return strcmp(a->section, b->section) == 0;
}

static bool same_row(const struct seat *a, const struct seat *b)
{
	return same_section(a, b) && strcmp(a->row, b->row) == 0;
}

/* How many seats from first on are in its group. */
static size_t group_len(const struct hall *hall, size_t first, same_fn *same)
{
	size_t i = first + 1;

	while (i < hall->n && same(&hall->seats[first], &hall->seats[i]))
		i++;
	return i - first;
}

static size_t first_line(const struct seat *seats, size_t n)
{
	size_t line = seats[0].line;

	for (size_t i = 1; i < n; i++)
		line = seats[i].line < line ? seats[i].line : line;
	return line;
}

/* The seats are sorted by name. */
static void find_beginnings(struct hall *hall)
{
	for (size_t i = 0, n; i < hall->n; i += n) {
		size_t line;

		n = group_len(hall, i, same_section);
		line = first_line(&hall->seats[i], n);
		for (size_t k = i; k < i + n; k++)
			hall->seats[k].section_line = line;
		hall->section_n++;
	}
	for (size_t i = 0, n; i < hall->n; i += n) {
		size_t line;

		n = group_len(hall, i, same_row);
		line = first_line(&hall->seats[i], n);
		for (size_t k = i; k < i + n; k++)
			hall->seats[k].row_line = line;
		hall->row_n++;
	}
}

/* ---- what is missing ----------------------------------------------------- */

/* Seats that stand further apart than this have an aisle between them. */
enum { AISLE_X10 = 15 };

static bool apart(const struct seat *a, const struct seat *b)
{
	int64_t dx = a->x10 - b->x10, dy = a->y10 - b->y10;

	return dx * dx + dy * dy > AISLE_X10 * AISLE_X10;
}

static void make_places(struct hall *hall)
{
	for (size_t i = 0, n; i < hall->n; i += n) {
		n = group_len(hall, i, same_row);
		hall->seats[i].pos = 1;
		for (size_t k = i + 1; k < i + n; k++) {
			struct seat *here = &hall->seats[k];
			bool gap = hall->has_xy && apart(here, here - 1);

			here->pos = here[-1].pos + (gap ? 2 : 1);
		}
	}
}

/* Nearer to the front is better, and nearer to the middle of the row. */
static void make_qualities(struct hall *hall)
{
	int64_t row_nr = 0;

	for (size_t i = 0, n; i < hall->n; i += n, row_nr++) {
		n = group_len(hall, i, same_row);
		if (i > 0 &&
		    !same_section(&hall->seats[i - 1], &hall->seats[i]))
			row_nr = 0;
		for (size_t k = i; k < i + n; k++) {
			int64_t off = 2 * hall->seats[k].pos -
				      hall->seats[i].pos -
				      hall->seats[i + n - 1].pos;

			hall->seats[k].quality =
			    4 * row_nr + (off < 0 ? -off : off) / 2;
		}
	}
}

/* A byte that an id made of names may have. */
static bool is_plain(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

static void plain_word(const char *word, char out[SEAT_WORD_MAX + 1])
{
	size_t n = 0;

	for (; word[n] != '\0' && n < SEAT_WORD_MAX; n++)
		out[n] = is_plain(word[n]) ? word[n] : '_';
	out[n] = '\0';
}

static char *make_id(const struct seat *seat, const char *event, size_t nr)
{
	char section[SEAT_WORD_MAX + 1], row[SEAT_WORD_MAX + 1];
	char id[256];

	plain_word(seat->section, section);
	plain_word(seat->row, row);
	if (strcmp(event, "default") == 0)
		snprintf(id, sizeof(id), "%zu", nr);
	else
		snprintf(id, sizeof(id), "%s:%s-%s-%lld", event, section, row,
			 (long long)seat->number);
	return hf_strdup(id);
}

/* ---- two of a kind ------------------------------------------------------- */

static void check_names(const struct hall *hall, struct complaints *c)
{
	for (size_t i = 1; i < hall->n; i++) {
		const struct seat *b = &hall->seats[i], *a = b - 1;

		if (same_row(a, b) && a->number == b->number)
			complain(c, b->line,
				 "section %s, row %s, seat %lld is on line %zu "
				 "already",
				 b->section, b->row, (long long)b->number,
				 a->line);
	}
}

/* The seats are in the order of sale. */
static void check_places_in_rows(const struct hall *hall, struct complaints *c)
{
	for (size_t i = 1; i < hall->n; i++) {
		const struct seat *b = &hall->seats[i], *a = b - 1;

		if (same_row(a, b) && a->pos == b->pos)
			complain(c, a->line > b->line ? a->line : b->line,
				 "section %s, row %s has pos %lld on line %zu "
				 "already",
				 b->section, b->row, (long long)b->pos,
				 a->line < b->line ? a->line : b->line);
	}
}

/* The caller frees it. */
static const struct seat **sorted_seats(const struct hall *hall,
					int (*by)(const void *, const void *))
{
	const struct seat **sorted = hf_new_array(const struct seat *, hall->n);

	for (size_t i = 0; i < hall->n; i++)
		sorted[i] = &hall->seats[i];
	qsort(sorted, hall->n, sizeof(*sorted), by);
	return sorted;
}

static void check_places(const struct hall *hall, struct complaints *c)
{
	const struct seat **sorted = sorted_seats(hall, by_place);

	for (size_t i = 1; i < hall->n; i++) {
		const struct seat *b = sorted[i], *a = sorted[i - 1];

		if (a->x10 == b->x10 && a->y10 == b->y10)
			complain(c, b->line,
				 "x %.1f, y %.1f is the place of line %zu "
				 "already",
				 (double)b->x10 / 10, (double)b->y10 / 10,
				 a->line);
	}
	free(sorted);
}

static void check_ids(const struct hall *hall, struct complaints *c)
{
	const struct seat **sorted = sorted_seats(hall, by_id);

	for (size_t i = 0; i < hall->n; i++) {
		if (strlen(sorted[i]->id) > SEAT_ID_MAX)
			complain(
			    c, sorted[i]->line,
			    "the id made of its names, %.40s..., is longer "
			    "than %d bytes: give a column id",
			    sorted[i]->id, SEAT_ID_MAX);
		if (i > 0 && strcmp(sorted[i]->id, sorted[i - 1]->id) == 0)
			complain(c, sorted[i]->line,
				 "the id %s is that of line %zu already%s",
				 sorted[i]->id, sorted[i - 1]->line,
				 hall->has_id ? "" : ": give a column id");
	}
	free(sorted);
}

void hall_arrange(struct hall *hall, const char *event, struct complaints *c)
{
	if (hall->n == 0)
		return;
	qsort(hall->seats, hall->n, sizeof(*hall->seats), by_name);
	check_names(hall, c);
	find_beginnings(hall);
	qsort(hall->seats, hall->n, sizeof(*hall->seats), by_sale);
	if (!hall->has_pos)
		make_places(hall);
	else
		check_places_in_rows(hall, c);
	if (hall->has_xy)
		check_places(hall, c);
	if (!hall->has_quality)
		make_qualities(hall);
	for (size_t i = 0; i < hall->n && !hall->has_id; i++)
		hall->seats[i].id = make_id(&hall->seats[i], event, i + 1);
	check_ids(hall, c);
}

/* ---- the preview --------------------------------------------------------- */

struct prices {
	int64_t least, most, sum;
};

static struct prices prices_of(const struct seat *seats, size_t n)
{
	struct prices p = { seats[0].price_minor, seats[0].price_minor, 0 };

	for (size_t i = 0; i < n; i++) {
		int64_t price = seats[i].price_minor;

		p.least = price < p.least ? price : p.least;
		p.most = price > p.most ? price : p.most;
		p.sum += price;
	}
	return p;
}

static size_t rows_of(const struct hall *hall, size_t first, size_t n)
{
	size_t rows = 0;

	for (size_t i = first; i < first + n; rows++)
		i += group_len(hall, i, same_row);
	return rows;
}

static void preview_section(const struct hall *hall, size_t first, size_t n,
			    const char *currency)
{
	struct prices p = prices_of(&hall->seats[first], n);
	char least[HF_MONEY_TEXT_MAX], most[HF_MONEY_TEXT_MAX];

	hf_money_print(p.least, hall->decimals, least);
	hf_money_print(p.most, hall->decimals, most);
	printf("%-24s %5zu rows %7zu seats   %s%s%s %s\n",
	       hall->seats[first].section, rows_of(hall, first, n), n, least,
	       p.least < p.most ? " to " : "", p.least < p.most ? most : "",
	       currency);
}

void hall_preview(const struct hall *hall, const char *currency)
{
	char sum[HF_MONEY_TEXT_MAX];

	for (size_t i = 0, n; i < hall->n; i += n) {
		n = group_len(hall, i, same_section);
		preview_section(hall, i, n, currency);
	}
	hf_money_print(prices_of(hall->seats, hall->n).sum, hall->decimals,
		       sum);
	printf("%zu sections, %zu rows, %zu seats, %s %s if all are sold\n",
	       hall->section_n, hall->row_n, hall->n, sum, currency);
}
