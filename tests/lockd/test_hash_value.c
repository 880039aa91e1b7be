#include "config.h"

#include "libhold/err.h"
#include "lockd/hash_value.h"

#include "tests/lockd/suites.h"

#include <stdio.h>
#include <stdlib.h>

static struct hf_buf hash;

static void setup(void)
{
	hash_value_edit(&hash, HF_SLICE(""));
}

static void teardown(void)
{
	hf_buf_fini(&hash);
}

static int put(const char *name, const char *value)
{
	return hash_value_put(&hash, hf_slice_of(name), hf_slice_of(value));
}

static bool remove_field(const char *name)
{
	return hash_value_remove(&hash, hf_slice_of(name));
}

/* "name=value," for each field, in order. */
static bool is(const char *wanted)
{
	struct hf_slice left = hf_buf_slice(&hash);
	struct hash_field field;
	struct hf_buf got;
	bool same;

	hf_buf_init(&got, 10000);
	while (hash_value_next(&left, &field))
		hf_buf_printf(&got, "%.*s=%.*s,", (int)field.name.len,
			      field.name.data, (int)field.value.len,
			      field.value.data);
	same = hf_slice_eq(hf_buf_slice(&got), hf_slice_of(wanted));
	hf_buf_fini(&got);
	return same;
}

static void a_new_field_comes_last_and_an_old_one_keeps_its_place(void)
{
	CU_ASSERT_EQUAL(put("a", "1"), 1);
	CU_ASSERT_EQUAL(put("b", "2"), 1);
	CU_ASSERT_EQUAL(put("", ""), 1);
	CU_ASSERT(is("a=1,b=2,=,"));
	CU_ASSERT_EQUAL(put("a", "longer"), 0);
	CU_ASSERT(is("a=longer,b=2,=,"));
	CU_ASSERT_EQUAL(put("b", ""), 0);
	CU_ASSERT(is("a=longer,b=,=,"));
	CU_ASSERT_EQUAL(put("", "x"), 0);
	CU_ASSERT(is("a=longer,b=,=x,"));
	CU_ASSERT_EQUAL(put("a", "2"), 0);
	CU_ASSERT(is("a=2,b=,=x,"));
	CU_ASSERT_EQUAL(hash_value_count(hf_buf_slice(&hash)), 3);
}

static void a_field_is_found_by_its_whole_name(void)
{
	struct hash_field field;

	CU_ASSERT_EQUAL(put("ab", "1"), 1);
	CU_ASSERT_EQUAL(put("a", "2"), 1);
	CU_ASSERT(hash_value_find(hf_buf_slice(&hash), HF_SLICE("a"), &field));
	CU_ASSERT(hf_slice_eq(field.value, HF_SLICE("2")));
	CU_ASSERT_FALSE(
	    hash_value_find(hf_buf_slice(&hash), HF_SLICE("abc"), &field));
	CU_ASSERT_FALSE(
	    hash_value_find(hf_buf_slice(&hash), HF_SLICE(""), &field));
}

static void what_is_removed_leaves_the_others_as_they_were(void)
{
	CU_ASSERT_EQUAL(put("a", "1"), 1);
	CU_ASSERT_EQUAL(put("b", "2"), 1);
	CU_ASSERT_EQUAL(put("c", "3"), 1);
	CU_ASSERT(remove_field("b"));
	CU_ASSERT_FALSE(remove_field("b"));
	CU_ASSERT(is("a=1,c=3,"));
	CU_ASSERT(remove_field("a"));
	CU_ASSERT(remove_field("c"));
	CU_ASSERT_EQUAL(hf_buf_len(&hash), 0);
	CU_ASSERT_FALSE(remove_field("c"));
}

/* At each length whose head is one byte longer than the one before. */
static void lengths_of_any_size_are_read_back(void)
{
	static const size_t lens[] = { 0, 1, 127, 128, 16383, 16384, 100000 };
	char *big = calloc(1, 100000);

	memset(big, 'x', 100000);
	for (size_t i = 0; i < HF_LEN(lens); i++) {
		struct hf_slice bytes = { big, lens[i] };
		struct hash_field field;

		CU_ASSERT_EQUAL(hash_value_put(&hash, bytes, bytes), 1);
		CU_ASSERT_EQUAL(put("after", "it"), i == 0 ? 1 : 0);
		CU_ASSERT(hash_value_find(hf_buf_slice(&hash), bytes, &field));
		CU_ASSERT(hf_slice_eq(field.value, bytes));
	}
	CU_ASSERT_EQUAL(hash_value_count(hf_buf_slice(&hash)),
			HF_LEN(lens) + 1);
	free(big);
}

