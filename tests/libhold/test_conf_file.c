#include "config.h"

#include "libhold/conf.h"
#include "libhold/conf_file.h"
#include "libhold/err.h"

#include "tests/libhold/suites.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct settings {
	struct hf_conf_file file;
	const char *path;
	int64_t number;
	int64_t mode;
	int choice;
	bool flag;
};

#define FIELD(name) offsetof(struct settings, name)

static const char *const words[] = { "always", "never", NULL };
static const struct hf_conf_setting table[] = {
	{ .name = "config",
	  .kind = HF_CONF_FILE,
	  .offset = FIELD(file),
	  .value_name = "FILE",
	  .help = "a file" },
	{ .name = "path",
	  .kind = HF_CONF_STRING,
	  .offset = FIELD(path),
	  .value_name = "PATH",
	  .help = "a path" },
	{ .name = "number",
	  .kind = HF_CONF_INT,
	  .offset = FIELD(number),
	  .preset = "7",
	  .min = 1,
	  .max = 10,
	  .value_name = "N",
	  .help = "a number" },
	{ .name = "mode",
	  .kind = HF_CONF_OCTAL,
	  .offset = FIELD(mode),
	  .preset = "660",
	  .max = 0777,
	  .value_name = "OCTAL",
	  .help = "a mode" },
	{ .name = "when",
	  .kind = HF_CONF_CHOICE,
	  .offset = FIELD(choice),
	  .preset = "never",
	  .choices = words,
	  .value_name = "WHEN",
	  .help = "a word" },
	{ .name = "flag",
	  .kind = HF_CONF_BOOL,
	  .offset = FIELD(flag),
	  .help = "a flag" },
	{ .name = NULL },
};
static const struct hf_conf conf = { "test", "A test.", table };

static struct {
	char path[32];
	struct settings settings;
	enum hf_conf_ask ask;
	char said[8192]; /* what went to standard error */
} ctx;

static void setup(void)
{
	int fd;

	snprintf(ctx.path, sizeof(ctx.path), "/tmp/hf-conf-XXXXXX");
	fd = mkstemp(ctx.path);
	CU_ASSERT_FATAL(fd >= 0);
	close(fd);
}

static void forget(void)
{
	hf_conf_free(&conf, &ctx.settings);
	memset(&ctx.settings, 0, sizeof(ctx.settings));
}

static void teardown(void)
{
	forget();
	unlink(ctx.path);
}

static void write_bytes(const char *text, size_t len)
{
	FILE *file = fopen(ctx.path, "w");

	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	CU_ASSERT_EQUAL(fwrite(text, 1, len, file), len);
	CU_ASSERT_EQUAL(fclose(file), 0);
}

/* Parses the flags, standard error turned into ctx.said. */
static int parse_flags(char **argv)
{
	int argc = 0, kept = dup(STDERR_FILENO), pipes[2], rc;
	ssize_t n;

	while (argv[argc] != NULL)
		argc++;
	CU_ASSERT_EQUAL_FATAL(pipe2(pipes, O_NONBLOCK), 0);
	fflush(NULL);
	dup2(pipes[1], STDERR_FILENO);
	forget();
	rc = hf_conf_parse(&conf, argc, argv, &ctx.settings, &ctx.ask);
	fflush(NULL);
	dup2(kept, STDERR_FILENO);
	n = read(pipes[0], ctx.said, sizeof(ctx.said) - 1);
	ctx.said[n > 0 ? n : 0] = '\0';
	close(pipes[0]);
	close(pipes[1]);
	close(kept);
	return rc;
}

static int parse_bytes(const char *text, size_t len)
{
	char *argv[] = { (char[]){ "test" }, (char[]){ "--config" }, ctx.path,
			 NULL };

	write_bytes(text, len);
	return parse_flags(argv);
}

static int parse(const char *text)
{
	return parse_bytes(text, strlen(text));
}

static void a_file_says_what_flags_say(void)
{
	CU_ASSERT_EQUAL(parse("# all of them\n"
			      "\n"
			      "  \t \n"
			      "path /a path # with blanks  \r\n"
			      "\tnumber\t10\n"
			      "   # indented\n"
			      "mode 777\n"
			      "when always\n"
			      "flag yes"),
			0);
	CU_ASSERT_EQUAL(ctx.ask, HF_CONF_RUN);
	CU_ASSERT_STRING_EQUAL(ctx.settings.path, "/a path # with blanks");
	CU_ASSERT_EQUAL(ctx.settings.number, 10);
	CU_ASSERT_EQUAL(ctx.settings.mode, 0777);
	CU_ASSERT_EQUAL(ctx.settings.choice, 0);
	CU_ASSERT(ctx.settings.flag);
	CU_ASSERT_EQUAL(parse("flag yes\nflag no\n"), 0);
	CU_ASSERT_FALSE(ctx.settings.flag);
	CU_ASSERT_EQUAL(parse(""), 0);
	CU_ASSERT_EQUAL(ctx.settings.number, 7);
}

