#include "config.h"

#include "ephemerald/zpath.h"

#include "tests/ephemerald/suites.h"

#define TEXT(literal)                          \
	{                                      \
		(literal), sizeof(literal) - 1 \
	}

static void paths_are_what_zookeeper_takes(void)
{
	static const struct {
		struct hf_slice path;
		bool valid;
	} rows[] = {
		{ TEXT("/"), true },
		{ TEXT("/a"), true },
		{ TEXT("/a/b c"), true },
		{ TEXT("/..."), true },
		{ TEXT("/.a/..b/c."), true },
		{ TEXT("/\xc3\xa9"), true },     /* U+00E9 */
		{ TEXT("/\xe2\x82\xac"), true }, /* U+20AC */
		{ TEXT("/\xef\xbf\xaf"), true }, /* U+FFEF, the last */
		{ TEXT("/\x7e"), true },
		{ TEXT("/\xc2\xa0"), true }, /* U+00A0 */
		{ TEXT(""), false },
		{ TEXT("a"), false },
		{ TEXT("a/b"), false },
		{ TEXT("//"), false },
		{ TEXT("/a/"), false },
		{ TEXT("/a//b"), false },
		{ TEXT("/."), false },
		{ TEXT("/a/."), false },
		{ TEXT("/a/./b"), false },
		{ TEXT("/.."), false },
		{ TEXT("/../a"), false },
		{ TEXT("/a\0"), false },
		{ TEXT("/\x01"), false },
		{ TEXT("/\x1f"), false },
		{ TEXT("/\x7f"), false },
		{ TEXT("/\xc2\x9f"), false },         /* U+009F */
		{ TEXT("/\xee\x80\x80"), false },     /* U+E000, private */
		{ TEXT("/\xef\xa3\xbf"), false },     /* U+F8FF, its last */
		{ TEXT("/\xef\xbf\xb0"), false },     /* U+FFF0 */
		{ TEXT("/\xed\xa0\x80"), false },     /* a surrogate */
		{ TEXT("/\xf0\x9f\x98\x80"), false }, /* above U+FFFF */
		{ TEXT("/\xc3"), false },             /* cut */
		{ TEXT("/\xe2\x82"), false },
		{ TEXT("/\x80"), false },
		{ TEXT("/\xc0\xaf"), false }, /* too long for a slash */
		{ TEXT("/\xe0\x80\xaf"), false },
		{ TEXT("/\xff"), false },
	};

	for (size_t i = 0; i < HF_LEN(rows); i++)
		CU_ASSERT_EQUAL(zpath_valid(rows[i].path), rows[i].valid);
}

static void a_path_has_a_parent_and_a_name(void)
{
	static const struct {
		const char *path, *parent, *name;
	} rows[] = {
		{ "/a/b", "/a", "b" }, { "/a", "", "a" }, { "/", "", "" },
		{ "/a/", "/a", "" },   { "a", "", "a" },  { "", "", "" },
	};

	for (size_t i = 0; i < HF_LEN(rows); i++) {
		struct hf_slice path = hf_slice_of(rows[i].path);

		CU_ASSERT(hf_slice_eq(zpath_parent(path),
				      hf_slice_of(rows[i].parent)));
		CU_ASSERT(
		    hf_slice_eq(zpath_name(path), hf_slice_of(rows[i].name)));
	}
}

static void parts_come_one_by_one(void)
{
	struct hf_slice path = HF_SLICE("/a//bc"), part;

	CU_ASSERT(zpath_next(&path, &part) && hf_slice_eq(part, HF_SLICE("a")));
	CU_ASSERT(zpath_next(&path, &part) && part.len == 0);
	CU_ASSERT(zpath_next(&path, &part) &&
		  hf_slice_eq(part, HF_SLICE("bc")));
	CU_ASSERT_FALSE(zpath_next(&path, &part));
	path = HF_SLICE("a");
	CU_ASSERT_FALSE(zpath_next(&path, &part));
}

static void within_means_the_node_or_below_it(void)
{
	static const struct {
		const char *path, *top;
		bool within;
	} rows[] = {
		{ "/a", "/a", true },       { "/a/b", "/a", true },
		{ "/ab", "/a", false },     { "/", "/a", false },
		{ "/anything", "/", true }, { "/a", "/a/b", false },
	};

	for (size_t i = 0; i < HF_LEN(rows); i++)
		CU_ASSERT_EQUAL(zpath_within(hf_slice_of(rows[i].path),
					     hf_slice_of(rows[i].top)),
				rows[i].within);
}

static const struct hf_test tests[] = {
	HF_TEST(paths_are_what_zookeeper_takes),
	HF_TEST(a_path_has_a_parent_and_a_name),
	HF_TEST(parts_come_one_by_one),
	HF_TEST(within_means_the_node_or_below_it),
	HF_TEST_END,
};

const struct hf_suite test_zpath_suite = { "ephemerald/zpath", tests, NULL,
					   NULL };