static void one_field_more_than_the_limit_is_refused(void)
{
	char name[16];

	for (int i = 0; i < HASH_FIELDS_MAX; i++) {
		snprintf(name, sizeof(name), "%d", i);
		CU_ASSERT_EQUAL_FATAL(put(name, "v"), 1);
	}
	CU_ASSERT_EQUAL(put("one more", "v"), HF_ELIMIT);
	CU_ASSERT_EQUAL(hash_value_count(hf_buf_slice(&hash)), HASH_FIELDS_MAX);
	CU_ASSERT_EQUAL(put("7", "changed"), 0);
	CU_ASSERT(remove_field("8"));
	CU_ASSERT_EQUAL(put("one more", "v"), 1);
}

/* A name of 1 byte and a value of more than 16383 take 4 bytes of lengths. */
static void one_byte_more_than_the_limit_is_refused(void)
{
	size_t most = HASH_BYTES_MAX - 1 - 4;
	char *big = calloc(1, most + 1);

	CU_ASSERT_EQUAL(hash_value_put(&hash, HF_SLICE("a"),
				       (struct hf_slice){ big, most + 1 }),
			HF_ELIMIT);
	CU_ASSERT_EQUAL(hf_buf_len(&hash), 0);
	CU_ASSERT_EQUAL(hash_value_put(&hash, HF_SLICE("a"),
				       (struct hf_slice){ big, most }),
			1);
	CU_ASSERT_EQUAL(hf_buf_len(&hash), HASH_BYTES_MAX);
	CU_ASSERT_EQUAL(put("b", ""), HF_ELIMIT);
	CU_ASSERT_EQUAL(hash_value_put(&hash, HF_SLICE("a"),
				       (struct hf_slice){ big, most + 1 }),
			HF_ELIMIT);
	CU_ASSERT_EQUAL(hf_buf_len(&hash), HASH_BYTES_MAX);
	CU_ASSERT_EQUAL(put("a", ""), 0);
	CU_ASSERT_EQUAL(put("b", ""), 1);
	free(big);
}

/* The journal has them: what is cut gives whole fields, and an end. */
static void bytes_cut_anywhere_give_whole_fields_only(void)
{
	struct hash_field field;
	struct hf_slice whole;

	CU_ASSERT_EQUAL(put("first", "1"), 1);
	CU_ASSERT_EQUAL(put("second", "22"), 1);
	whole = hf_buf_slice(&hash);
	for (size_t cut = 0; cut < whole.len; cut++) {
		char *copy = calloc(1, cut + 1);
		struct hf_slice left = { copy, cut };

		memcpy(copy, whole.data, cut);
		CU_ASSERT_EQUAL(hash_value_count(left), cut >= 8 ? 1 : 0);
		while (hash_value_next(&left, &field))
			CU_ASSERT(hf_slice_eq(field.name, HF_SLICE("first")));
		CU_ASSERT_EQUAL(left.len, 0);
		free(copy);
	}
}

static void lengths_that_never_end_or_reach_too_far_are_an_end(void)
{
	static const struct hf_slice rows[] = {
		HF_SLICE_INIT("\xff\xff\xff\xff\xff\xff\xff\xff"),
		HF_SLICE_INIT("\x80"),
		HF_SLICE_INIT("\x01\xff\xff\xff\xff\x7f"
			      "a"),
		HF_SLICE_INIT("\x01"),
		HF_SLICE_INIT("\x01\x01"
			      "a"),
	};

	for (size_t i = 0; i < HF_LEN(rows); i++)
		CU_ASSERT_EQUAL(hash_value_count(rows[i]), 0);
}

static const struct hf_test tests[] = {
	HF_TEST(a_new_field_comes_last_and_an_old_one_keeps_its_place),
	HF_TEST(a_field_is_found_by_its_whole_name),
	HF_TEST(what_is_removed_leaves_the_others_as_they_were),
	HF_TEST(lengths_of_any_size_are_read_back),
	HF_TEST(one_field_more_than_the_limit_is_refused),
	HF_TEST(one_byte_more_than_the_limit_is_refused),
	HF_TEST(bytes_cut_anywhere_give_whole_fields_only),
	HF_TEST(lengths_that_never_end_or_reach_too_far_are_an_end),
	HF_TEST_END,
};

const struct hf_suite test_hash_value_suite = { "lockd/hash_value", tests,
						setup, teardown };
