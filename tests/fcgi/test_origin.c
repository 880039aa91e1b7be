#include "config.h"

#include "fcgi/origin.h"

#include "tests/fcgi/suites.h"

enum { HTTP = 0, HTTPS = 1, PROXIED = 2 };

struct row {
	const char *host, *origin;
	unsigned how;
};

static bool is_ours(const struct row *row)
{
	const struct origin_asked asked = {
		.host = row->host,
		.https = (row->how & HTTPS) != 0,
		.proxied = (row->how & PROXIED) != 0,
	};

	return origin_is_ours(&asked, row->origin);
}

static void the_sites_own_pages_are_known(void)
{
	static const struct row rows[] = {
		{ "tickets.example", "http://tickets.example", HTTP },
		{ "tickets.example", "https://tickets.example", HTTPS },
		{ "tickets.example:80", "http://tickets.example", HTTP },
		{ "tickets.example", "http://tickets.example:80", HTTP },
		{ "tickets.example:443", "https://tickets.example", HTTPS },
		{ "localhost:6005", "http://localhost:6005", HTTP },
		{ "Tickets.EXAMPLE", "HTTP://tickets.example", HTTP },
		{ "[::1]:6005", "http://[::1]:6005", HTTP },
		{ "[2001:DB8::1]", "http://[2001:db8::1]", HTTP },
		{ "localhost:65535", "http://localhost:65535", HTTP },
	};

	for (size_t i = 0; i < HF_LEN(rows); i++)
		CU_ASSERT(is_ours(&rows[i]));
}

static void a_proxy_may_cut_the_port_or_not_say_that_it_took_https(void)
{
	static const struct row rows[] = {
		{ "t.example", "https://t.example:8443", HTTPS | PROXIED },
		{ "t.example", "http://t.example:8080", PROXIED },
		{ "t.example", "https://t.example", HTTP },
		{ "t.example, inner:6005", "https://t.example", PROXIED },
		{ "t.example:8443,inner", "https://t.example:8443", PROXIED },
	};

	for (size_t i = 0; i < HF_LEN(rows); i++)
		CU_ASSERT(is_ours(&rows[i]));
}

static void pages_of_others_are_not_ours(void)
{
	static const struct row rows[] = {
		{ "tickets.example", "https://evil.example", HTTPS },
		{ "tickets.example", "https://sub.tickets.example", HTTPS },
		{ "tickets.example", "https://example", HTTPS },
		{ "tickets.example", "https://tickets.example.evil", HTTPS },
		{ "tickets.example", "https://tickets.exampl", HTTPS },
		{ "tickets.example", "http://tickets.example", HTTPS },
		{ "tickets.example", "http://tickets.example",
		  HTTPS | PROXIED },
		{ "tickets.example", "https://tickets.example:8443", HTTPS },
		{ "tickets.example:443", "https://tickets.example:8443",
		  HTTPS | PROXIED },
		{ "tickets.example:8443", "https://tickets.example", HTTPS },
		{ "tickets.example:80", "https://tickets.example", HTTP },
		{ "localhost:6005", "http://localhost:6006", HTTP },
		{ "localhost:6005", "http://localhost", HTTP },
		{ "[::1]:6005", "http://[::2]:6005", HTTP },
		{ "a.example, tickets.example", "http://tickets.example",
		  PROXIED },
	};

	for (size_t i = 0; i < HF_LEN(rows); i++)
		CU_ASSERT_FALSE(is_ours(&rows[i]));
}

static void what_is_no_origin_is_nobodys_page(void)
{
	static const char *const origins[] = {
		"null",
		"",
		"http",
		"http://",
		"tickets.example",
		"//tickets.example",
		"ftp://tickets.example",
		"file://",
		"http://tickets.example/",
		"http://tickets.example:",
		"http://tickets.example:0",
		"http://tickets.example:080",
		"http://tickets.example:65536",
		"http://tickets.example:80x",
		"http://tickets.example http://tickets.example",
		"http://tickets.example, http://tickets.example",
		"http://a@tickets.example",
		"http://[tickets.example",
		"http://[tickets.example]x",
		"http://[",
	};

	for (size_t i = 0; i < HF_LEN(origins); i++)
		CU_ASSERT_FALSE(is_ours(
		    &(struct row){ "tickets.example", origins[i], HTTP }));
	CU_ASSERT_FALSE(is_ours(&(struct row){ "", "http://", HTTP }));
	CU_ASSERT_FALSE(is_ours(&(struct row){ "", "null", PROXIED }));
	CU_ASSERT_FALSE(
	    is_ours(&(struct row){ "null", "null", HTTPS | PROXIED }));
}

static const struct hf_test tests[] = {
	HF_TEST(the_sites_own_pages_are_known),
	HF_TEST(a_proxy_may_cut_the_port_or_not_say_that_it_took_https),
	HF_TEST(pages_of_others_are_not_ours),
	HF_TEST(what_is_no_origin_is_nobodys_page),
	HF_TEST_END,
};

const struct hf_suite test_origin_suite = { "fcgi/origin", tests, NULL, NULL };
