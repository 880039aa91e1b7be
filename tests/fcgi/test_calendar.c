#include "config.h"

#include "fcgi/calendar.h"
#include "libhold/err.h"

#include "tests/fcgi/suites.h"

static void a_calendar_is_escaped_and_folded_between_characters(void)
{
	struct order_view view = {
		.number = "HF-1",
		.title = "A; B, C\\ \303\244\303\244\303\244\303\244\303\244"
			 "\303\244\303\244\303\244\303\244\303\244\303\244"
			 "\303\244\303\244\303\244\303\244\303\244\303\244"
			 "\303\244\303\244\303\244\303\244\303\244\303\244"
			 "\303\244\303\244\303\244\303\244\303\244\303\244",
		.venue = "",
		.starts_at = "2027-05-01T18:30:00.000Z",
		.created_at = "2027-01-02T03:04:05.678Z",
		.n = 1,
		.seats = { { .section = "S", .row = "A", .number = 7 } },
	};
	struct hf_slice text, line;
	struct hf_buf out;

	hf_buf_init(&out, 4096);
	CU_ASSERT_EQUAL(calendar_add(&out, &view), 0);
	text = hf_buf_slice(&out);
	CU_ASSERT_PTR_NOT_NULL(
	    memmem(text.data, text.len, "\r\nSUMMARY:A\\; B\\, C\\\\ ", 22));
	CU_ASSERT_PTR_NOT_NULL(memmem(text.data, text.len,
				      "\r\nDTSTART:20270501T183000Z\r\n", 28));
	CU_ASSERT_PTR_NOT_NULL(
	    memmem(text.data, text.len, "DESCRIPTION:HF-1\\nS A 7\r\n", 25));
	for (line = text; line.len > 0;) {
		const char *end = memmem(line.data, line.len, "\r\n", 2);

		CU_ASSERT_PTR_NOT_NULL_FATAL(end);
		CU_ASSERT(end - line.data <= 75);
		CU_ASSERT((line.data[1] & 0xc0) != 0x80);
		line.len -= (size_t)(end + 2 - line.data);
		line.data = end + 2;
	}
	view.starts_at = NULL;
	CU_ASSERT_EQUAL(calendar_add(&out, &view), HF_ENOTFOUND);
	hf_buf_fini(&out);
}

static const struct hf_test tests[] = {
	HF_TEST(a_calendar_is_escaped_and_folded_between_characters),
	HF_TEST_END,
};

const struct hf_suite test_calendar_suite = { "fcgi/calendar", tests, NULL,
					      NULL };
