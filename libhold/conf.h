/*
 * A program's settings: one table gives the flags, their checks and --help.
 *
 * "--name value" and "--name=value" are the same; a bool takes no value.
 * Errors name the flag, what was wrong, and what would be right.
 */
#ifndef HOLD_CONF_H
#define HOLD_CONF_H

#include "libhold/base.h"

enum hf_conf_kind {
	HF_CONF_STRING, /* const char *, borrowed from argv or the table */
	HF_CONF_INT,    /* int64_t within [min, max] */
	HF_CONF_CHOICE, /* int: the index of the word in choices */
	HF_CONF_BOOL,   /* bool */
};

struct hf_conf_setting {
	const char *name; /* without the dashes */
	enum hf_conf_kind kind;
	size_t offset;              /* of the field in the program's settings */
	const char *preset;         /* default as text; NULL: zero, none */
	int64_t min, max;           /* of an INT */
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
 * line on standard error that says what to do.
 */
int hf_conf_parse(const struct hf_conf *conf, int argc, char **argv,
		  void *settings_out, enum hf_conf_ask *ask_out) HF_MUSTUSE;

#endif
