#include "config.h"

#include "fcgi/redis_url.h"

#include "fcgi/hold.h"
#include "libhold/err.h"
#include "tests/fcgi/suites.h"

#include <stdio.h>
#include <string.h>

/* A Unix socket's path has room for 107 bytes: "/" and 106. */
#define X53 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static const struct {
	const char *text, *path, *host;
	int64_t port;
	const char *password;
	int64_t db;
} good[] = {
	{ "unix:///a", "/a", NULL, 6379, NULL, 0 },
	{ "unix:///run/a b/%20?#@:", "/run/a b/%20?#@:", NULL, 6379, NULL, 0 },
	{ "unix:///" X53 X53, "/" X53 X53, NULL, 6379, NULL, 0 },
	{ "redis://h", NULL, "h", 6379, NULL, 0 },
	{ "redis://h:1", NULL, "h", 1, NULL, 0 },
	{ "redis://h:65535", NULL, "h", 65535, NULL, 0 },
	{ "redis://h/3", NULL, "h", 6379, NULL, 3 },
	{ "redis://h:7/15", NULL, "h", 7, NULL, 15 },
	{ "redis://[::1]", NULL, "::1", 6379, NULL, 0 },
	{ "redis://[::1]:7/1", NULL, "::1", 7, NULL, 1 },
	{ "redis://:pw@h", NULL, "h", 6379, "pw", 0 },
	{ "redis://:@h", NULL, "h", 6379, "", 0 },
	{ "redis://:a:b/c@d@h:7/2", NULL, "h", 7, "a:b/c@d", 2 },
	{ "redis://:%40%2f%25@h", NULL, "h", 6379, "@/%", 0 },
};

static bool same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void what_the_form_allows_is_read(void)
{
	for (size_t i = 0; i < HF_LEN(good); i++) {
		struct redis_url url;
		const char *reason = NULL;
		int rc = redis_url_parse(good[i].text, &url, &reason);

		CU_ASSERT_EQUAL_FATAL(rc, 0);
		if (url.way != REDIS_DIRECT || url.service != NULL ||
		    !same(url.path, good[i].path) ||
		    !same(url.servers[0].host, good[i].host) ||
		    !same(url.password, good[i].password) ||
		    url.n != (good[i].host != NULL) ||
		    (url.n > 0 && url.servers[0].port != good[i].port) ||
		    url.db != good[i].db)
			CU_FAIL(good[i].text);
		redis_url_fini(&url);
	}
}

#define H3  "h,h,h"
#define H15 H3 "," H3 "," H3 "," H3 "," H3
#define X51 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static const struct {
	const char *text;
	enum redis_way way;
	size_t n;
	const char *last_host;
	int64_t last_port;
	const char *service, *password;
	int64_t db;
} many[] = {
	{ "redis+sentinel://h/s", REDIS_SENTINEL, 1, "h", 26379, "s", NULL, 0 },
	{ "redis+sentinel://a:1,b:2,c/s.1/3", REDIS_SENTINEL, 3, "c", 26379,
	  "s.1", NULL, 3 },
	{ "redis+sentinel://:p%2Fw@a,[::1]:7/s", REDIS_SENTINEL, 2, "::1", 7,
	  "s", "p/w", 0 },
	{ "redis+sentinel://" H15 ",z/s", REDIS_SENTINEL, 16, "z", 26379, "s",
	  NULL, 0 },
	{ "redis+sentinel://h/" X51 X51 X51 X51 X51, REDIS_SENTINEL, 1, "h",
	  26379, X51 X51 X51 X51 X51, NULL, 0 },
	{ "redis+cluster://h", REDIS_CLUSTER, 1, "h", 6379, NULL, NULL, 0 },
	{ "redis+cluster://:pw@a:1,b:2", REDIS_CLUSTER, 2, "b", 2, NULL, "pw",
	  0 },
	{ "redis+cluster://" H15 ",z", REDIS_CLUSTER, 16, "z", 6379, NULL, NULL,
	  0 },
};

