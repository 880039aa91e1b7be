#include "config.h"

#include "bench/http_reply.h"
#include "bench/resp_reply.h"
#include "bench/resp_work.h"
#include "bench/zk_work.h"
#include "libhold/err.h"
#include "libhold/mem.h"
#include "tests/support/runner.h"

#include <stdlib.h>

static const struct reply_row {
	const char *text;
	int status;
	bool closes;
} replies[] = {
	{ "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", 200, false },
	{ "HTTP/1.1 400 Bad\r\ncontent-length: 0\r\n\r\n", 400, false },
	{ "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx",
	  200, true },
	{ "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n", 304, false },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	  "1F\r\n0123456789012345678901234567890\r\n2;x\r\nab\r\n0\r\n\r\n",
	  200, false },
};

static void a_reply_ends_where_it_ends_wherever_it_is_cut(void)
{
	struct http_reply reply;

	for (size_t i = 0; i < HF_LEN(replies); i++) {
		struct hf_slice whole = hf_slice_of(replies[i].text);

		for (size_t n = 0; n < whole.len; n++) {
			char *cut = hf_memdup(whole.data, n);
			int rc = http_reply_parse((struct hf_slice){ cut, n },
						  &reply);

			free(cut);
			CU_ASSERT_EQUAL(rc, 0);
		}
		CU_ASSERT_EQUAL_FATAL(http_reply_parse(whole, &reply), 1);
		CU_ASSERT_EQUAL(reply.used_bytes, whole.len);
		CU_ASSERT_EQUAL(reply.status, replies[i].status);
		CU_ASSERT_EQUAL(reply.closes, replies[i].closes);
	}
}

static void what_follows_a_reply_is_left_alone(void)
{
	struct http_reply reply;

	CU_ASSERT_EQUAL_FATAL(
	    http_reply_parse(HF_SLICE("HTTP/1.1 200 OK\r\n"
				      "Content-Length: 2\r\n\r\n{}HTTP"),
			     &reply),
	    1);
	CU_ASSERT_EQUAL(reply.used_bytes, 40);
}

