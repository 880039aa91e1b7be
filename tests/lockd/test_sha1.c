#include "config.h"

#include "libhold/mem.h"
#include "lockd/sha1.h"
#include "tests/lockd/suites.h"

#include <stdlib.h>

/* Those of FIPS 180-4's examples (NIST CSRC), and the empty text's. */
static const struct row {
	const char *text;
	const char *sum;
} rows[] = {
	{ "", "da39a3ee5e6b4b0d3255bfef95601890afd80709" },
	{ "abc", "a9993e364706816aba3e25717850c26c9cd0d89d" },
	{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	  "84983e441c3bd26ebaae4aa1f95129e5e54670f1" },
	{ "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
	  "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
	  "a49b2446a02c645bf419f995b67091253a04a259" },
};

static void a_known_text_has_its_known_sum(void)
{
	char sum[SHA1_HEX_LEN + 1];

	for (size_t i = 0; i < HF_LEN(rows); i++) {
		sha1_hex(hf_slice_of(rows[i].text), sum);
		CU_ASSERT_STRING_EQUAL(sum, rows[i].sum);
	}
}

static void a_million_times_a_has_its_known_sum(void)
{
	const size_t len = 1000000;
	char *text = hf_alloc(len);
	char sum[SHA1_HEX_LEN + 1];

	memset(text, 'a', len);
	sha1_hex((struct hf_slice){ text, len }, sum);
	free(text);
	CU_ASSERT_STRING_EQUAL(sum, "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

/* The sum over the sums of "a" times 0, 1, ... 200: every way to end. */
static void every_length_ends_in_its_own_way(void)
{
	char text[200], sums[(HF_LEN(text) + 1) * SHA1_HEX_LEN + 1];
	char sum[SHA1_HEX_LEN + 1];

	memset(text, 'a', sizeof(text));
	for (size_t n = 0; n <= sizeof(text); n++)
		sha1_hex((struct hf_slice){ text, n }, sums + n * SHA1_HEX_LEN);
	sha1_hex((struct hf_slice){ sums, sizeof(sums) - 1 }, sum);
	CU_ASSERT_STRING_EQUAL(sum, "7088615e42aaa1f4ebf506af750412752e1ef172");
}

static const struct hf_test tests[] = {
	HF_TEST(a_known_text_has_its_known_sum),
	HF_TEST(a_million_times_a_has_its_known_sum),
	HF_TEST(every_length_ends_in_its_own_way),
	HF_TEST_END,
};

const struct hf_suite test_sha1_suite = { "lockd/sha1", tests, NULL, NULL };
