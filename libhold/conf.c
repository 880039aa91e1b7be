#include "config.h"

#include "libhold/conf.h"

#include "libhold/conf_file.h"
#include "libhold/err.h"
#include "libhold/slice.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where a setting is read, for messages. */
struct place {
	const struct hf_conf *conf;
	const char *file; /* NULL: a flag */
	int line;
};

static const struct hf_conf_setting *find(const struct hf_conf *conf,
					  struct hf_slice name)
{
	const struct hf_conf_setting *s;

	for (s = conf->settings; s->name != NULL; s++) {
		if (hf_slice_eq(hf_slice_of(s->name), name))
			return s;
	}
	return NULL;
}

static const struct hf_conf_setting *find_file(const struct hf_conf *conf)
{
	const struct hf_conf_setting *s = conf->settings;

	while (s->name != NULL && s->kind != HF_CONF_FILE)
		s++;
	return s->name != NULL ? s : NULL;
}

static void *field_of(const struct hf_conf_setting *s, void *settings)
{
	return (char *)settings + s->offset;
}

static void say_place(const struct place *at)
{
	fprintf(stderr, "%s: ", at->conf->program);
	if (at->file != NULL)
		fprintf(stderr, "%s:%d: ", at->file, at->line);
}

/* One line on standard error: the place, the setting, and what is said. */
HF_PRINTF(3, 4)
static int bad(const struct place *at, const struct hf_conf_setting *s,
	       const char *format, ...)
{
	va_list args;

	say_place(at);
	fprintf(stderr, "%s%s ", at->file == NULL ? "--" : "", s->name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return HF_EUSAGE;
}

static int set_int(const struct place *at, const struct hf_conf_setting *s,
		   const char *value, int64_t *out)
{
	int64_t number;

	if (hf_slice_int64(hf_slice_of(value), &number) == 0 &&
	    number >= s->min && number <= s->max) {
		*out = number;
		return 0;
	}
	return bad(at, s, "takes a whole number from %lld to %lld, not \"%s\"",
		   (long long)s->min, (long long)s->max, value);
}

static int set_octal(const struct place *at, const struct hf_conf_setting *s,
		     const char *value, int64_t *out)
{
	int64_t number = 0;
	const char *c = value;

	while (*c >= '0' && *c <= '7' && number <= s->max)
		number = number * 8 + (*c++ - '0');
	if (c > value && *c == '\0' && number >= s->min && number <= s->max) {
		*out = number;
		return 0;
	}
	return bad(at, s, "takes octal digits from %llo to %llo, not \"%s\"",
		   (unsigned long long)s->min, (unsigned long long)s->max,
		   value);
}

static int set_choice(const struct place *at, const struct hf_conf_setting *s,
		      const char *value, int *out)
{
	char words[256] = "";

	for (int i = 0; s->choices[i] != NULL; i++) {
		size_t used = strlen(words);

		if (strcmp(s->choices[i], value) == 0) {
			*out = i;
			return 0;
		}
		snprintf(words + used, sizeof(words) - used, " %s",
			 s->choices[i]);
	}
	return bad(at, s, "takes one of%s, not \"%s\"", words, value);
}

static int set_bool(const struct place *at, const struct hf_conf_setting *s,
		    const char *value, bool *out)
{
	*out = strcmp(value, "yes") == 0;
	if (*out || strcmp(value, "no") == 0)
		return 0;
	return bad(at, s, "takes yes or no, not \"%s\"", value);
}

static int set(const struct place *at, const struct hf_conf_setting *s,
	       const char *value, void *settings)
{
	void *field = field_of(s, settings);

	switch (s->kind) {
	case HF_CONF_STRING:
		*(const char **)field = value;
		return 0;
	case HF_CONF_INT:
		return set_int(at, s, value, field);
	case HF_CONF_OCTAL:
		return set_octal(at, s, value, field);
	case HF_CONF_CHOICE:
		return set_choice(at, s, value, field);
	case HF_CONF_BOOL:
		return set_bool(at, s, value, field);
	case HF_CONF_FILE:
		if (at->file != NULL)
			return bad(at, s, "is a flag: it cannot stand here");
		((struct hf_conf_file *)field)->path = value;
		return 0;
	}
	return HF_EUSAGE;
}

/* ---- flags -------------------------------------------------------------- */

static void print_help(const struct hf_conf *conf)
{
	const struct hf_conf_setting *s;

	printf("Usage: %s [option]...\n%s\n\n", conf->program, conf->summary);
	for (s = conf->settings; s->name != NULL; s++) {
		char flag[64];

		snprintf(flag, sizeof(flag), "--%s %s", s->name,
			 s->value_name != NULL ? s->value_name : "");
		printf("  %-28s %s", flag, s->help);
		if (s->kind == HF_CONF_CHOICE) {
			for (int i = 0; s->choices[i] != NULL; i++)
				printf("%s%s", i == 0 ? ": " : "|",
				       s->choices[i]);
		}
		if (s->preset != NULL)
			printf(" (default %s)", s->preset);
		putchar('\n');
	}
	printf("  %-28s %s\n", "--help", "show this and exit");
	printf("  %-28s %s\n", "--version", "show the version and exit");
}

/*
 * One flag at argv[*i]; moves *i over the value if it took the next word.
 */
static int parse_flag(const struct place *at, int argc, char **argv, int *i,
		      void *settings)
{
	const char *word = argv[*i];
	const char *value = strchr(word, '=');
	const struct hf_conf_setting *s = NULL;
	size_t len = value != NULL ? (size_t)(value - word) : strlen(word);

	if (strncmp(word, "--", 2) == 0)
		s = find(at->conf, (struct hf_slice){ word + 2, len - 2 });
	if (s == NULL) {
		fprintf(stderr,
			"%s: unknown option \"%.*s\"; --help lists "
			"them\n",
			at->conf->program, (int)len, word);
		return HF_EUSAGE;
	}
	if (s->kind == HF_CONF_BOOL) {
		if (value != NULL)
			return bad(at, s, "takes no value");
		return set(at, s, "yes", settings);
	}
	if (value != NULL)
		return set(at, s, value + 1, settings);
	if (*i + 1 >= argc)
		return bad(at, s, "needs a value: --%s %s", s->name,
			   s->value_name);
	*i += 1;
	return set(at, s, argv[*i], settings);
}

static int parse_flags(const struct hf_conf *conf, int argc, char **argv,
		       void *settings_out, enum hf_conf_ask *ask_out)
{
	const struct place at = { .conf = conf };

	for (int i = 1; i < argc; i++) {
		int rc;

		if (strcmp(argv[i], "--help") == 0) {
			print_help(conf);
			*ask_out = HF_CONF_HELP;
			return 0;
		}
		if (strcmp(argv[i], "--version") == 0) {
			printf("%s %s\n", conf->program, PACKAGE_VERSION);
			*ask_out = HF_CONF_VERSION;
			return 0;
		}
		rc = parse_flag(&at, argc, argv, &i, settings_out);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* ---- the file ----------------------------------------------------------- */

static int parse_line(const struct place *at, const char *name,
		      const char *value, void *settings)
{
	const struct hf_conf_setting *s = find(at->conf, hf_slice_of(name));

	if (s == NULL) {
		say_place(at);
		fprintf(stderr, "unknown setting \"%s\"; --help lists them\n",
			name);
		return HF_EUSAGE;
	}
	if (value == NULL)
		return bad(at, s, "needs a value: %s %s", s->name,
			   s->kind == HF_CONF_BOOL ? "yes" : s->value_name);
	return set(at, s, value, settings);
}

static int bad_line(const struct place *at, int rc)
{
	say_place(at);
	if (rc == HF_ELIMIT)
		fprintf(stderr, "a line may have %d bytes, and this has more\n",
			HF_CONF_LINE_MAX);
	else
		fprintf(stderr, "a NUL: this is no text; a line is \"name "
				"value\"\n");
	return HF_EUSAGE;
}

static int parse_text(const struct hf_conf *conf, const char *path, char *text,
		      size_t len, void *settings)
{
	struct hf_conf_lines lines;
	int rc;

	hf_conf_lines_init(&lines, text, len);
	while ((rc = hf_conf_lines_next(&lines)) != 0) {
		const struct place at = { conf, path, lines.line };

		if (rc < 0)
			return bad_line(&at, rc);
		rc = parse_line(&at, lines.name, lines.value, settings);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int parse_file(const struct hf_conf *conf, struct hf_conf_file *file,
		      void *settings)
{
	size_t len;
	int rc = hf_conf_file_read(file->path, &file->text, &len);

	if (rc == HF_ELIMIT)
		fprintf(stderr,
			"%s: %s: a file of settings may have %d bytes\n",
			conf->program, file->path, HF_CONF_FILE_MAX);
	else if (rc < 0)
		fprintf(stderr, "%s: cannot read %s: %s\n", conf->program,
			file->path, hf_strerror(rc));
	if (rc < 0)
		return HF_EUSAGE;
	return parse_text(conf, file->path, file->text, len, settings);
}

/* ---- both --------------------------------------------------------------- */

static void set_presets(const struct hf_conf *conf, void *settings)
{
	const struct place at = { .conf = conf };
	const struct hf_conf_setting *s;

	for (s = conf->settings; s->name != NULL; s++) {
		if (s->preset != NULL && set(&at, s, s->preset, settings) < 0)
			abort(); /* our own table is wrong */
	}
}

int hf_conf_parse(const struct hf_conf *conf, int argc, char **argv,
		  void *settings_out, enum hf_conf_ask *ask_out)
{
	const struct hf_conf_setting *s = find_file(conf);
	struct hf_conf_file *file =
	    s != NULL ? field_of(s, settings_out) : NULL;
	int rc;

	set_presets(conf, settings_out);
	*ask_out = HF_CONF_RUN;
	rc = parse_flags(conf, argc, argv, settings_out, ask_out);
	if (rc < 0 || *ask_out != HF_CONF_RUN || file == NULL ||
	    file->path == NULL)
		return rc;
	rc = parse_file(conf, file, settings_out);
	if (rc < 0)
		return rc;
	/* Once more: what a flag says stands over the file's. */
	return parse_flags(conf, argc, argv, settings_out, ask_out);
}

void hf_conf_free(const struct hf_conf *conf, void *settings)
{
	const struct hf_conf_setting *s = find_file(conf);
	struct hf_conf_file *file = s != NULL ? field_of(s, settings) : NULL;

	if (file == NULL)
		return;
	free(file->text);
	file->text = NULL;
}
