#include "config.h"

#include "libhold/buf.h"

#include "tests/libhold/suites.h"

static struct hf_buf buf;

static void setup(void)
{
	hf_buf_init(&buf, 1024);
}

static void teardown(void)
{
	hf_buf_fini(&buf);
}

static void fill(size_t len)
{
	for (size_t i = 0; i < len; i++)
		hf_buf_add_char(&buf, (char)('a' + i % 26));
}

static void what_was_added_is_there_in_order(void)
{
	hf_buf_add(&buf, "seat", 4);
	hf_buf_printf(&buf, " %d%c", 12, 'A');
	CU_ASSERT(hf_slice_eq(hf_buf_slice(&buf), HF_SLICE("seat 12A")));
}

static void what_is_inserted_stands_where_it_should(void)
{
	hf_buf_insert(&buf, 0, HF_SLICE("c"));
	hf_buf_insert(&buf, 0, HF_SLICE("xa"));
	hf_buf_consume(&buf, 1);
	hf_buf_insert(&buf, 1, HF_SLICE("bb"));
	hf_buf_insert(&buf, 4, HF_SLICE("d"));
	hf_buf_insert(&buf, 2, HF_SLICE(""));
	CU_ASSERT(hf_slice_eq(hf_buf_slice(&buf), HF_SLICE("abbcd")));
}

static void what_does_not_fit_is_not_inserted(void)
{
	fill(1023);
	hf_buf_insert(&buf, 5, HF_SLICE("xx"));
	CU_ASSERT(hf_buf_failed(&buf));
	CU_ASSERT_EQUAL(hf_buf_len(&buf), 1023);
	CU_ASSERT_EQUAL(hf_buf_slice(&buf).data[5], 'f');
}

static void exactly_the_maximum_fits(void)
{
	fill(1024);
	CU_ASSERT_FALSE(hf_buf_failed(&buf));
	CU_ASSERT_EQUAL(hf_buf_len(&buf), 1024);
}

static void one_byte_over_the_maximum_sticks(void)
{
	fill(1024);
	hf_buf_add_char(&buf, 'x');
	CU_ASSERT(hf_buf_failed(&buf));
	CU_ASSERT_EQUAL(hf_buf_len(&buf), 1024);
	hf_buf_consume(&buf, 100);
	hf_buf_add_char(&buf, 'x');
	CU_ASSERT_EQUAL(hf_buf_len(&buf), 924);
	hf_buf_truncate(&buf, 924);
	CU_ASSERT_FALSE(hf_buf_failed(&buf));
}

static void consumed_room_is_used_again(void)
{
	for (int round = 0; round < 1000; round++) {
		fill(200);
		hf_buf_consume(&buf, hf_buf_len(&buf) > 600 ? 400 : 100);
		CU_ASSERT_FALSE_FATAL(hf_buf_failed(&buf));
	}
	CU_ASSERT(buf.cap <= 2048);
}

static void a_reset_gives_big_memory_back(void)
{
	fill(1000);
	hf_buf_reset(&buf, 256);
	CU_ASSERT_EQUAL(buf.cap, 0);
	CU_ASSERT_EQUAL(hf_buf_len(&buf), 0);
	fill(10);
	hf_buf_reset(&buf, 256);
	CU_ASSERT(buf.cap > 0);
}

static const struct hf_test tests[] = {
	HF_TEST(what_was_added_is_there_in_order),
	HF_TEST(what_is_inserted_stands_where_it_should),
	HF_TEST(what_does_not_fit_is_not_inserted),
	HF_TEST(exactly_the_maximum_fits),
	HF_TEST(one_byte_over_the_maximum_sticks),
	HF_TEST(consumed_room_is_used_again),
	HF_TEST(a_reset_gives_big_memory_back),
	HF_TEST_END,
};

const struct hf_suite test_buf_suite = { "libhold/buf", tests, setup,
					 teardown };
