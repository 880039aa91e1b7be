#include "config.h"

#include "fcgi/caller.h"
#include "fcgi/query.h"
#include "fcgi/router.h"
#include "libhold/err.h"

#include "tests/fcgi/suites.h"

#include <stdio.h>

/* Requests to what needs no database: who asks, and what it is told. */
static struct secret *secret;
static struct site site;
static struct http_request request;
static struct http_reply reply;

static void setup(void)
{
	secret = secret_new(HF_SLICE("0123456789abcdef0123456789abcdef"));
	site = (struct site){ .secret = secret };
	request = (struct http_request){
		.method = "POST",
		.path = "/api/identity",
		.query = "",
		.body = HF_SLICE(""),
		.authorization = "",
		.identity_cookie = "",
		.idempotency_key = "",
		.fetch_site = "",
	};
	reply = (struct http_reply){ 0 };
	hf_buf_init(&reply.body, 4096);
}

static void teardown(void)
{
	hf_buf_fini(&reply.body);
	secret_free(&secret);
}

static int ask(const char *method, const char *path, const char *body)
{
	request.method = method;
	request.path = path;
	request.body = hf_slice_of(body);
	http_reply_reset(&reply, 0);
	router_answer(&site, &request, HTTP_READ_OK, &reply);
	return reply.status;
}

static bool says(const char *words)
{
	struct hf_slice body = hf_buf_slice(&reply.body);
	bool found = memmem(body.data, body.len, words, strlen(words)) != NULL;

	if (!found)
		printf("# %.*s\n", (int)body.len, body.data);
	return found;
}

static bool is_problem(const char *word)
{
	char type[80];

	snprintf(type, sizeof(type), "{\"type\":\"/problems/%s\",", word);
	return reply.type != NULL &&
	       strcmp(reply.type, "application/problem+json") == 0 &&
	       says(type) && reply.cache == HTTP_NO_STORE;
}

/* The token in a Set-Cookie, or in a body. */
static void take_token(const char *from, const char *mark,
		       char out[IDENTITY_TOKEN_LEN + 1])
{
	const char *at = strstr(from, mark);

	CU_ASSERT_PTR_NOT_NULL_FATAL(at);
	snprintf(out, IDENTITY_TOKEN_LEN + 1, "%s", at + strlen(mark));
}

static void errors_below_api_are_problems(void)
{
	CU_ASSERT_EQUAL(ask("GET", "/api/nothing", ""), 404);
	CU_ASSERT(is_problem("not-found"));
	CU_ASSERT(says("\"server_time\":\"2"));
	CU_ASSERT_EQUAL(ask("PUT", "/api/identity", ""), 405);
	CU_ASSERT(is_problem("method-not-allowed"));
	CU_ASSERT_STRING_EQUAL(reply.allow, "POST");
	request.path = "/api/identity";
	request.method = "POST";
	http_reply_reset(&reply, 0);
	router_answer(&site, &request, HTTP_READ_TOO_LARGE, &reply);
	CU_ASSERT_EQUAL(reply.status, 413);
	CU_ASSERT(is_problem("body-too-large"));
}

static void an_api_client_gets_a_token_and_no_cookie(void)
{
	char token[IDENTITY_TOKEN_LEN + 1];
	struct identity identity;

	CU_ASSERT_EQUAL(ask("POST", "/api/identity", ""), 201);
	CU_ASSERT_STRING_EQUAL(reply.set_cookie, "");
	hf_buf_add_char(&reply.body, '\0');
	take_token(hf_buf_slice(&reply.body).data, "\"token\":\"", token);
	CU_ASSERT_EQUAL(identity_read(secret, hf_slice_of(token), &identity),
			0);
	CU_ASSERT_EQUAL(ask("POST", "/api/identity", "{\"use\":\"token\"}"),
			201);
	CU_ASSERT(says("\"token\""));
}