static void what_is_no_reply_is_refused(void)
{
	const char *const bad[] = {
		"SSH-2.0-OpenSSH_9.2\r\n\r\n",
		"HTTP/1.1 abc\r\n\r\n",
		"HTTP/1.1 200 OK\r\n\r\nno length",
		"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n",
		("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		 "ffffffffff\r\n"),
	};
	struct http_reply reply;

	for (size_t i = 0; i < HF_LEN(bad); i++)
		CU_ASSERT_EQUAL(http_reply_parse(hf_slice_of(bad[i]), &reply),
				HF_EBAD);
}

static const struct resp_row {
	const char *text;
	char kind;
	bool null;
} resp_replies[] = {
	{ "+OK\r\n", '+', false },
	{ "-ERR no\r\n", '-', false },
	{ ":-1\r\n", ':', false },
	{ "$5\r\na\r\nbc\r\n", '$', false },
	{ "$0\r\n\r\n", '$', false },
	{ "$-1\r\n", '$', true },
	{ "*-1\r\n", '*', true },
	{ "_\r\n", '_', true },
	{ "*0\r\n", '*', false },
	{ "*2\r\n:7\r\n*2\r\n$1\r\nx\r\n$-1\r\n", '*', false },
	{ "*1\r\n*-1\r\n", '*', false },
};

static void a_resp_reply_ends_where_it_ends_wherever_it_is_cut(void)
{
	struct resp_reply reply;

	for (size_t i = 0; i < HF_LEN(resp_replies); i++) {
		struct hf_slice whole = hf_slice_of(resp_replies[i].text);

		for (size_t n = 0; n < whole.len; n++) {
			char *cut = hf_memdup(whole.data, n);
			int rc = resp_reply_parse((struct hf_slice){ cut, n },
						  &reply);

			free(cut);
			CU_ASSERT_EQUAL(rc, 0);
		}
		CU_ASSERT_EQUAL_FATAL(resp_reply_parse(whole, &reply), 1);
		CU_ASSERT_EQUAL(reply.used_bytes, whole.len);
		CU_ASSERT_EQUAL(reply.kind, resp_replies[i].kind);
		CU_ASSERT_EQUAL(reply.null, resp_replies[i].null);
	}
}

static void what_is_no_resp_reply_is_refused(void)
{
	const char *const bad[] = { "\r\n",       "+OK\n",  "HTTP/1.1\r\n",
				    "$-2\r\n",    "$x\r\n", "*\r\n",
				    "*1\r\nx\r\n" };
	struct resp_reply reply;

	for (size_t i = 0; i < HF_LEN(bad); i++)
		CU_ASSERT_EQUAL(resp_reply_parse(hf_slice_of(bad[i]), &reply),
				HF_EBAD);
}

static void a_request_has_its_key_and_its_value(void)
{
	struct resp_words words = { .sha = "", .ttl_ms = 250 };
	struct resp_request request;
	struct hf_buf out;

	hf_buf_init(&out, 1024);
	resp_request_make(&request, RESP_STEP_ACQUIRE, &words);
	resp_request_add(&request, 7, &out);
	hf_buf_reset(&out, 1024);
	resp_request_add(&request, 1234, &out);
	CU_ASSERT(hf_slice_eq(
	    hf_buf_slice(&out),
	    HF_SLICE("*6\r\n$3\r\nSET\r\n$16\r\nlock:00000001234\r\n"
		     "$20\r\n00000000000000001234\r\n$2\r\nNX\r\n"
		     "$2\r\nPX\r\n$3\r\n250\r\n")));
	hf_buf_fini(&out);
}

static const struct line_row {
	const char *const names[4];
	const char *own;
	const char *before; /* NULL: own is the first */
	bool found;
} zk_lines[] = {
	{ { "lock-0000000007" }, "lock-0000000007", NULL, true },
	{ { "lock-0000000009", "lock-0000000007", "lock-0000000008" },
	  "lock-0000000009",
	  "lock-0000000008",
	  true },
	{ { "lock-0000000010", "lock-0000000007", "lock-0000000009" },
	  "lock-0000000009",
	  "lock-0000000007",
	  true },
	{ { "z-lock-0000000001", "a-lock-0000000002" },
	  "a-lock-0000000002",
	  "z-lock-0000000001",
	  true },
	{ { "lock-0000000007" }, "lock-0000000008", "lock-0000000007", false },
	{ { NULL }, "lock-0000000008", NULL, false },
};

static void a_lock_waits_for_the_number_before_its_own(void)
{
	for (size_t i = 0; i < HF_LEN(zk_lines); i++) {
		const struct line_row *row = &zk_lines[i];
		struct zk_vector children = { 0 };
		struct hf_slice before = { 0 };
		struct hf_buf names;
		bool first;

		hf_buf_init(&names, 1024);
		for (; children.count < (int32_t)HF_LEN(row->names) &&
		       row->names[children.count] != NULL;
		     children.count++)
			zk_put_text(&names,
				    hf_slice_of(row->names[children.count]));
		children.bytes = hf_buf_slice(&names);
		CU_ASSERT_EQUAL(zk_find_before(children, hf_slice_of(row->own),
					       &before, &first),
				row->found);
		CU_ASSERT_EQUAL(first, row->before == NULL);
		if (row->before != NULL)
			CU_ASSERT(
			    hf_slice_eq(before, hf_slice_of(row->before)));
		hf_buf_fini(&names);
	}
}

static void each_client_has_a_lock_and_nodes_of_its_own(void)
{
	const struct zk_client client = { .number = 7 };
	char path[ZK_NAME_MAX];
	unsigned own = 0, n = 0;

	for (; zk_work_prepare(&client, n, path); n++)
		own += strstr(path, "lock7") != NULL ||
		       strstr(path, "data7") != NULL;
	CU_ASSERT_EQUAL(own, 2 + ZK_FEW);
	CU_ASSERT(n > own);
}

static const struct hf_test reply_tests[] = {
	HF_TEST(a_reply_ends_where_it_ends_wherever_it_is_cut),
	HF_TEST(what_follows_a_reply_is_left_alone),
	HF_TEST(what_is_no_reply_is_refused),
	HF_TEST_END,
};

static const struct hf_test resp_tests[] = {
	HF_TEST(a_resp_reply_ends_where_it_ends_wherever_it_is_cut),
	HF_TEST(what_is_no_resp_reply_is_refused),
	HF_TEST(a_request_has_its_key_and_its_value),
	HF_TEST_END,
};

static const struct hf_test zk_tests[] = {
	HF_TEST(a_lock_waits_for_the_number_before_its_own),
	HF_TEST(each_client_has_a_lock_and_nodes_of_its_own),
	HF_TEST_END,
};

int main(int argc, char **argv)
{
	const struct hf_suite suites[] = {
		{ "bench/http_reply", reply_tests, NULL, NULL },
		{ "bench/resp", resp_tests, NULL, NULL },
		{ "bench/zk", zk_tests, NULL, NULL },
		{ .name = NULL },
	};

	return hf_test_main(suites, argc, argv);
}
