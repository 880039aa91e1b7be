#include "config.h"

#include "fcgi/zk_session.h"

#include "libhold/log.h"
#include "tests/fcgi/suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define URL "zk://a:1,b:2/c"

static char path[64];
static const struct zk_session kept = { -81985529216486896,
					"\x01\xff a\nb%s\0z" };

static void hush(void *arg, enum hf_log_level level, const char *line)
{
	HF_UNUSED(arg);
	HF_UNUSED(level);
	HF_UNUSED(line);
}

static void begin(void)
{
	snprintf(path, sizeof(path), "/tmp/hf-session-%d", (int)getpid());
	hf_log_sink(hush, NULL);
}

static void end(void)
{
	hf_log_sink(NULL, NULL);
	unlink(path);
}

static struct zk_session read_as(const char *url)
{
	struct zk_session session = kept;
	struct zk_session_file *file = zk_session_open(path, url, &session);

	CU_ASSERT_PTR_NOT_NULL(file);
	zk_session_close(&file);
	CU_ASSERT_PTR_NULL(file);
	return session;
}

static void keep(void)
{
	struct zk_session none;
	struct zk_session_file *file;

	unlink(path);
	file = zk_session_open(path, URL, &none);
	CU_ASSERT_EQUAL(none.id, 0);
	zk_session_save(file, &kept);
	zk_session_close(&file);
}

static bool same(const struct zk_session *a, const struct zk_session *b)
{
	return a->id == b->id &&
	       memcmp(a->password, b->password, ZK_PASSWORD_BYTES) == 0;
}

static void a_session_is_kept_for_its_url_only(void)
{
	struct zk_session session;

	keep();
	session = read_as(URL);
	CU_ASSERT(same(&session, &kept));
	CU_ASSERT_EQUAL(read_as("zk://a:1,b:2/").id, 0);
	CU_ASSERT_EQUAL(read_as("zk://a:1,b:2/cd").id, 0);
	session = read_as(URL);
	CU_ASSERT(same(&session, &kept));
}

static void the_file_is_ours_alone(void)
{
	struct stat st;

	keep();
	CU_ASSERT_EQUAL(stat(path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 0777, 0600);
}

static void a_file_cut_anywhere_is_no_session(void)
{
	char text[512];
	FILE *file;
	size_t len;

	keep();
	file = fopen(path, "r");
	len = fread(text, 1, sizeof(text), file);
	fclose(file);
	CU_ASSERT(len > 80);
	for (size_t i = 0; i < len; i++) {
		CU_ASSERT_EQUAL(truncate(path, 0), 0);
		file = fopen(path, "w");
		fwrite(text, 1, i, file);
		fclose(file);
		CU_ASSERT_EQUAL(read_as(URL).id, 0);
	}
	file = fopen(path, "w");
	fprintf(file, "%.*s!", (int)len, text);
	fclose(file);
	CU_ASSERT_EQUAL(read_as(URL).id, 0);
}

static void two_cannot_use_one_session(void)
{
	struct zk_session session;
	struct zk_session_file *first, *second;

	keep();
	first = zk_session_open(path, URL, &session);
	second = zk_session_open(path, URL, &session);
	CU_ASSERT_PTR_NOT_NULL(first);
	CU_ASSERT_PTR_NULL(second);
	CU_ASSERT_EQUAL(session.id, 0);
	zk_session_save(second, &kept); /* harmless */
	zk_session_close(&second);
	zk_session_close(&first);
}

static void a_place_that_cannot_be_written_is_no_file(void)
{
	struct zk_session session;

	CU_ASSERT_PTR_NULL(zk_session_open("/nowhere/session", URL, &session));
	CU_ASSERT_EQUAL(session.id, 0);
}

static const struct hf_test tests[] = {
	HF_TEST(a_session_is_kept_for_its_url_only),
	HF_TEST(the_file_is_ours_alone),
	HF_TEST(a_file_cut_anywhere_is_no_session),
	HF_TEST(two_cannot_use_one_session),
	HF_TEST(a_place_that_cannot_be_written_is_no_file),
	HF_TEST_END,
};

const struct hf_suite test_zk_session_suite = { "fcgi/zk_session", tests, begin,
						end };
