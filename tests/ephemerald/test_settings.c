#include "config.h"

#include "ephemerald/settings.h"

#include "tests/ephemerald/suites.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct settings settings;
static int stderr_fd;

/* Refusals are told on standard error: not in the midst of the results. */
static void setup(void)
{
	fflush(stderr);
	stderr_fd = dup(STDERR_FILENO);
	CU_ASSERT_PTR_NOT_NULL(freopen("/dev/null", "w", stderr));
	settings = (struct settings){ .unix_path = NULL };
}

static void teardown(void)
{
	hf_conf_free(&ephemerald_conf, &settings);
	fflush(stderr);
	dup2(stderr_fd, STDERR_FILENO);
	close(stderr_fd);
}

static bool takes(const char *flag, const char *value)
{
	char *argv[] = { (char *)(uintptr_t) "ephemerald",
			 (char *)(uintptr_t)flag, (char *)(uintptr_t)value,
			 NULL };
	enum hf_conf_ask ask;

	hf_conf_free(&ephemerald_conf, &settings);
	settings = (struct settings){ .unix_path = NULL };
	return hf_conf_parse(&ephemerald_conf, value == NULL ? 2 : 3, argv,
			     &settings, &ask) == 0;
}

static void each_number_has_its_least_and_its_most(void)
{
	static const struct {
		const char *flag, *below, *least, *most, *above;
	} rows[] = {
		{ "--min-session-timeout", "0", "1", "2147483647",
		  "2147483648" },
		{ "--max-session-timeout", "0", "1", "2147483647",
		  "2147483648" },
		{ "--max-request", "1023", "1024", "67108864", "67108865" },
		{ "--max-output", "1023", "1024", "1073741824", "1073741825" },
		{ "--max-sessions", "0", "1", "1000000000", "1000000001" },
		{ "--max-clients", "0", "1", "1000000", "1000001" },
		{ "--max-clients-per-address", "-1", "0", "1000000",
		  "1000001" },
		{ "--max-nodes", "15", "16", "1000000000", "1000000001" },
		{ "--max-memory", "1048575", "1048576", "9223372036854775807",
		  "9223372036854775808" },
		{ "--max-watches", "0", "1", "1000000000", "1000000001" },
		{ "--container-check", "9", "10", "2147483647", "2147483648" },
		{ "--connect-timeout", "9", "10", "2147483647", "2147483648" },
		{ "--unix-mode", "-1", "0", "777", "1000" },
	};

	for (size_t i = 0; i < HF_LEN(rows); i++) {
		CU_ASSERT_FALSE(takes(rows[i].flag, rows[i].below));
		CU_ASSERT_TRUE(takes(rows[i].flag, rows[i].least));
		CU_ASSERT_TRUE(takes(rows[i].flag, rows[i].most));
		CU_ASSERT_FALSE(takes(rows[i].flag, rows[i].above));
		CU_ASSERT_FALSE(takes(rows[i].flag, "x"));
		CU_ASSERT_FALSE(takes(rows[i].flag, NULL));
	}
}

static void words_are_taken_as_they_are_listed(void)
{
	CU_ASSERT_TRUE(takes("--durability", "everysec"));
	CU_ASSERT_EQUAL(settings.durability, DURABILITY_EVERYSEC);
	CU_ASSERT_FALSE(takes("--durability", "sometimes"));
	CU_ASSERT_TRUE(takes("--ttl-nodes", "yes"));
	CU_ASSERT_EQUAL(settings.ttl_nodes, 1);
	CU_ASSERT_TRUE(takes("--enforce-quota", "no"));
	CU_ASSERT_EQUAL(settings.enforce_quota, 0);
	CU_ASSERT_FALSE(takes("--enforce-quota", "1"));
	CU_ASSERT_FALSE(takes("--no-such-setting", "1"));
}

static void without_flags_it_is_durable_and_bounded(void)
{
	CU_ASSERT_TRUE(takes("--tcp", "127.0.0.1:0"));
	CU_ASSERT_EQUAL(settings.durability, DURABILITY_ALWAYS);
	CU_ASSERT_EQUAL(settings.max_request_bytes, 1048575);
	CU_ASSERT_EQUAL(settings.max_clients_per_address, 60);
	CU_ASSERT_EQUAL(settings_check(&settings), 0);
}

static void what_does_not_fit_together_is_refused(void)
{
	CU_ASSERT_TRUE(takes("--durability", "none"));
	CU_ASSERT(settings_check(&settings) < 0); /* nothing to listen on */
	CU_ASSERT_TRUE(takes("--unix", "/tmp/x"));
	settings.min_session_timeout_ms = settings.max_session_timeout_ms;
	CU_ASSERT_EQUAL(settings_check(&settings), 0);
	settings.min_session_timeout_ms++;
	CU_ASSERT(settings_check(&settings) < 0);
}

static const struct hf_test tests[] = {
	HF_TEST(each_number_has_its_least_and_its_most),
	HF_TEST(words_are_taken_as_they_are_listed),
	HF_TEST(without_flags_it_is_durable_and_bounded),
	HF_TEST(what_does_not_fit_together_is_refused),
	HF_TEST_END,
};

const struct hf_suite test_settings_suite = { "ephemerald/settings", tests,
					      setup, teardown };
