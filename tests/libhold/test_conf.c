#include "config.h"

#include "libhold/conf.h"
#include "libhold/err.h"

#include "tests/libhold/suites.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct settings {
	const char *path;
	int64_t number;
	int choice;
	bool flag;
};

static const char *const words[] = { "always", "never", NULL };
static const struct hf_conf_setting table[] = {
	{ .name = "path",
	  .kind = HF_CONF_STRING,
	  .offset = offsetof(struct settings, path),
	  .value_name = "PATH",
	  .help = "a path" },
	{ .name = "number",
	  .kind = HF_CONF_INT,
	  .offset = offsetof(struct settings, number),
	  .preset = "7",
	  .min = 1,
	  .max = 10,
	  .value_name = "N",
	  .help = "a number" },
	{ .name = "when",
	  .kind = HF_CONF_CHOICE,
	  .offset = offsetof(struct settings, choice),
	  .preset = "never",
	  .choices = words,
	  .value_name = "WHEN",
	  .help = "a word" },
	{ .name = "flag",
	  .kind = HF_CONF_BOOL,
	  .offset = offsetof(struct settings, flag),
	  .help = "a flag" },
	{ .name = NULL },
};
static const struct hf_conf conf = { "test", "A test.", table };

static struct settings settings;
static enum hf_conf_ask ask;
static char said[2048]; /* what went to standard error or output */

/* Parses up to four words with a descriptor turned into said. */
static int parse_to(int fd, const char *a, const char *b, const char *c,
		    const char *d)
{
	char *argv[] = { (char *)"test",       (char *)(uintptr_t)a,
			 (char *)(uintptr_t)b, (char *)(uintptr_t)c,
			 (char *)(uintptr_t)d, NULL };
	int argc = 0, kept = dup(fd), pipes[2], rc;
	ssize_t n;

	while (argv[argc] != NULL)
		argc++;
	CU_ASSERT_EQUAL_FATAL(pipe2(pipes, O_NONBLOCK), 0);
	fflush(NULL);
	dup2(pipes[1], fd);
	memset(&settings, 0, sizeof(settings));
	rc = hf_conf_parse(&conf, argc, argv, &settings, &ask);
	fflush(NULL);
	dup2(kept, fd);
	n = read(pipes[0], said, sizeof(said) - 1);
	said[n > 0 ? n : 0] = '\0';
	close(pipes[0]);
	close(pipes[1]);
	close(kept);
	return rc;
}

static int parse(const char *a, const char *b, const char *c, const char *d)
{
	return parse_to(STDERR_FILENO, a, b, c, d);
}

static void presets_hold_until_a_flag_says_otherwise(void)
{
	CU_ASSERT_EQUAL(parse(NULL, NULL, NULL, NULL), 0);
	CU_ASSERT_PTR_NULL(settings.path);
	CU_ASSERT_EQUAL(settings.number, 7);
	CU_ASSERT_EQUAL(settings.choice, 1);
	CU_ASSERT_FALSE(settings.flag);
	CU_ASSERT_EQUAL(parse("--path", "/x", "--number=10", "--flag"), 0);
	CU_ASSERT_STRING_EQUAL(settings.path, "/x");
	CU_ASSERT_EQUAL(settings.number, 10);
	CU_ASSERT(settings.flag);
	CU_ASSERT_EQUAL(parse("--when=always", NULL, NULL, NULL), 0);
	CU_ASSERT_EQUAL(settings.choice, 0);
	CU_ASSERT_EQUAL(ask, HF_CONF_RUN);
}

static void what_is_wrong_is_said_with_what_is_right(void)
{
	static const struct {
		const char *a, *b, *says;
	} rows[] = {
		{ "--number", "0", "from 1 to 10, not \"0\"" },
		{ "--number", "11", "from 1 to 10" },
		{ "--number", "ten", "from 1 to 10" },
		{ "--number=", NULL, "from 1 to 10" },
		{ "--when", "often", "takes one of always never" },
		{ "--path", NULL, "--path needs a value" },
		{ "--flag=yes", NULL, "--flag takes no value" },
		{ "--what", NULL, "unknown option \"--what\"; --help" },
		{ "operand", NULL, "unknown option \"operand\"" },
		{ "-n", "3", "unknown option \"-n\"" },
		{ "--", NULL, "unknown option" },
	};

	for (size_t i = 0; i < HF_LEN(rows); i++) {
		CU_ASSERT_EQUAL(parse(rows[i].a, rows[i].b, NULL, NULL),
				HF_EUSAGE);
		CU_ASSERT_PTR_NOT_NULL(strstr(said, rows[i].says));
	}
}

static void help_and_version_are_answered(void)
{
	CU_ASSERT_EQUAL(parse_to(STDOUT_FILENO, "--help", NULL, NULL, NULL), 0);
	CU_ASSERT_EQUAL(ask, HF_CONF_HELP);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "--number N"));
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "(default 7)"));
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "always|never"));
	CU_ASSERT_EQUAL(parse_to(STDOUT_FILENO, "--version", NULL, NULL, NULL),
			0);
	CU_ASSERT_EQUAL(ask, HF_CONF_VERSION);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, PACKAGE_VERSION));
}

static const struct hf_test tests[] = {
	HF_TEST(presets_hold_until_a_flag_says_otherwise),
	HF_TEST(what_is_wrong_is_said_with_what_is_right),
	HF_TEST(help_and_version_are_answered),
	HF_TEST_END,
};

const struct hf_suite test_conf_suite = { "libhold/conf", tests, NULL, NULL };
