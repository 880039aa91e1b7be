#include "config.h"

#include "fcgi/html_out.h"

#include "tests/fcgi/suites.h"

static struct hf_buf out;

static void setup(void)
{
	hf_buf_init(&out, 4096);
}

static void teardown(void)
{
	hf_buf_fini(&out);
}

static bool is(const char *text)
{
	return hf_slice_eq(hf_buf_slice(&out), hf_slice_of(text));
}

static void no_text_becomes_a_tag_or_ends_an_attribute(void)
{
	html_add(&out, "<b a=\"1\" c='2'>&amp; ä\xf0\x9f\x8e\xab</b>");
	CU_ASSERT(is("&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;amp; "
		     "ä\xf0\x9f\x8e\xab&lt;/b&gt;"));
}

static void values_take_their_places_in_order(void)
{
	html_fill(&out, "<a href=\"/%\">%</a>", "x\"y", "100 % <sure>");
	CU_ASSERT(is("<a href=\"/x&quot;y\">100 % &lt;sure&gt;</a>"));
}

static void an_amount_has_its_currencys_decimals(void)
{
	html_add_money(&out, 4550, "EUR");
	hf_buf_add_char(&out, '|');
	html_add_money(&out, 4550, "JPY");
	hf_buf_add_char(&out, '|');
	html_add_money(&out, 5, "KWD");
	CU_ASSERT(is("45.50 EUR|4550 JPY|0.005 KWD"));
}

static const struct hf_test tests[] = {
	HF_TEST(no_text_becomes_a_tag_or_ends_an_attribute),
	HF_TEST(values_take_their_places_in_order),
	HF_TEST(an_amount_has_its_currencys_decimals),
	HF_TEST_END,
};

const struct hf_suite test_html_out_suite = { "fcgi/html_out", tests, setup,
					      teardown };
