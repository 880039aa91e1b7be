#include "config.h"

#include "fcgi/json_out.h"
#include "fcgi/router.h"
#include "libhold/err.h"

#include "tests/fcgi/suites.h"

#include <stdio.h>

/*
 * Requests in, JSON out; behind it a lock that gives one answer. These store_
 * functions are found before those of the library, as are test_booking.c's.
 */
static struct {
	int lock, store; /* what they answer */
	struct hold_answer answer;
	size_t available; /* tickets 1 to n */
} world;

static struct site site;
static struct http_reply reply;

int store_available(struct store *store, store_id_fn *each, void *arg)
{
	char id[24];

	HF_UNUSED(store);
	for (size_t i = 1; i <= world.available; i++) {
		snprintf(id, sizeof(id), "%zu", i);
		each(arg, id);
	}
	return world.store;
}

int store_ping(struct store *store)
{
	HF_UNUSED(store);
	return world.store;
}

static int fake_acquire(struct hold *hold, const struct basket *basket,
			const char *client, int64_t ttl_ms,
			struct hold_answer *answer_out)
{
	HF_UNUSED(hold);
	HF_UNUSED(basket);
	HF_UNUSED(client);
	HF_UNUSED(ttl_ms);
	*answer_out = world.answer;
	return world.lock;
}

static int fake_check(struct hold *hold, const struct basket *basket,
		      const char *client, struct hold_answer *answer_out)
{
	return fake_acquire(hold, basket, client, 0, answer_out);
}

static int fake_ping(struct hold *hold)
{
	HF_UNUSED(hold);
	return world.lock;
}

static void setup(void)
{
	static const struct hold_ops ops = { .acquire = fake_acquire,
					     .check = fake_check,
					     .ping = fake_ping };
	static struct hold hold = { .ops = &ops };

	memset(&world, 0, sizeof(world));
	site.booking = (struct booking){ .hold = &hold, .hold_ms = 200000 };
	reply = (struct http_reply){ 0 };
	hf_buf_init(&reply.body, 4096);
}

static void teardown(void)
{
	hf_buf_fini(&reply.body);
}

static void ask_read(const char *method, const char *path, const char *body,
		     enum http_read read)
{
	const struct http_request request = { .method = method,
					      .path = path,
					      .body = hf_slice_of(body) };

	teardown();
	reply = (struct http_reply){ 0 };
	hf_buf_init(&reply.body, 4096);
	router_answer(&site, &request, read, &reply);
}

static void ask(const char *method, const char *path, const char *body)
{
	ask_read(method, path, body, HTTP_READ_OK);
}

static bool says(const char *words)
{
	struct hf_slice body = hf_buf_slice(&reply.body);
	bool found = memmem(body.data, body.len, words, strlen(words)) != NULL;

	if (!found)
		printf("# %.*s\n", (int)body.len, body.data);
	return found;
}

static const char sale[] = "{\"ticket_id\":\"A1\",\"client_id\":\"ann\"}";

static void a_path_is_matched_whole(void)
{
	static const char *const paths[] = { "",
					     "/",
					     "/reserve_ticke",
					     "/reserve_ticket/",
					     "/reserve_tickets",
					     "/RESERVE_TICKET",
					     "reserve_ticket" };

	for (size_t i = 0; i < HF_LEN(paths); i++) {
		ask("POST", paths[i], sale);
		CU_ASSERT_EQUAL(reply.status, 404);
		CU_ASSERT(says("\"code\":\"not_found\""));
	}
}

static void a_call_takes_its_own_method_and_names_it(void)
{
	static const struct {
		const char *method, *path, *allow;
	} rows[] = {
		{ "GET", "/reserve_ticket", "POST" },
		{ "HEAD", "/reserve_ticket", "POST" },
		{ "PUT", "/book_ticket", "POST" },
		{ "DELETE", "/release_ticket", "POST" },
		{ "post", "/release_ticket", "POST" },
		{ "", "/release_ticket", "POST" },
		{ "POST", "/available_tickets", "GET" },
		{ "POST", "/healthz", "GET" },
	};

	for (size_t i = 0; i < HF_LEN(rows); i++) {
		ask(rows[i].method, rows[i].path, sale);
		CU_ASSERT_EQUAL(reply.status, 405);
		CU_ASSERT_PTR_NOT_NULL_FATAL(reply.allow);
		CU_ASSERT_STRING_EQUAL(reply.allow, rows[i].allow);
		CU_ASSERT(says("\"code\":\"method_not_allowed\""));
	}
	ask("HEAD", "/available_tickets", "");
	CU_ASSERT_EQUAL(reply.status, 200);
}

static void a_body_that_was_not_read_reaches_no_rule(void)
{
	static const struct {
		enum http_read read;
		int status;
		const char *code, *words;
	} rows[] = {
		{ HTTP_READ_TOO_LARGE, 413, "too_large", "64 KiB" },
		{ HTTP_READ_CUT, 400, "invalid_request", "shorter" },
		{ HTTP_READ_BAD_LENGTH, 400, "invalid_request",
		  "Content-Length" },
	};

	for (size_t i = 0; i < HF_LEN(rows); i++) {
		ask_read("POST", "/reserve_ticket", sale, rows[i].read);
		CU_ASSERT_EQUAL(reply.status, rows[i].status);
		CU_ASSERT(says(rows[i].code));
		CU_ASSERT(says(rows[i].words));
	}
}

static void every_sale_says_what_is_wrong_with_its_body(void)
{
	static const char *const paths[] = { "/reserve_ticket", "/book_ticket",
					     "/release_ticket" };

	for (size_t i = 0; i < HF_LEN(paths); i++) {
		ask("POST", paths[i], "{\"client_id\":\"ann\"}");
		CU_ASSERT_EQUAL(reply.status, 400);
		CU_ASSERT(says("\"code\":\"invalid_request\""));
		CU_ASSERT(says("ticket_id (or ticket_ids) is missing"));
	}
}

