#include "config.h"

#include "db/hall_csv.h"

#include "db/csv.h"
#include "db/money.h"
#include "db/utf8.h"
#include "libhold/err.h"
#include "libhold/mem.h"
#include "libhold/slice.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- one value ----------------------------------------------------------- */

struct column;

/* Puts text into the seat; the reason when it does not fit, else NULL. */
typedef const char *take_fn(const struct column *column, const char *text,
			    const struct hall *hall, struct seat *seat);

struct column {
	const char *name;
	take_fn *take;
	size_t offset; /* of the member of struct seat */
	int64_t min, max;
	bool required; /* the column must be there, and so must each value */
	bool may_be_empty;
};

static const char *take_word(const struct column *column, const char *text,
			     const struct hall *hall, struct seat *seat)
{
	const char *wrong = utf8_wrong(text);

	HF_UNUSED(hall);
	if (wrong != NULL)
		return wrong;
	if ((int64_t)strlen(text) > column->max)
		return column->max == SEAT_ID_MAX ? "is longer than 128 bytes"
						  : "is longer than 60 bytes";
	*(const char **)(void *)((char *)seat + column->offset) =
	    text[0] != '\0' ? text : NULL;
	return NULL;
}

static const char *take_int(const struct column *column, const char *text,
			    const struct hall *hall, struct seat *seat)
{
	int64_t number;

	HF_UNUSED(hall);
	if (hf_slice_int64(hf_slice_of(text), &number) < 0)
		return "is not a whole number";
	if (number < column->min || number > column->max)
		return "is too small or too large";
	*(int64_t *)(void *)((char *)seat + column->offset) = number;
	return NULL;
}

static const char *take_price(const struct column *column, const char *text,
			      const struct hall *hall, struct seat *seat)
{
	const char *reason;

	HF_UNUSED(column);
	return money_parse(text, hall->decimals, &seat->price_minor, &reason) <
		       0
		   ? reason
		   : NULL;
}

/* A decimal number, rounded to tenths. */
static const char *take_place(const struct column *column, const char *text,
			      const struct hall *hall, struct seat *seat)
{
	const char *reason;
	int64_t thousandths;
	bool below = text[0] == '-';
	char digits[24];
	size_t len = strlen(text + below);
	size_t dot = strcspn(text + below, ".,");

	HF_UNUSED(hall);
	/* More digits than a thousandth has are of no use to a page. */
	if (len > dot + 4)
		len = dot + 4;
	if (len >= sizeof(digits))
		return "is not a number";
	memcpy(digits, text + below, len);
	digits[len] = '\0';
	if (money_parse(digits, 3, &thousandths, &reason) < 0)
		return "is not a number";
	if (thousandths > (int64_t)SEAT_XY_MAX * 1000)
		return "is too far away";
	thousandths = (thousandths + 50) / 100;
	*(int64_t *)(void *)((char *)seat + column->offset) =
	    below ? -thousandths : thousandths;
	return NULL;
}

static const char *take_bool(const struct column *column, const char *text,
			     const struct hall *hall, struct seat *seat)
{
	static const char *const yes[] = { "yes", "y", "true", "1", "x" };
	static const char *const no[] = { "", "no", "n", "false", "0" };

	HF_UNUSED(column);
	HF_UNUSED(hall);
	for (size_t i = 0; i < HF_LEN(yes); i++) {
		if (strcasecmp(text, yes[i]) == 0) {
			seat->accessible = true;
			return NULL;
		}
	}
	for (size_t i = 0; i < HF_LEN(no); i++) {
		if (strcasecmp(text, no[i]) == 0)
			return NULL;
	}
	return "is neither yes nor no";
}

enum {
	SECTION,
	ROW,
	SEAT,
	PRICE,
	ID,
	CATEGORY,
	X,
	Y,
	POS,
	QUALITY,
	ACCESSIBLE,
	COLUMNS,
};

#define MEMBER(name) offsetof(struct seat, name)

static const struct column columns[COLUMNS] = {
	[SECTION] = { "section", take_word, MEMBER(section), 0, SEAT_WORD_MAX,
		      true, false },
	[ROW] = { "row", take_word, MEMBER(row), 0, SEAT_WORD_MAX, true,
		  false },
	[SEAT] = { "seat", take_int, MEMBER(number), 0, SEAT_NUMBER_MAX, true,
		   false },
	[PRICE] = { "price", take_price, 0, 0, 0, true, false },
	[ID] = { "id", take_word, MEMBER(id), 0, SEAT_ID_MAX, false, false },
	[CATEGORY] = { "category", take_word, MEMBER(category), 0,
		       SEAT_WORD_MAX, false, true },
	[X] = { "x", take_place, MEMBER(x10), 0, 0, false, false },
	[Y] = { "y", take_place, MEMBER(y10), 0, 0, false, false },
	[POS] = { "pos", take_int, MEMBER(pos), 0, SEAT_NUMBER_MAX, false,
		  false },
	[QUALITY] = { "quality", take_int, MEMBER(quality), 0, 1000000, false,
		      false },
	[ACCESSIBLE] = { "accessible", take_bool, 0, 0, 0, false, true },
};

/* ---- the first row ------------------------------------------------------- */

enum { MISSING = -1 };

struct reader {
	struct hall *hall;
	struct complaints *c;
	int field_of[COLUMNS]; /* the field of each column; MISSING */
	size_t fields;
	size_t room; /* seats that hall->seats has room for */
};

static int column_named(const char *name)
{
	for (int i = 0; i < COLUMNS; i++) {
		if (strcasecmp(columns[i].name, name) == 0)
			return i;
	}
	return MISSING;
}

