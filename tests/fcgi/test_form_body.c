#include "config.h"

#include "fcgi/form_body.h"
#include "libhold/err.h"

#include "tests/fcgi/suites.h"

#include <stdio.h>

/* All fields that came, as "name=value;". */
static char seen[4096];
static int stop_at; /* fields after which each() refuses; 0: none */

static int note(void *arg, const char *name, const char *value)
{
	size_t len = strlen(seen);

	HF_UNUSED(arg);
	snprintf(seen + len, sizeof(seen) - len, "%s=%s;", name, value);
	return stop_at > 0 && --stop_at == 0 ? HF_ELIMIT : 0;
}

static int read_form(const char *body)
{
	seen[0] = '\0';
	return form_each(hf_slice_of(body), note, NULL);
}

static void fields_come_decoded_and_in_order(void)
{
	static const struct {
		const char *body, *seen;
	} rows[] = {
		{ "", "" },
		{ "a=1", "a=1;" },
		{ "a=1&b=2", "a=1;b=2;" },
		{ "a=1&a=2", "a=1;a=2;" },
		{ "&&a=1&", "a=1;" },
		{ "a", "a=;" },
		{ "a=", "a=;" },
		{ "=b", "=b;" },
		{ "a=b=c", "a=b=c;" },
		{ "a=b+c%20d", "a=b c d;" },
		{ "a%3d%26=%3D%26", "a=&==&;" },
		{ "seat=gala%3ASt%C3%A4lls-A-1", "seat=gala:Ställs-A-1;" },
	};

	for (size_t i = 0; i < HF_LEN(rows); i++) {
		CU_ASSERT_EQUAL(read_form(rows[i].body), 0);
		CU_ASSERT_STRING_EQUAL(seen, rows[i].seen);
	}
}

static void what_is_not_coded_as_a_form_is_refused(void)
{
	static const char *const bodies[] = {
		"a=%",    "a=%4",  "a=%4g", "a=%g4",           "%=1",
		"a=%00",  "a=\n",  "a=%0a", "a=%7F",           "a=%ff",
		"a=\xc3", "a=%C3", "%80=1", "a=1&b=%e0%80%80", "a=%u0041",
	};

	for (size_t i = 0; i < HF_LEN(bodies); i++)
		CU_ASSERT_EQUAL(read_form(bodies[i]), HF_EBAD);
}

/* A field of len bytes: "a" times, with "=1", or behind "n=". */
static int read_long(const char *before, size_t len, const char *after)
{
	char body[FORM_VALUE_MAX + 16];
	size_t at = (size_t)snprintf(body, sizeof(body), "%s", before);

	memset(body + at, 'a', len);
	snprintf(body + at + len, sizeof(body) - at - len, "%s", after);
	return read_form(body);
}

static void a_field_has_its_limits(void)
{
	CU_ASSERT_EQUAL(read_long("", FORM_NAME_MAX, "=1"), 0);
	CU_ASSERT_EQUAL(read_long("", FORM_NAME_MAX + 1, "=1"), HF_EBAD);
	CU_ASSERT_EQUAL(read_long("n=", FORM_VALUE_MAX, ""), 0);
	CU_ASSERT_EQUAL(read_long("n=", FORM_VALUE_MAX + 1, ""), HF_EBAD);
}

static void who_reads_may_stop(void)
{
	stop_at = 2;
	CU_ASSERT_EQUAL(read_form("a=1&b=2&c=3"), HF_ELIMIT);
	CU_ASSERT_STRING_EQUAL(seen, "a=1;b=2;");
}

static const struct hf_test tests[] = {
	HF_TEST(fields_come_decoded_and_in_order),
	HF_TEST(what_is_not_coded_as_a_form_is_refused),
	HF_TEST(a_field_has_its_limits),
	HF_TEST(who_reads_may_stop),
	HF_TEST_END,
};

const struct hf_suite test_form_body_suite = { "fcgi/form_body", tests, NULL,
					       NULL };