static void a_browser_gets_a_cookie_that_no_script_reads(void)
{
	CU_ASSERT_EQUAL(ask("POST", "/api/identity", "{\"use\":\"cookie\"}"),
			201);
	CU_ASSERT_PTR_NULL(memmem(hf_buf_slice(&reply.body).data,
				  hf_buf_len(&reply.body), "token", 5));
	CU_ASSERT_EQUAL(strncmp(reply.set_cookie, "hf_id=v1.", 9), 0);
	CU_ASSERT_STRING_EQUAL(
	    reply.set_cookie + 6 + IDENTITY_TOKEN_LEN,
	    "; Max-Age=31536000; Path=/; HttpOnly; SameSite=Lax");
	request.asked.https = true;
	CU_ASSERT_EQUAL(ask("POST", "/api/identity", "{\"use\":\"cookie\"}"),
			201);
	CU_ASSERT_PTR_NOT_NULL(strstr(reply.set_cookie, "; Secure"));
	CU_ASSERT_EQUAL(reply.cache, HTTP_NO_STORE);
}

static void a_good_cookie_is_kept_and_a_bad_one_replaced(void)
{
	char token[IDENTITY_TOKEN_LEN + 1], again[IDENTITY_TOKEN_LEN + 1];

	CU_ASSERT_EQUAL(ask("POST", "/api/identity", "{\"use\":\"cookie\"}"),
			201);
	take_token(reply.set_cookie, "hf_id=", token);
	request.identity_cookie = token;
	CU_ASSERT_EQUAL(ask("POST", "/api/identity", "{\"use\":\"cookie\"}"),
			200);
	take_token(reply.set_cookie, "hf_id=", again);
	CU_ASSERT_STRING_EQUAL(token, again);
	token[30] = token[30] == 'A' ? 'B' : 'A';
	CU_ASSERT_EQUAL(ask("POST", "/api/identity", "{\"use\":\"cookie\"}"),
			201);
	take_token(reply.set_cookie, "hf_id=", again);
	CU_ASSERT_STRING_NOT_EQUAL(token, again);
}

static void what_an_identity_is_asked_with_is_checked(void)
{
	CU_ASSERT_EQUAL(ask("POST", "/api/identity", "{\"use\":\"x\"}"), 400);
	CU_ASSERT(is_problem("bad-request"));
	CU_ASSERT_EQUAL(ask("POST", "/api/identity", "{\"use\":7}"), 400);
	CU_ASSERT_EQUAL(ask("POST", "/api/identity", "[]"), 400);
	CU_ASSERT(says("must be a JSON object"));
}

static void without_a_secret_there_are_no_identities(void)
{
	site.secret = NULL;
	CU_ASSERT_EQUAL(ask("POST", "/api/identity", ""), 503);
	CU_ASSERT(is_problem("not-configured"));
	CU_ASSERT_EQUAL(ask("GET", "/api/keys", ""), 503);
	CU_ASSERT_EQUAL(reply.cache, HTTP_NO_STORE);
}

/* Who the request's headers say it is: 0, or the problem's status. */
static int caller(void)
{
	struct identity identity;

	http_reply_reset(&reply, 0);
	return caller_read(secret, &request, &reply, &identity) ? 0
								: reply.status;
}

static void a_caller_is_known_by_cookie_or_header_and_the_header_counts(void)
{
	char token[IDENTITY_TOKEN_LEN + 1], header[120];
	struct identity identity;

	identity_new(secret, &identity, token);
	CU_ASSERT_EQUAL(caller(), 401);
	CU_ASSERT(is_problem("identity-required"));
	CU_ASSERT(reply.challenge);
	request.identity_cookie = token;
	CU_ASSERT_EQUAL(caller(), 0);
	request.authorization = "Bearer nonsense";
	CU_ASSERT_EQUAL(caller(), 403);
	CU_ASSERT(is_problem("bad-identity"));
	request.authorization = "Basic YTpi";
	CU_ASSERT_EQUAL(caller(), 403);
	snprintf(header, sizeof(header), "Bearer %s", token);
	request.authorization = header;
	request.identity_cookie = "nonsense";
	CU_ASSERT_EQUAL(caller(), 0);
}