static const char *trim(const char *field)
{
	char *text = (char *)field; /* it lies in the file's text */
	size_t len;

	text += strspn(text, " \t");
	len = strlen(text);
	while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
		text[--len] = '\0';
	return text;
}

static void name_field(struct reader *r, const struct csv_row *row, size_t i)
{
	const char *name = trim(row->fields[i]);
	int column = column_named(name);

	if (column == MISSING)
		complain(
		    r->c, row->line,
		    "there is no column \"%.40s\"; there are section, row, "
		    "seat, price, id, category, x, y, pos, quality, "
		    "accessible",
		    utf8_wrong(name) == NULL ? name : "?");
	else if (r->field_of[column] != MISSING)
		complain(r->c, row->line, "the column %s is there twice",
			 columns[column].name);
	else
		r->field_of[column] = (int)i;
}

static bool has(const struct reader *r, int column)
{
	return r->field_of[column] != MISSING;
}

/* False: without columns, the other rows mean nothing. */
static bool read_names(struct reader *r, const struct csv_row *row)
{
	size_t before = r->c->n;

	for (int i = 0; i < COLUMNS; i++)
		r->field_of[i] = MISSING;
	for (size_t i = 0; i < row->n; i++)
		name_field(r, row, i);
	for (int i = 0; i < COLUMNS; i++) {
		if (columns[i].required && !has(r, i))
			complain(r->c, row->line, "the column %s is missing",
				 columns[i].name);
	}
	if (has(r, X) != has(r, Y))
		complain(r->c, row->line,
			 "there is x without y, or y without x");
	r->fields = row->n;
	r->hall->has_id = has(r, ID);
	r->hall->has_xy = has(r, X) && has(r, Y);
	r->hall->has_pos = has(r, POS);
	r->hall->has_quality = has(r, QUALITY);
	return r->c->n == before;
}

/* ---- the other rows ------------------------------------------------------ */

static void read_value(struct reader *r, const struct csv_row *row, int i,
		       struct seat *seat)
{
	const struct column *column = &columns[i];
	const char *text, *wrong;

	if (!has(r, i))
		return;
	text = trim(row->fields[r->field_of[i]]);
	if (text[0] == '\0' && !column->may_be_empty) {
		complain(r->c, row->line, "%s is empty", column->name);
		return;
	}
	wrong = column->take(column, text, r->hall, seat);
	if (wrong != NULL)
		complain(r->c, row->line, "%s %s%s%.40s%s", column->name, wrong,
			 utf8_wrong(text) == NULL ? ": \"" : "",
			 utf8_wrong(text) == NULL ? text : "",
			 utf8_wrong(text) == NULL ? "\"" : "");
}

static void add_seat(struct reader *r, const struct seat *seat)
{
	struct hall *hall = r->hall;

	if (hall->n == r->room) {
		r->room = r->room > 0 ? 2 * r->room : 1024;
		hall->seats = hf_realloc_array(hall->seats, r->room,
					       sizeof(*hall->seats));
	}
	hall->seats[hall->n++] = *seat;
}

static void read_seat(struct reader *r, const struct csv_row *row)
{
	struct seat seat = { .line = row->line };
	size_t before = r->c->n;

	if (row->n != r->fields) {
		complain(r->c, row->line,
			 "%zu fields where the first row has "
			 "%zu",
			 row->n, r->fields);
		return;
	}
	for (int i = 0; i < COLUMNS; i++)
		read_value(r, row, i, &seat);
	if (r->c->n == before)
		add_seat(r, &seat);
}

static void read_seats(struct reader *r, struct csv *csv)
{
	struct csv_row row;
	int rc;

	while ((rc = csv_next(csv, &row)) != 0) {
		if (rc < 0) {
			complain(r->c, row.line, "%s", csv->wrong);
			continue;
		}
		if (r->hall->n == SEATS_MAX) {
			complain(r->c, row.line, "more than %d seats",
				 SEATS_MAX);
			return;
		}
		read_seat(r, &row);
	}
	if (r->hall->n == 0 && r->c->n == 0)
		complain(r->c, row.line, "there are no seats");
}

void hall_csv_parse(struct hall *hall, char *text, size_t len,
		    struct complaints *c)
{
	struct reader r = { .hall = hall, .c = c };
	struct csv csv;
	struct csv_row row;
	int rc;

	hall->text = text;
	csv_init(&csv, text, len);
	rc = csv_next(&csv, &row);
	if (rc < 0)
		complain(c, row.line, "%s", csv.wrong);
	else if (rc == 0)
		complain(c, 1,
			 "the file is empty: the first row names the "
			 "columns");
	else if (read_names(&r, &row))
		read_seats(&r, &csv);
}

/* ---- the file ------------------------------------------------------------ */

/* The bytes of fd, a NUL behind them. NULL and errno; EFBIG: too many. */
static char *read_all(int fd, size_t *len_out)
{
	size_t len = 0, room = 1 << 16;
	char *text = hf_alloc(room);
	ssize_t n;

	while ((n = read(fd, text + len, room - len - 1)) > 0) {
		len += (size_t)n;
		if (len > HALL_FILE_MAX) {
			errno = EFBIG;
			n = -1;
			break;
		}
		if (len + 1 == room) {
			room *= 2;
			text = hf_realloc_array(text, room, 1);
		}
	}
	if (n < 0) {
		free(text);
		return NULL;
	}
	text[len] = '\0';
	*len_out = len;
	return text;
}

void hall_csv_read(struct hall *hall, const char *path, struct complaints *c)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text = NULL;
	size_t len;

	if (fd >= 0)
		text = read_all(fd, &len);
	if (text != NULL)
		hall_csv_parse(hall, text, len, c);
	else
		complain(c, 0, "cannot be read: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
}
