#include "config.h"

#include "fcgi/form_guard.h"

#include "tests/fcgi/suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Who comes to a page, and who then sends its form. */
static struct secret *secret;
static struct site site;
static struct http_request request;
static struct http_reply reply;
static struct form_visitor visitor;
static char cookie[IDENTITY_TOKEN_LEN + 1];

static void setup(void)
{
	secret = secret_new(HF_SLICE("0123456789abcdef0123456789abcdef"));
	site = (struct site){ .secret = secret };
	request = (struct http_request){ .authorization = "",
					 .identity_cookie = "",
					 .fetch_site = "" };
	reply = (struct http_reply){ 0 };
	hf_buf_init(&reply.body, 4096);
}

static void teardown(void)
{
	hf_buf_fini(&reply.body);
	secret_free(&secret);
}

/* A visit that leaves the browser with a cookie, and the page with a key. */
static void come(void)
{
	CU_ASSERT_FATAL(form_visitor(&site, &request, &reply, &visitor));
	CU_ASSERT_EQUAL_FATAL(strncmp(reply.set_cookie, "hf_id=", 6), 0);
	memcpy(cookie, reply.set_cookie + 6, IDENTITY_TOKEN_LEN);
	request.identity_cookie = cookie;
	http_reply_reset(&reply, 0);
}

static bool sends(const char *key)
{
	struct form_visitor sender;

	http_reply_reset(&reply, 0);
	return form_sender(&site, &request, &reply, key, &sender) &&
	       strcmp(sender.identity.holder, visitor.identity.holder) == 0;
}

static void put(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	fputs(text, file);
	fclose(file);
}

static void who_got_a_form_may_send_it(void)
{
	come();
	CU_ASSERT(sends(visitor.key));
	request.fetch_site = "same-origin";
	CU_ASSERT(sends(visitor.key));
	CU_ASSERT(form_visitor(&site, &request, &reply, &visitor));
	CU_ASSERT_STRING_EQUAL(reply.set_cookie, ""); /* it has one */
	CU_ASSERT(sends(visitor.key));
}

static void nobody_sends_a_form_with_another_key(void)
{
	char key[FORM_KEY_LEN + 2];

	come();
	CU_ASSERT_FALSE(sends(""));
	CU_ASSERT_EQUAL(reply.status, 403);
	for (size_t i = 0; i < FORM_KEY_LEN; i++) {
		memcpy(key, visitor.key, sizeof(visitor.key));
		key[i] = key[i] == 'A' ? 'B' : 'A';
		CU_ASSERT_FALSE(sends(key));
	}
	snprintf(key, sizeof(key), "%sA", visitor.key);
	CU_ASSERT_FALSE(sends(key));
	key[FORM_KEY_LEN - 1] = '\0';
	CU_ASSERT_FALSE(sends(key));
	/* The cookie's own seal is no key. */
	CU_ASSERT_FALSE(sends(cookie + IDENTITY_TOKEN_LEN - FORM_KEY_LEN));
}

static void a_key_is_good_with_its_own_cookie_only(void)
{
	struct form_visitor first;

	come();
	first = visitor;
	request.identity_cookie = "";
	CU_ASSERT_FALSE(sends(first.key));
	CU_ASSERT_EQUAL(reply.status, 403);
	come();
	CU_ASSERT_FALSE(sends(first.key));
	cookie[10] = cookie[10] == 'A' ? 'B' : 'A';
	CU_ASSERT_FALSE(sends(visitor.key));
}

static void another_sites_page_sends_nothing_even_with_all_of_it(void)
{
	static const char *const sites[] = { "cross-site", "same-site" };

	come();
	for (size_t i = 0; i < HF_LEN(sites); i++) {
		request.fetch_site = sites[i];
		CU_ASSERT_FALSE(sends(visitor.key));
		CU_ASSERT_EQUAL(reply.status, 403);
	}
}

static void a_link_from_another_site_makes_no_identity(void)
{
	request.fetch_site = "cross-site";
	CU_ASSERT_FALSE(form_visitor(&site, &request, &reply, &visitor));
	CU_ASSERT_STRING_EQUAL(reply.set_cookie, "");
	request.fetch_site = "none";
	come();
	request.fetch_site = "cross-site"; /* and its cookie came along */
	CU_ASSERT(form_visitor(&site, &request, &reply, &visitor));
}

static void a_form_is_good_after_the_secret_was_changed(void)
{
	char folder[] = "/tmp/hf-secret-XXXXXX", path[64], old[64];
	struct secret *before = secret, *changed;
	const char *reason;

	come();
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/s", folder);
	snprintf(old, sizeof(old), "%s/s.old", folder);
	put(path, "another secret of 32 bytes or so");
	put(old, "0123456789abcdef0123456789abcdef");
	changed = secret_load(path, &reason);
	unlink(path);
	unlink(old);
	rmdir(folder);
	CU_ASSERT_PTR_NOT_NULL_FATAL(changed);
	site.secret = changed;
	CU_ASSERT(sends(visitor.key));
	CU_ASSERT(form_visitor(&site, &request, &reply, &visitor));
	CU_ASSERT_EQUAL(strncmp(reply.set_cookie, "hf_id=", 6), 0);
	site.secret = before;
	CU_ASSERT_FALSE(sends(visitor.key));
	secret_free(&changed);
}

static void without_a_secret_there_are_no_forms(void)
{
	site.secret = NULL;
	CU_ASSERT_FALSE(form_visitor(&site, &request, &reply, &visitor));
	CU_ASSERT_FALSE(form_known(&site, &request, &visitor));
}

static const struct hf_test tests[] = {
	HF_TEST(who_got_a_form_may_send_it),
	HF_TEST(nobody_sends_a_form_with_another_key),
	HF_TEST(a_key_is_good_with_its_own_cookie_only),
	HF_TEST(another_sites_page_sends_nothing_even_with_all_of_it),
	HF_TEST(a_link_from_another_site_makes_no_identity),
	HF_TEST(a_form_is_good_after_the_secret_was_changed),
	HF_TEST(without_a_secret_there_are_no_forms),
	HF_TEST_END,
};

const struct hf_suite test_form_guard_suite = { "fcgi/form_guard", tests, setup,
						teardown };