static void who_comes_without_a_token_may_be_given_one(void)
{
	char token[IDENTITY_TOKEN_LEN + 1];
	struct identity made, found;

	CU_ASSERT(caller_read_or_make(secret, &request, &reply, &made));
	take_token(reply.set_cookie, "hf_id=", token);
	CU_ASSERT_EQUAL(identity_read(secret, hf_slice_of(token), &found), 0);
	CU_ASSERT_STRING_EQUAL(made.holder, found.holder);
	http_reply_reset(&reply, 0);
	request.identity_cookie = "nonsense";
	CU_ASSERT_FALSE(caller_read_or_make(secret, &request, &reply, &made));
	CU_ASSERT_EQUAL(reply.status, 403);
	CU_ASSERT_STRING_EQUAL(reply.set_cookie, "");
}

/* What becomes of a POST with the cookie, sent by a page of that origin. */
static int by_a_page_of(const char *origin)
{
	request.origin = origin;
	return caller();
}

static void another_sites_page_does_not_act_by_the_cookie(void)
{
	static const char *const sites[] = { "same-site", "cross-site" };
	char token[IDENTITY_TOKEN_LEN + 1];
	struct identity identity;

	identity_new(secret, &identity, token);
	request.identity_cookie = token;
	for (size_t i = 0; i < HF_LEN(sites); i++) {
		request.fetch_site = sites[i];
		CU_ASSERT_EQUAL(caller(), 403);
		CU_ASSERT(is_problem("cross-site"));
		CU_ASSERT(says("A page of another site"));
	}
	request.fetch_site = "";
	request.asked.host = "tickets.example";
	CU_ASSERT_EQUAL(by_a_page_of("http://evil.example"), 403);
	CU_ASSERT(is_problem("cross-site"));
	CU_ASSERT(says("The request's Origin is not the site"));
	CU_ASSERT_EQUAL(by_a_page_of("null"), 403);
	CU_ASSERT_EQUAL(by_a_page_of("http://tickets.example"), 0);
	CU_ASSERT_EQUAL(by_a_page_of(""), 0);
	CU_ASSERT_EQUAL(by_a_page_of(NULL), 0);
}

static void what_a_browser_says_of_the_site_counts_more_than_origin(void)
{
	char token[IDENTITY_TOKEN_LEN + 1];
	struct identity identity;

	identity_new(secret, &identity, token);
	request.identity_cookie = token;
	request.asked.host = "tickets.example";
	request.fetch_site = "same-origin";
	CU_ASSERT_EQUAL(by_a_page_of("null"), 0);
	request.fetch_site = "cross-site";
	CU_ASSERT_EQUAL(by_a_page_of("http://tickets.example"), 403);
	request.fetch_site = "nonsense";
	CU_ASSERT_EQUAL(by_a_page_of("http://evil.example"), 403);
}

/* No page makes a browser send such a header to another site. */
static void a_bearer_token_acts_whatever_page_sends_it(void)
{
	char token[IDENTITY_TOKEN_LEN + 1], header[120];
	struct identity identity;

	identity_new(secret, &identity, token);
	snprintf(header, sizeof(header), "Bearer %s", token);
	request.authorization = header;
	request.identity_cookie = token;
	request.fetch_site = "cross-site";
	CU_ASSERT_EQUAL(by_a_page_of("http://evil.example"), 0);
	CU_ASSERT_STRING_EQUAL(reply.set_cookie, "");
}

/* A link from elsewhere to an order is followed with the cookie. */
static void what_only_reads_may_come_from_anywhere(void)
{
	char token[IDENTITY_TOKEN_LEN + 1];
	struct identity identity;

	identity_new(secret, &identity, token);
	request.identity_cookie = token;
	request.method = "GET";
	request.fetch_site = "cross-site";
	CU_ASSERT_EQUAL(by_a_page_of("http://evil.example"), 0);
}

