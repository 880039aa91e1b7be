#include "config.h"

#include "fcgi/zk_url.h"

#include "libhold/err.h"
#include "tests/fcgi/suites.h"

#include <stdio.h>
#include <string.h>

/* A Unix socket's path has room for 107 bytes: "/" and 106. */
#define X53  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X127 X53 X53 "xxxxxxxxxxxxxxxxxxxxx"
#define H8   "h,h,h,h,h,h,h,h"

/* What was read, written anew: "path" or "host:port ... chroot". */
static const struct {
	const char *text, *read;
} good[] = {
	{ "unix:///a", "/a" },
	{ "unix:///run/a b/%20?#@:,", "/run/a b/%20?#@:," },
	{ "unix:///" X53 X53, "/" X53 X53 },
	{ "zk://h", "h:2181 " },
	{ "zk://h/", "h:2181 " },
	{ "zk://h:1", "h:1 " },
	{ "zk://h:65535/", "h:65535 " },
	{ "zk://h/a", "h:2181 /a" },
	{ "zk://h:7/a/b.c/...", "h:7 /a/b.c/..." },
	{ "zk://a,b:2,c", "a:2181 b:2 c:2181 " },
	{ "zk://a:1,b:2,a:1/x", "a:1 b:2 a:1 /x" },
	{ "zk://[::1],[fe80::1]:7/a", "::1:2181 fe80::1:7 /a" },
	{ "zk://h/" X127 X127, "h:2181 /" X127 X127 },
};

static void write_anew(const struct zk_url *url, char *text, size_t size)
{
	size_t at = 0;

	if (url->path != NULL) {
		snprintf(text, size, "%s%s", url->path, url->chroot);
		return;
	}
	for (size_t i = 0; i < url->n; i++)
		at += (size_t)snprintf(text + at, size - at, "%s:%d ",
				       url->servers[i].host,
				       (int)url->servers[i].port);
	snprintf(text + at, size - at, "%s", url->chroot);
}

static void what_the_form_allows_is_read(void)
{
	for (size_t i = 0; i < HF_LEN(good); i++) {
		const char *reason = NULL;
		char text[1024];
		struct zk_url url;
		int rc = zk_url_parse(good[i].text, &url, &reason);

		if (rc != 0) {
			CU_FAIL(good[i].text);
			continue;
		}
		write_anew(&url, text, sizeof(text));
		if (strcmp(text, good[i].read) != 0)
			CU_FAIL(good[i].text);
		zk_url_fini(&url);
	}
}

static const char *const bad[] = {
	"",
	"unix:",
	"unix://",
	"unix:///",
	"unix://relative",
	"unix:///" X53 X53 "x",
	"h:2181",
	"zk:",
	"zk://",
	"zk:///a",
	"zk://:1",
	"zk://h:",
	"zk://h:0",
	"zk://h:65536",
	"zk://h:-1",
	"zk://h:1x",
	"zk://h,",
	"zk://,h",
	"zk://h,,h",
	"zk://h:1,:2",
	"zk://h:1:2",
	"zk://[::1",
	"zk://[::1]x",
	"zk://[]",
	"zk://h//",
	"zk://h/a/",
	"zk://h//a",
	"zk://h/a//b",
	"zk://h/.",
	"zk://h/a/../b",
	"zk://h/a\nb",
	"zk://h/a\x7f",
	"zk://h/" X127 X127 "x",
	"ZK://h",
	"redis://h",
};

static void everything_else_is_refused_with_a_reason(void)
{
	for (size_t i = 0; i < HF_LEN(bad); i++) {
		struct zk_url url;
		const char *reason = NULL;
		int rc = zk_url_parse(bad[i], &url, &reason);

		if (rc != HF_EUSAGE || reason == NULL || reason[0] == '\0')
			CU_FAIL(bad[i]);
		if (rc == 0)
			zk_url_fini(&url);
	}
}

static void sixteen_hosts_are_taken_and_one_more_is_not(void)
{
	const char *reason = NULL;
	struct zk_url url;

	CU_ASSERT_EQUAL(zk_url_parse("zk://" H8 "," H8, &url, &reason), 0);
	CU_ASSERT_EQUAL(url.n, ZK_SERVERS_MAX);
	zk_url_fini(&url);
	CU_ASSERT_EQUAL(zk_url_parse("zk://" H8 "," H8 ",h", &url, &reason),
			HF_EUSAGE);
}

static const struct hf_test tests[] = {
	HF_TEST(what_the_form_allows_is_read),
	HF_TEST(everything_else_is_refused_with_a_reason),
	HF_TEST(sixteen_hosts_are_taken_and_one_more_is_not),
	HF_TEST_END,
};

const struct hf_suite test_zk_url_suite = { "fcgi/zk_url", tests, NULL, NULL };
