#include "config.h"

#include "db/csv.h"

#include "libhold/err.h"

#include <string.h>

static const char mark[] = "\xef\xbb\xbf";

static char separator_of(const char *text, size_t len)
{
	const char *line_end = memchr(text, '\n', len);
	size_t first = line_end != NULL ? (size_t)(line_end - text) : len;

	return memchr(text, ',', first) == NULL &&
		       memchr(text, ';', first) != NULL
		   ? ';'
		   : ',';
}

void csv_init(struct csv *csv, char *text, size_t len)
{
	size_t skip = sizeof(mark) - 1;

	if (len < skip || memcmp(text, mark, skip) != 0)
		skip = 0;
	*csv = (struct csv){
		.at = text + skip,
		.end = text + len,
		.line = 1,
		.separator = separator_of(text + skip, len - skip),
	};
}

/* Bytes of the line end at p; 0: there is none. The end is one of no bytes. */
static size_t line_end_at(const struct csv *csv, const char *p)
{
	if (p < csv->end && *p == '\n')
		return 1;
	if (p + 1 < csv->end && p[0] == '\r' && p[1] == '\n')
		return 2;
	return 0;
}

static bool ends_field(const struct csv *csv, const char *p)
{
	return p == csv->end || *p == csv->separator || line_end_at(csv, p) > 0;
}

/* ---- one field ----------------------------------------------------------- */

static int bad(struct csv *csv, const char *wrong)
{
	csv->wrong = wrong;
	return HF_EBAD;
}

/* Moves csv->at behind it. field_end_out: where its NUL is to go. */
static int read_plain(struct csv *csv, char **field_end_out)
{
	char *p = csv->at;

	for (; !ends_field(csv, p); p++) {
		if (*p == '"')
			return bad(csv, "a quote within a field that does not "
					"begin with one");
		if (*p == '\r')
			return bad(csv, "a carriage return within a field");
		if (*p == '\0')
			return bad(csv, "a NUL byte");
	}
	csv->at = *field_end_out = p;
	return 0;
}

/* The quote that closes the field, or NULL and csv->wrong. */
static char *find_closing(struct csv *csv, size_t *lines_out)
{
	char *p = csv->at + 1;

	*lines_out = 0;
	for (; p < csv->end && *p != '\0'; p++) {
		if (*p == '\n')
			++*lines_out;
		if (*p != '"')
			continue;
		if (p + 1 == csv->end || p[1] != '"')
			return p;
		p++;
	}
	csv->wrong = p == csv->end ? "a quote is not closed" : "a NUL byte";
	/* All that is left may be meant to be within it. */
	csv->at = csv->end;
	return NULL;
}

/* Writes the field over itself, one byte earlier than it stood. */
static int read_quoted(struct csv *csv, char **field_end_out)
{
	size_t lines;
	char *closing = find_closing(csv, &lines);
	char *out = csv->at;

	if (closing == NULL)
		return HF_EBAD;
	if (!ends_field(csv, closing + 1))
		return bad(csv, "something follows a closing quote");
	for (const char *in = csv->at + 1; in < closing; in++) {
		*out++ = *in;
		if (*in == '"')
			in++;
	}
	csv->at = closing + 1;
	csv->line += lines;
	*field_end_out = out;
	return 0;
}

/* ---- one row ------------------------------------------------------------- */

static void skip_line(struct csv *csv)
{
	char *lf = memchr(csv->at, '\n', (size_t)(csv->end - csv->at));

	csv->at = lf != NULL ? lf + 1 : csv->end;
	csv->line++;
}

/* The fields from csv->at on, to the end of the row, and behind it. */
static int read_fields(struct csv *csv, struct csv_row *row)
{
	const char *begin = csv->at;

	for (;;) {
		char *field = csv->at, *field_end;
		bool quoted = field < csv->end && *field == '"';
		int rc;

		if (row->n == CSV_FIELDS_MAX)
			return bad(csv, "too many fields (at most 32)");
		rc = quoted ? read_quoted(csv, &field_end)
			    : read_plain(csv, &field_end);
		if (rc < 0)
			return rc;
		row->fields[row->n++] = field;
		if (csv->at - begin > CSV_ROW_MAX)
			return bad(csv, "longer than 4096 bytes");
		if (csv->at < csv->end && *csv->at == csv->separator) {
			csv->at++;
			*field_end = '\0';
			continue;
		}
		csv->at += line_end_at(csv, csv->at);
		csv->line++;
		*field_end = '\0';
		return 1;
	}
}

static void skip_empty_lines(struct csv *csv)
{
	size_t len;

	while ((len = line_end_at(csv, csv->at)) > 0) {
		csv->at += len;
		csv->line++;
	}
}

int csv_next(struct csv *csv, struct csv_row *row_out)
{
	int rc;

	skip_empty_lines(csv);
	row_out->line = csv->line;
	row_out->n = 0;
	if (csv->at == csv->end)
		return 0;
	rc = read_fields(csv, row_out);
	if (rc < 0)
		skip_line(csv);
	return rc;
}
