/*
 * The text of a settings file: "name value" a line.
 *
 * A value goes to the end of its line, less the blanks around it, and may
 * hold blanks and '#'. Lines that are empty or begin with '#' say nothing.
 * The text is cut into NUL-terminated words where it stands: names and values
 * live as long as it does.
 */
#ifndef HOLD_CONF_FILE_H
#define HOLD_CONF_FILE_H

#include "libhold/base.h"

enum {
	HF_CONF_FILE_MAX = 256 * 1024, /* bytes of a file */
	HF_CONF_LINE_MAX = 4096,       /* bytes of a line, its end left out */
};

/*
 * Reads the whole file and adds a NUL; the caller frees *text_out. 0,
 * HF_ELIMIT for more than HF_CONF_FILE_MAX, or -errno.
 */
int hf_conf_file_read(const char *path, char **text_out,
		      size_t *len_out) HF_MUSTUSE;

/* Where a walk over the lines stands. */
struct hf_conf_lines {
	char *next;
	size_t left;
	int line;    /* the number of the line last looked at, from 1 */
	char *name;  /* what it sets */
	char *value; /* NULL: nothing stands behind the name */
};

/* text has len bytes and a NUL behind them; it is changed. */
void hf_conf_lines_init(struct hf_conf_lines *lines, char *text, size_t len);

/*
 * Goes to the next line that sets something. 1, 0 at the end, HF_ELIMIT for a
 * line that is too long, HF_EBAD for one with a NUL inside.
 */
int hf_conf_lines_next(struct hf_conf_lines *lines) HF_MUSTUSE;

#endif