static void several_servers_may_say_where_the_lock_is(void)
{
	for (size_t i = 0; i < HF_LEN(many); i++) {
		struct redis_url url;
		const char *reason = NULL;
		const struct redis_server *last;
		int rc = redis_url_parse(many[i].text, &url, &reason);

		CU_ASSERT_EQUAL_FATAL(rc, 0);
		CU_ASSERT_EQUAL_FATAL(url.n, many[i].n);
		last = &url.servers[url.n - 1];
		if (url.way != many[i].way || url.path != NULL ||
		    !same(last->host, many[i].last_host) ||
		    last->port != many[i].last_port ||
		    !same(url.service, many[i].service) ||
		    !same(url.password, many[i].password) ||
		    url.db != many[i].db)
			CU_FAIL(many[i].text);
		redis_url_fini(&url);
	}
}

static const char *const bad[] = {
	"",
	"unix:",
	"unix://",
	"unix:///",
	"unix://relative",
	"unix:///" X53 X53 "x",
	"/run/lockd.sock",
	"redis:",
	"redis://",
	"redis://:1",
	"redis:///1",
	"redis://h:",
	"redis://h:0",
	"redis://h:65536",
	"redis://h:-1",
	"redis://h:1x",
	"redis://h:99999999999999999999",
	"redis://h/",
	"redis://h/x",
	"redis://h/-1",
	"redis://h/1/2",
	"redis://h/65536",
	"redis://[::1",
	"redis://[::1]x",
	"redis://[]",
	"redis://user:pw@h",
	"redis://user@h",
	"redis://:%@h",
	"redis://:%4@h",
	"redis://:%4g@h",
	"redis://:%00@h",
	"redis://:pw@",
	"redis://h,h",
	"redis+sentinel://",
	"redis+sentinel://h",
	"redis+sentinel://h/",
	"redis+sentinel:///s",
	"redis+sentinel://h,/s",
	"redis+sentinel://,h/s",
	"redis+sentinel://h:0/s",
	"redis+sentinel://h/s/x",
	"redis+sentinel://h/s/1/2",
	"redis+sentinel://" H15 ",h,h/s",
	"redis+sentinel://h/" X51 X51 X51 X51 X51 "x",
	"redis+sentinel://user@h/s",
	"redis+cluster://",
	"redis+cluster://h,",
	"redis+cluster://h/0",
	"redis+cluster://h:65536",
	"redis+cluster://" H15 ",h,h",
	"redis+unix:///a",
	"rediss://h",
	"REDIS://h",
	"http://h",
};

static void everything_else_is_refused_with_a_reason(void)
{
	for (size_t i = 0; i < HF_LEN(bad); i++) {
		struct redis_url url;
		const char *reason = NULL;
		int rc = redis_url_parse(bad[i], &url, &reason);

		if (rc != HF_EUSAGE || reason == NULL || reason[0] == '\0')
			CU_FAIL(bad[i]);
		if (rc == 0)
			redis_url_fini(&url);
	}
}

static void a_hold_is_not_made_of_a_bad_url(void)
{
	const char *reason = NULL;

	CU_ASSERT_PTR_NULL(hold_redis_new("nonsense", &reason));
	CU_ASSERT_PTR_NOT_NULL(reason);
}

static void a_hold_that_was_never_used_is_freed(void)
{
	const char *reason = NULL;
	struct hold *hold = hold_redis_new("unix:///nowhere", &reason);

	CU_ASSERT_PTR_NOT_NULL(hold);
	hold_free(&hold);
	CU_ASSERT_PTR_NULL(hold);
	hold_free(&hold);
}

static const struct hf_test tests[] = {
	HF_TEST(what_the_form_allows_is_read),
	HF_TEST(several_servers_may_say_where_the_lock_is),
	HF_TEST(everything_else_is_refused_with_a_reason),
	HF_TEST(a_hold_is_not_made_of_a_bad_url),
	HF_TEST(a_hold_that_was_never_used_is_freed),
	HF_TEST_END,
};

const struct hf_suite test_redis_url_suite = { "fcgi/redis_url", tests, NULL,
					       NULL };
