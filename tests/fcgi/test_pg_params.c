#include "config.h"

#include "fcgi/pg_params.h"

#include "tests/fcgi/suites.h"

#include <string.h>

/* The bytes are those that PostgreSQL's own array_send and int8send give. */
#define EXPECT_BYTES(params, i, literal)                                       \
	do {                                                                   \
		CU_ASSERT_EQUAL((params)->formats[i], 1);                      \
		CU_ASSERT_EQUAL((params)->lengths[i],                          \
				(int)sizeof(literal) - 1);                     \
		CU_ASSERT_EQUAL(                                               \
		    memcmp((params)->values[i], literal, sizeof(literal) - 1), \
		    0);                                                        \
	} while (0)

static void a_text_goes_as_it_is(void)
{
	const char *text = "o'brien\\ \xff";
	struct pg_params params;

	pg_params_init(&params);
	pg_params_text(&params, text);
	CU_ASSERT_EQUAL(params.n, 1);
	CU_ASSERT_PTR_EQUAL(params.values[0], text);
	CU_ASSERT_EQUAL(params.formats[0], 0);
}

static void a_number_is_eight_bytes_big_end_first(void)
{
	struct pg_params params;

	pg_params_init(&params);
	pg_params_int8(&params, 0x0102030405060708);
	pg_params_int8(&params, -1);
	EXPECT_BYTES(&params, 0, "\1\2\3\4\5\6\7\10");
	EXPECT_BYTES(&params, 1, "\377\377\377\377\377\377\377\377");
}

static void texts_are_an_array_with_a_length_before_each(void)
{
	const char *texts[] = { "1", "{\"," };
	struct pg_params params;

	pg_params_init(&params);
	pg_params_texts(&params, texts, 2);
	EXPECT_BYTES(&params, 0,
		     "\0\0\0\1\0\0\0\0\0\0\0\31\0\0\0\2\0\0\0\1"
		     "\0\0\0\1"
		     "1"
		     "\0\0\0\3{\",");
}

static void numbers_are_an_array_too(void)
{
	const int64_t numbers[] = { 5, 256 };
	struct pg_params params;

	pg_params_init(&params);
	pg_params_int8s(&params, numbers, 2);
	EXPECT_BYTES(&params, 0,
		     "\0\0\0\1\0\0\0\0\0\0\0\24\0\0\0\2\0\0\0\1"
		     "\0\0\0\10\0\0\0\0\0\0\0\5"
		     "\0\0\0\10\0\0\0\0\0\0\1\0");
}

static void the_largest_basket_fits(void)
{
	char id[TICKET_ID_MAX + 1];
	const char *ids[BASKET_MAX];
	int64_t numbers[BASKET_MAX] = { 0 };
	struct pg_params params;

	memset(id, 'x', TICKET_ID_MAX);
	id[TICKET_ID_MAX] = '\0';
	for (size_t i = 0; i < BASKET_MAX; i++)
		ids[i] = id;
	pg_params_init(&params);
	pg_params_texts(&params, ids, BASKET_MAX);
	pg_params_text(&params, id);
	pg_params_int8s(&params, numbers, BASKET_MAX);
	pg_params_text(&params, id);
	pg_params_int8s(&params, numbers, BASKET_MAX);
	CU_ASSERT_EQUAL(params.n, 5);
	CU_ASSERT_EQUAL(params.lengths[0], 20 + 10 * (4 + TICKET_ID_MAX));
	CU_ASSERT_EQUAL(params.lengths[4], 20 + 10 * (4 + 8));
}

static void a_second_use_begins_empty(void)
{
	struct pg_params params;

	pg_params_init(&params);
	pg_params_int8(&params, 1);
	pg_params_init(&params);
	pg_params_int8(&params, 2);
	CU_ASSERT_EQUAL(params.n, 1);
	EXPECT_BYTES(&params, 0, "\0\0\0\0\0\0\0\2");
}

static const struct hf_test tests[] = {
	HF_TEST(a_text_goes_as_it_is),
	HF_TEST(a_number_is_eight_bytes_big_end_first),
	HF_TEST(texts_are_an_array_with_a_length_before_each),
	HF_TEST(numbers_are_an_array_too),
	HF_TEST(the_largest_basket_fits),
	HF_TEST(a_second_use_begins_empty),
	HF_TEST_END,
};

const struct hf_suite test_pg_params_suite = { "fcgi/pg_params", tests, NULL,
					       NULL };