static void a_page_of_another_origin_gives_no_identity(void)
{
	struct identity made;

	request.asked.host = "tickets.example";
	request.origin = "http://evil.example";
	CU_ASSERT_FALSE(caller_read_or_make(secret, &request, &reply, &made));
	CU_ASSERT_EQUAL(reply.status, 403);
	CU_ASSERT_STRING_EQUAL(reply.set_cookie, "");
}

static void a_site_has_one_public_key(void)
{
	CU_ASSERT_EQUAL(ask("GET", "/api/keys", ""), 200);
	CU_ASSERT(says("{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\","));
	CU_ASSERT_EQUAL(reply.cache, HTTP_SECOND);
}

static bool has_value(const char *query, const char *name, const char *value)
{
	struct hf_slice found = HF_SLICE("none");

	return query_value(query, name, &found) &&
	       hf_slice_eq(found, hf_slice_of(value));
}

static void a_query_is_read_by_whole_names(void)
{
	CU_ASSERT(has_value("since=7", "since", "7"));
	CU_ASSERT(has_value("a=1&since=7&b=2", "since", "7"));
	CU_ASSERT(has_value("since=&x", "since", ""));
	CU_ASSERT(has_value("since=1&since=2", "since", "1"));
	CU_ASSERT_FALSE(has_value("xsince=7", "since", "7"));
	CU_ASSERT_FALSE(has_value("since", "since", ""));
	CU_ASSERT_FALSE(has_value("", "since", ""));
	CU_ASSERT_FALSE(has_value("sinc=e&sin", "since", "7"));
}

static void a_number_in_a_query_has_its_limits(void)
{
	int64_t n = 0;

	CU_ASSERT_EQUAL(query_number("a=5", "n", 1, 9, 3, &n), 0);
	CU_ASSERT_EQUAL(n, 3);
	CU_ASSERT_EQUAL(query_number("n=1", "n", 1, 9, 3, &n), 0);
	CU_ASSERT_EQUAL(n, 1);
	CU_ASSERT_EQUAL(query_number("n=9", "n", 1, 9, 3, &n), 0);
	CU_ASSERT_EQUAL(query_number("n=0", "n", 1, 9, 3, &n), HF_EBAD);
	CU_ASSERT_EQUAL(query_number("n=10", "n", 1, 9, 3, &n), HF_EBAD);
	CU_ASSERT_EQUAL(query_number("n=x", "n", 1, 9, 3, &n), HF_EBAD);
	CU_ASSERT_EQUAL(query_number("n=", "n", 1, 9, 3, &n), HF_EBAD);
}

static const struct hf_test tests[] = {
	HF_TEST(errors_below_api_are_problems),
	HF_TEST(an_api_client_gets_a_token_and_no_cookie),
	HF_TEST(a_browser_gets_a_cookie_that_no_script_reads),
	HF_TEST(a_good_cookie_is_kept_and_a_bad_one_replaced),
	HF_TEST(what_an_identity_is_asked_with_is_checked),
	HF_TEST(without_a_secret_there_are_no_identities),
	HF_TEST(a_caller_is_known_by_cookie_or_header_and_the_header_counts),
	HF_TEST(who_comes_without_a_token_may_be_given_one),
	HF_TEST(another_sites_page_does_not_act_by_the_cookie),
	HF_TEST(what_a_browser_says_of_the_site_counts_more_than_origin),
	HF_TEST(a_bearer_token_acts_whatever_page_sends_it),
	HF_TEST(what_only_reads_may_come_from_anywhere),
	HF_TEST(a_page_of_another_origin_gives_no_identity),
	HF_TEST(a_site_has_one_public_key),
	HF_TEST(a_query_is_read_by_whole_names),
	HF_TEST(a_number_in_a_query_has_its_limits),
	HF_TEST_END,
};

const struct hf_suite test_caller_suite = { "fcgi/caller", tests, setup,
					    teardown };
