/*
 * A program's settings: one table gives the flags, their checks and --help.
 *
 * "--name value" and "--name=value" are the same; a bool takes no value. A
 * table with a setting of kind FILE lets the same settings stand in a file
 * (see conf_file.h), where a bool takes yes or no; a flag wins over the file,
 * wherever it stands, and of two flags or two lines the later one. Errors
 * name the flag, or file and line, what was wrong, and what would be right.
 */
#ifndef HOLD_CONF_H
#define HOLD_CONF_H

#include "libhold/base.h"

enum hf_conf_kind {
	HF_CONF_STRING, /* const char *, borrowed: argv, the table, the file */
	HF_CONF_INT,    /* int64_t within [min, max] */
	HF_CONF_OCTAL,  /* int64_t, written in octal digits */
	HF_CONF_CHOICE, /* int: the index of the word in choices */
	HF_CONF_BOOL,   /* bool */
	HF_CONF_FILE,   /* struct hf_conf_file: more settings; one a table */
};

struct hf_conf_file {
	const char *path; /* borrowed from argv; NULL: no file */
	char *text;       /* what strings from it point into */
};

struct hf_conf_setting {
	const char *name; /* without the dashes */
	enum hf_conf_kind kind;
	size_t offset;              /* of the field in the program's settings */
	const char *preset;         /* default as text; NULL: zero, none */
	int64_t min, max;           /* of an INT or OCTAL */
	const char *const *choices; /* of a CHOICE, NULL-terminated */
	const char *value_name;     /* for --help: PATH, N, ADDR:PORT */
	const char *help;
};

/* What the command line asked for. */
enum hf_conf_ask {
	HF_CONF_RUN,
	HF_CONF_HELP,    /* --help was printed: exit 0 */
	HF_CONF_VERSION, /* --version was printed: exit 0 */
};

struct hf_conf {
	const char *program;                    /* for messages */
	const char *summary;                    /* the first line of --help */
	const struct hf_conf_setting *settings; /* ends with name == NULL */
};

/*
 * Fills the struct at settings_out with presets, then from argv (without
 * operands: one is an error). 0 and what was asked, or HF_EUSAGE after one
 * line on standard error that says what to do. Then, too, the caller who has a
 * file in its table ends with hf_conf_free().
 */
int hf_conf_parse(const struct hf_conf *conf, int argc, char **argv,
		  void *settings_out, enum hf_conf_ask *ask_out) HF_MUSTUSE;

/* Frees the file's text; strings among the settings are not to be used then. */
void hf_conf_free(const struct hf_conf *conf, void *settings);

#endif
