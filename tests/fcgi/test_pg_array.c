#include "config.h"

#include "fcgi/pg_array.h"

#include "tests/fcgi/suites.h"

static struct hf_buf out;

static void setup(void)
{
	hf_buf_init(&out, 1000);
}

static void teardown(void)
{
	hf_buf_fini(&out);
}

static const char *array_of(const char *const *texts, size_t n)
{
	pg_array_begin(&out);
	for (size_t i = 0; i < n; i++)
		pg_array_add_text(&out, texts[i]);
	return pg_array_end(&out);
}

static void no_byte_of_a_text_is_taken_for_syntax(void)
{
	static const char *const texts[] = { "1", "a\"b\\", "NULL",
					     "",  "{x,y}",  " \n" };

	CU_ASSERT_STRING_EQUAL(array_of(texts, HF_LEN(texts)),
			       "{\"1\",\"a\\\"b\\\\\",\"NULL\",\"\","
			       "\"{x,y}\",\" \n\"}");
}

static void an_array_may_be_empty_and_the_next_one_begins_anew(void)
{
	static const char *const one[] = { "x" };

	CU_ASSERT_STRING_EQUAL(array_of(NULL, 0), "{}");
	CU_ASSERT_STRING_EQUAL(array_of(one, 1), "{\"x\"}");
	CU_ASSERT_STRING_EQUAL(array_of(one, 1), "{\"x\"}");
}

static void numbers_are_numbers(void)
{
	pg_array_begin(&out);
	pg_array_add_int8(&out, INT64_MIN);
	pg_array_add_int8(&out, 0);
	pg_array_add_int8(&out, INT64_MAX);
	CU_ASSERT_STRING_EQUAL(pg_array_end(&out),
			       "{-9223372036854775808,0,9223372036854775807}");
}

static const struct hf_test tests[] = {
	HF_TEST(no_byte_of_a_text_is_taken_for_syntax),
	HF_TEST(an_array_may_be_empty_and_the_next_one_begins_anew),
	HF_TEST(numbers_are_numbers),
	HF_TEST_END,
};

const struct hf_suite test_pg_array_suite = { "fcgi/pg_array", tests, setup,
					      teardown };
