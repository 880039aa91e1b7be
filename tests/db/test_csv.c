#include "config.h"

#include "db/csv.h"
#include "libhold/err.h"
#include "libhold/mem.h"
#include "tests/db/suites.h"

#include <stdlib.h>
#include <string.h>

/*
 * All rows of a text as "field|field\n", an error as "!\n". The reader gets
 * memory of exactly its size, so that a look beyond is seen by the sanitizer.
 */
static const char *read_all(const char *text, size_t len)
{
	static char out[2048];
	char *copy = hf_strndup(text, len);
	struct csv csv;
	struct csv_row row;
	int rc;

	memcpy(copy, text, len); /* NULs, too */
	out[0] = '\0';
	csv_init(&csv, copy, len);
	while ((rc = csv_next(&csv, &row)) != 0) {
		for (size_t i = 0; rc > 0 && i < row.n; i++) {
			strncat(out, row.fields[i], 200);
			strcat(out, i + 1 < row.n ? "|" : "");
		}
		strcat(out, rc > 0 ? "\n" : "!\n");
	}
	free(copy);
	return out;
}

static void rows_are_read_as_rfc_4180_has_them(void)
{
	static const struct {
		const char *text, *rows;
	} cases[] = {
		{ "", "" },
		{ "a", "a\n" },
		{ "a,b\n", "a|b\n" },
		{ "a,b\r\nc,d", "a|b\nc|d\n" },
		{ ",", "|\n" },
		{ "a,\n", "a|\n" },
		{ "\n\n\r\na\n\n", "a\n" },
		{ "\"a\"", "a\n" },
		{ "\"\"", "\n" },
		{ "\"a,b\",c\n", "a,b|c\n" },
		{ "\"a\nb\",c\n", "a\nb|c\n" },
		{ "\"a\"\"b\"\n", "a\"b\n" },
		{ "\"\"\"\"\r\n", "\"\n" },
		{ " a , b \n", " a | b \n" },
		{ "\xef\xbb\xbf"
		  "a,b\n",
		  "a|b\n" },
		{ "\xef\xbb", "\xef\xbb\n" },
		{ "a;b\nc,d;e\n", "a|b\nc,d|e\n" },
		{ "a;b,c\n", "a;b|c\n" },
	};

	for (size_t i = 0; i < HF_LEN(cases); i++)
		CU_ASSERT_STRING_EQUAL(
		    read_all(cases[i].text, strlen(cases[i].text)),
		    cases[i].rows);
}

static void a_row_that_cannot_be_read_costs_no_other(void)
{
	static const struct {
		const char *text;
		size_t len; /* 0: all of it */
		const char *rows;
	} cases[] = {
		{ "a\"b\nc\n", 0, "!\nc\n" },
		{ "\"a\"b\nc\n", 0, "!\nc\n" },
		{ "\"a\nb\"x\nc\n", 0, "!\n!\nc\n" },
		{ "a\rb\nc\n", 0, "!\nc\n" },
		{ "a\r", 0, "!\n" },
		{ "\"a\nb\nc", 0, "!\n" }, /* all may be within the quote */
		{ "a\0b\nc\n", 6, "!\nc\n" },
		{ "\"a\0b\"\nc\n", 8, "!\n" },
	};

	for (size_t i = 0; i < HF_LEN(cases); i++) {
		size_t len = cases[i].len;

		if (len == 0)
			len = strlen(cases[i].text);
		CU_ASSERT_STRING_EQUAL(read_all(cases[i].text, len),
				       cases[i].rows);
	}
}

static void lines_are_counted_through_quotes_and_errors(void)
{
	char text[] = "a\n\n\"b\nb\"\nc\"\nd\r\ne";
	static const size_t lines[] = { 1, 3, 5, 6, 7 };
	struct csv csv;
	struct csv_row row;
	size_t n = 0;

	csv_init(&csv, text, strlen(text));
	while (csv_next(&csv, &row) != 0 && n < HF_LEN(lines))
		CU_ASSERT_EQUAL(row.line, lines[n++]);
	CU_ASSERT_EQUAL(n, HF_LEN(lines));
}

/* A row of so many bytes with its line end, and a second one. */
static int read_long(size_t bytes)
{
	char *text = hf_alloc(bytes + 3);
	struct csv csv;
	struct csv_row row;
	int rc;

	memset(text, 'x', bytes);
	memcpy(text + bytes - 1, "\ny", 3);
	csv_init(&csv, text, bytes + 1);
	rc = csv_next(&csv, &row);
	CU_ASSERT_EQUAL(csv_next(&csv, &row), 1);
	CU_ASSERT_STRING_EQUAL(row.fields[0], "y");
	free(text);
	return rc;
}

static void a_row_has_a_longest_length(void)
{
	CU_ASSERT_EQUAL(read_long(CSV_ROW_MAX + 1), 1); /* and its LF */
	CU_ASSERT_EQUAL(read_long(CSV_ROW_MAX + 2), HF_EBAD);
}

static int read_fields(size_t fields)
{
	char text[2 * CSV_FIELDS_MAX + 8];
	struct csv csv;
	struct csv_row row;

	memset(text, ',', fields);
	text[fields - 1] = '\0'; /* one comma less than fields */
	csv_init(&csv, text, fields - 1);
	return csv_next(&csv, &row);
}

static void a_row_has_so_many_fields_at_most(void)
{
	CU_ASSERT_EQUAL(read_fields(CSV_FIELDS_MAX), 1);
	CU_ASSERT_EQUAL(read_fields(CSV_FIELDS_MAX + 1), HF_EBAD);
}

static const struct hf_test tests[] = {
	HF_TEST(rows_are_read_as_rfc_4180_has_them),
	HF_TEST(a_row_that_cannot_be_read_costs_no_other),
	HF_TEST(lines_are_counted_through_quotes_and_errors),
	HF_TEST(a_row_has_a_longest_length),
	HF_TEST(a_row_has_so_many_fields_at_most),
	HF_TEST_END,
};

const struct hf_suite test_csv_suite = { "db/csv", tests, NULL, NULL };
