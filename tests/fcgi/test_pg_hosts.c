#include "config.h"

#include "fcgi/pg_hosts.h"

#include "tests/fcgi/suites.h"

#include <string.h>

static bool same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

struct words {
	const char *host, *hostaddr, *port;
};

static const struct {
	const char *url;
	size_t n;
	struct words first, last;
} rows[] = {
	{ "postgresql://u@/db?host=/a", 1, { 0 }, { 0 } },
	{ "postgresql://u@h:7/db", 1, { 0 }, { 0 } },
	{ "dbname=x", 1, { 0 }, { 0 } },
	{ "", 1, { 0 }, { 0 } },
	{ "nonsense=1", 1, { 0 }, { 0 } },
	{ "postgresql://u@/db?host=/a,/b",
	  2,
	  { .host = "/a" },
	  { .host = "/b" } },
	{ "postgresql://u@a:1,b:2,c:3/db?target_session_attrs=any",
	  3,
	  { .host = "a", .port = "1" },
	  { .host = "c", .port = "3" } },
	{ "host=a,b port=7 dbname=x", 2, { .host = "a" }, { .host = "b" } },
	{ "hostaddr=1.1.1.1,2.2.2.2 dbname=x",
	  2,
	  { .hostaddr = "1.1.1.1" },
	  { .hostaddr = "2.2.2.2" } },
	{ "host=a,b hostaddr=1.1.1.1,2.2.2.2 port=1,2",
	  2,
	  { .host = "a", .hostaddr = "1.1.1.1", .port = "1" },
	  { .host = "b", .hostaddr = "2.2.2.2", .port = "2" } },
	/* What does not match is for libpq to refuse. */
	{ "host=a,b,c port=1,2", 1, { 0 }, { 0 } },
	{ "host=a,b hostaddr=1.1.1.1", 1, { 0 }, { 0 } },
};

static bool is(const struct pg_host *a, const struct words *b)
{
	return same(a->host, b->host) && same(a->hostaddr, b->hostaddr) &&
	       same(a->port, b->port);
}

static void each_server_of_a_url_is_one_of_its_own(void)
{
	for (size_t i = 0; i < HF_LEN(rows); i++) {
		struct pg_hosts hosts;

		pg_hosts_init(&hosts, rows[i].url);
		if (hosts.n != rows[i].n ||
		    !is(&hosts.list[0], &rows[i].first) ||
		    !is(&hosts.list[hosts.n - 1], &rows[i].last))
			CU_FAIL(rows[i].url);
		pg_hosts_fini(&hosts);
	}
}

static const struct hf_test tests[] = {
	HF_TEST(each_server_of_a_url_is_one_of_its_own),
	HF_TEST_END,
};

const struct hf_suite test_pg_hosts_suite = { "fcgi/pg_hosts", tests, NULL,
					      NULL };