static void a_flag_wins_over_the_file_wherever_it_stands(void)
{
	char *before[] = { (char[]){ "test" },
			   (char[]){ "--number=3" },
			   (char[]){ "--flag" },
			   (char[]){ "--path=/f" },
			   (char[]){ "--config" },
			   ctx.path,
			   NULL };
	char *after[] = { (char[]){ "test" },
			  (char[]){ "--config" },
			  ctx.path,
			  (char[]){ "--number=3" },
			  (char[]){ "--path=/f" },
			  (char[]){ "--flag" },
			  NULL };
	static const char text[] = "number 4\nflag no\npath /x\nmode 600\n";

	write_bytes(text, sizeof(text) - 1);
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(parse_flags(i == 0 ? before : after), 0);
		CU_ASSERT_EQUAL(ctx.settings.number, 3);
		CU_ASSERT(ctx.settings.flag);
		CU_ASSERT_STRING_EQUAL(ctx.settings.path, "/f");
		CU_ASSERT_EQUAL(ctx.settings.mode, 0600);
	}
}

static void what_is_wrong_in_a_file_is_said_with_its_line(void)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "number 0\n", ":1: number takes a whole number from 1 to 10, "
				"not \"0\"\n" },
		{ "\n# x\nnumber 11", ":3: number takes" },
		{ "mode 1000", ":1: mode takes octal digits from 0 to 777, "
			       "not \"1000\"\n" },
		{ "mode 8", ":1: mode takes octal" },
		{ "mode -1", ":1: mode takes octal" },
		{ "mode 00000000000000000000000000001777", ":1: mode takes" },
		{ "when often", ":1: when takes one of always never, not" },
		{ "flag", ":1: flag needs a value: flag yes\n" },
		{ "flag on", ":1: flag takes yes or no, not \"on\"\n" },
		{ "number 5\npath  \n", ":2: path needs a value: path PATH\n" },
		{ "--number 5", ":1: unknown setting \"--number\"; --help" },
		{ "what 1", ":1: unknown setting \"what\"; --help lists" },
		{ "number=5", ":1: unknown setting \"number=5\"" },
		{ "config x", ":1: config is a flag: it cannot stand here\n" },
	};

	for (size_t i = 0; i < HF_LEN(rows); i++) {
		CU_ASSERT_EQUAL(parse(rows[i].text), HF_EUSAGE);
		CU_ASSERT_EQUAL(strncmp(ctx.said, "test: /tmp/hf-conf-", 19),
				0);
		CU_ASSERT_PTR_NOT_NULL(strstr(ctx.said, rows[i].says));
	}
	CU_ASSERT_EQUAL(parse_bytes("path a\0b\n", 9), HF_EUSAGE);
	CU_ASSERT_PTR_NOT_NULL(strstr(ctx.said, ":1: a NUL: this is no text"));
}

static void a_line_and_a_file_have_a_limit(void)
{
	char *text = malloc(HF_CONF_FILE_MAX + 1);

	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	memset(text, 'x', HF_CONF_FILE_MAX + 1);
	memcpy(text, "path ", 5);
	CU_ASSERT_EQUAL(parse_bytes(text, HF_CONF_LINE_MAX), 0);
	CU_ASSERT_EQUAL(strlen(ctx.settings.path), HF_CONF_LINE_MAX - 5);
	CU_ASSERT_EQUAL(parse_bytes(text, HF_CONF_LINE_MAX + 1), HF_EUSAGE);
	CU_ASSERT_PTR_NOT_NULL(strstr(ctx.said, ":1: a line may have 4096"));

	memset(text, '\n', HF_CONF_FILE_MAX + 1);
	memcpy(text, "number 9", 8);
	CU_ASSERT_EQUAL(parse_bytes(text, HF_CONF_FILE_MAX), 0);
	CU_ASSERT_EQUAL(ctx.settings.number, 9);
	CU_ASSERT_EQUAL(parse_bytes(text, HF_CONF_FILE_MAX + 1), HF_EUSAGE);
	CU_ASSERT_PTR_NOT_NULL(strstr(ctx.said, "may have 262144 bytes"));
	free(text);
}

static void a_file_that_cannot_be_read_is_said(void)
{
	char *absent[] = { (char[]){ "test" },
			   (char[]){ "--config=/nowhere/at/all" }, NULL };
	char *folder[] = { (char[]){ "test" }, (char[]){ "--config=/tmp" },
			   NULL };

	CU_ASSERT_EQUAL(parse_flags(absent), HF_EUSAGE);
	CU_ASSERT_STRING_EQUAL(ctx.said, "test: cannot read /nowhere/at/all: "
					 "No such file or directory\n");
	CU_ASSERT_EQUAL(parse_flags(folder), HF_EUSAGE);
	CU_ASSERT_STRING_EQUAL(ctx.said,
			       "test: cannot read /tmp: Is a directory\n");
}

static const struct hf_test tests[] = {
	HF_TEST(a_file_says_what_flags_say),
	HF_TEST(a_flag_wins_over_the_file_wherever_it_stands),
	HF_TEST(what_is_wrong_in_a_file_is_said_with_its_line),
	HF_TEST(a_line_and_a_file_have_a_limit),
	HF_TEST(a_file_that_cannot_be_read_is_said),
	HF_TEST_END,
};

const struct hf_suite test_conf_file_suite = { "libhold/conf_file", tests,
					       setup, teardown };