/* lock says held for so long: the seconds that the client is told. */
static void expect_wait(int64_t refused_ms, int64_t seconds)
{
	char field[40];

	world.lock = HF_EHELD;
	world.answer.refused_ms = refused_ms;
	ask("POST", "/reserve_ticket", sale);
	CU_ASSERT_EQUAL(reply.status, 400);
	CU_ASSERT_EQUAL(reply.retry_after_s, seconds);
	snprintf(field, sizeof(field), "\"retry_after\":%lld}",
		 (long long)seconds);
	CU_ASSERT(says(field));
	CU_ASSERT(says("\"code\":\"held\""));
	CU_ASSERT(says("Ticket A1 is reserved by somebody else."));
}

static void a_held_ticket_always_says_when_to_try_again(void)
{
	expect_wait(0, 1); /* it is just coming free */
	expect_wait(1, 1);
	expect_wait(1000, 1);
	expect_wait(1001, 2);
	expect_wait(120000, 120);
}

static void what_is_away_is_503_and_says_when_to_try_again(void)
{
	static const char *const paths[] = { "/reserve_ticket",
					     "/book_ticket" };

	world.lock = HF_EUNREACHABLE;
	for (size_t i = 0; i < HF_LEN(paths); i++) {
		ask("POST", paths[i], sale);
		CU_ASSERT_EQUAL(reply.status, 503);
		CU_ASSERT(reply.retry_after_s > 0);
		CU_ASSERT(says("\"code\":\"lock_unavailable\""));
		CU_ASSERT(says("\"retry_after\":"));
	}
	world.available = 3; /* some rows came, then the database went */
	world.store = HF_EUNREACHABLE;
	ask("GET", "/available_tickets", "");
	CU_ASSERT_EQUAL(reply.status, 503);
	CU_ASSERT_EQUAL(reply.cache, HTTP_NO_STORE);
	CU_ASSERT(says("\"code\":\"database_unavailable\""));
	CU_ASSERT_EQUAL(
	    memcmp(hf_buf_slice(&reply.body).data, "{\"status\":\"error\"", 17),
	    0); /* nothing is left of the list */
}

static void health_names_what_does_not_answer(void)
{
	static const struct {
		int lock, store, status;
		const char *body;
	} rows[] = {
		{ 0, 0, 200,
		  "{\"status\":\"ok\",\"lock_service\":\"ok\","
		  "\"database\":\"ok\"}" },
		{ HF_EUNREACHABLE, 0, 503,
		  "\"lock_service\":\"unreachable\",\"database\":\"ok\"" },
		{ 0, HF_EUNREACHABLE, 503,
		  "\"lock_service\":\"ok\",\"database\":\"unreachable\"" },
	};

	for (size_t i = 0; i < HF_LEN(rows); i++) {
		world.lock = rows[i].lock;
		world.store = rows[i].store;
		ask("GET", "/healthz", "");
		CU_ASSERT_EQUAL(reply.status, rows[i].status);
		CU_ASSERT(says(rows[i].body));
		CU_ASSERT_EQUAL(reply.retry_after_s > 0, reply.status == 503);
	}
}

static void the_list_is_json_with_none_one_and_many(void)
{
	static const char *const lists[] = { "[]}", "[\"1\"]}",
					     "[\"1\",\"2\"]}" };

	for (size_t n = 0; n < HF_LEN(lists); n++) {
		world.available = n;
		ask("GET", "/available_tickets", "");
		CU_ASSERT_EQUAL(reply.status, 200);
		CU_ASSERT_EQUAL(reply.cache, HTTP_SECOND);
		CU_ASSERT(says(lists[n]));
	}
}

static void a_list_past_the_limit_is_an_error_and_never_cut(void)
{
	world.available = 100;
	ask("GET", "/available_tickets", "");
	CU_ASSERT_EQUAL(reply.status, 200);
	world.available = 1000;
	ask("GET", "/available_tickets", "");
	CU_ASSERT_EQUAL(reply.status, 500);
	CU_ASSERT_EQUAL(reply.cache, HTTP_NO_STORE);
	CU_ASSERT_FALSE(hf_buf_failed(&reply.body));
	CU_ASSERT(says("{\"status\":\"error\",\"code\":\"too_many_tickets\""));
}

static void text_is_escaped_in_json(void)
{
	teardown();
	hf_buf_init(&reply.body, 4096);
	json_add_string(&reply.body, "a\"b\\c\n\x01\x1f/\303\251");
	CU_ASSERT(says("\"a\\\"b\\\\c\\u000a\\u0001\\u001f/\303\251\""));
}

static const struct hf_test tests[] = {
	HF_TEST(a_path_is_matched_whole),
	HF_TEST(a_call_takes_its_own_method_and_names_it),
	HF_TEST(a_body_that_was_not_read_reaches_no_rule),
	HF_TEST(every_sale_says_what_is_wrong_with_its_body),
	HF_TEST(a_held_ticket_always_says_when_to_try_again),
	HF_TEST(what_is_away_is_503_and_says_when_to_try_again),
	HF_TEST(health_names_what_does_not_answer),
	HF_TEST(the_list_is_json_with_none_one_and_many),
	HF_TEST(a_list_past_the_limit_is_an_error_and_never_cut),
	HF_TEST(text_is_escaped_in_json),
	HF_TEST_END,
};

const struct hf_suite test_router_suite = { "fcgi/router", tests, setup,
					    teardown };
