#include "config.h"

#include "libhold/conf.h"

#include "libhold/err.h"
#include "libhold/slice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static int set_int(const struct hf_conf *conf, const struct hf_conf_setting *s,
		   const char *value, int64_t *out)
{
	int64_t number;

	if (hf_slice_int64(hf_slice_of(value), &number) == 0 &&
	    number >= s->min && number <= s->max) {
		*out = number;
		return 0;
	}
	fprintf(stderr,
		"%s: --%s takes a whole number from %lld to %lld, "
		"not \"%s\"\n",
		conf->program, s->name, (long long)s->min, (long long)s->max,
		value);
	return HF_EUSAGE;
}

static int set_choice(const struct hf_conf *conf,
		      const struct hf_conf_setting *s, const char *value,
		      int *out)
{
	for (int i = 0; s->choices[i] != NULL; i++) {
		if (strcmp(s->choices[i], value) == 0) {
			*out = i;
			return 0;
		}
	}
	fprintf(stderr, "%s: --%s takes one of", conf->program, s->name);
	for (int i = 0; s->choices[i] != NULL; i++)
		fprintf(stderr, " %s", s->choices[i]);
	fprintf(stderr, ", not \"%s\"\n", value);
	return HF_EUSAGE;
}

static int set(const struct hf_conf *conf, const struct hf_conf_setting *s,
	       const char *value, void *settings)
{
	void *field = (char *)settings + s->offset;

	switch (s->kind) {
	case HF_CONF_STRING:
		*(const char **)field = value;
		return 0;
	case HF_CONF_INT:
		return set_int(conf, s, value, field);
	case HF_CONF_CHOICE:
		return set_choice(conf, s, value, field);
	case HF_CONF_BOOL:
		*(bool *)field = true;
		return 0;
	}
	return HF_EUSAGE;
}

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
static int parse_flag(const struct hf_conf *conf, int argc, char **argv, int *i,
		      void *settings)
{
	const char *word = argv[*i];
	const char *value = strchr(word, '=');
	const struct hf_conf_setting *s = NULL;
	size_t len = value != NULL ? (size_t)(value - word) : strlen(word);

	if (strncmp(word, "--", 2) == 0)
		s = find(conf, (struct hf_slice){ word + 2, len - 2 });
	if (s == NULL) {
		fprintf(stderr,
			"%s: unknown option \"%.*s\"; --help lists "
			"them\n",
			conf->program, (int)len, word);
		return HF_EUSAGE;
	}
	if (s->kind == HF_CONF_BOOL) {
		if (value != NULL) {
			fprintf(stderr, "%s: --%s takes no value\n",
				conf->program, s->name);
			return HF_EUSAGE;
		}
		return set(conf, s, NULL, settings);
	}
	if (value != NULL)
		return set(conf, s, value + 1, settings);
	if (*i + 1 >= argc) {
		fprintf(stderr, "%s: --%s needs a value: --%s %s\n",
			conf->program, s->name, s->name, s->value_name);
		return HF_EUSAGE;
	}
	*i += 1;
	return set(conf, s, argv[*i], settings);
}

int hf_conf_parse(const struct hf_conf *conf, int argc, char **argv,
		  void *settings_out, enum hf_conf_ask *ask_out)
{
	const struct hf_conf_setting *s;

	for (s = conf->settings; s->name != NULL; s++) {
		if (s->preset != NULL &&
		    set(conf, s, s->preset, settings_out) < 0)
			abort(); /* our own table is wrong */
	}
	*ask_out = HF_CONF_RUN;
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
		rc = parse_flag(conf, argc, argv, &i, settings_out);
		if (rc < 0)
			return rc;
	}
	return 0;
}
