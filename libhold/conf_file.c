#include "config.h"

#include "libhold/conf_file.h"

#include "libhold/err.h"
#include "libhold/mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int hf_conf_file_read(const char *path, char **text_out, size_t *len_out)
{
	FILE *file = fopen(path, "re");
	char *text;
	size_t len;
	int rc = 0;

	if (file == NULL)
		return -errno;
	text = hf_alloc(HF_CONF_FILE_MAX + 1); /* one too many still fits */
	errno = 0;
	len = fread(text, 1, HF_CONF_FILE_MAX + 1, file);
	if (ferror(file))
		rc = errno != 0 ? -errno : -EIO;
	else if (len > HF_CONF_FILE_MAX)
		rc = HF_ELIMIT;
	fclose(file);
	if (rc < 0) {
		free(text);
		return rc;
	}
	*text_out = hf_realloc_array(text, len + 1, 1);
	(*text_out)[len] = '\0';
	*len_out = len;
	return 0;
}

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

void hf_conf_lines_init(struct hf_conf_lines *lines, char *text, size_t len)
{
	*lines = (struct hf_conf_lines){ .next = text, .left = len };
}

/* Cuts the line [word, end) into name and value; false: it sets nothing. */
static bool cut(struct hf_conf_lines *lines, char *word, char *end)
{
	while (end > word && blank(end[-1]))
		end--;
	*end = '\0';
	while (blank(*word))
		word++;
	if (*word == '\0' || *word == '#')
		return false;
	lines->name = word;
	while (*word != '\0' && !blank(*word))
		word++;
	lines->value = NULL;
	if (*word == '\0')
		return true;
	*word++ = '\0';
	while (blank(*word))
		word++;
	lines->value = word;
	return true;
}

int hf_conf_lines_next(struct hf_conf_lines *lines)
{
	while (lines->left > 0) {
		char *line = lines->next;
		char *end = memchr(line, '\n', lines->left);
		size_t len = end != NULL ? (size_t)(end - line) : lines->left;
		size_t used = end != NULL ? len + 1 : len;

		lines->line++;
		lines->next += used;
		lines->left -= used;
		if (len > HF_CONF_LINE_MAX)
			return HF_ELIMIT;
		if (memchr(line, '\0', len) != NULL)
			return HF_EBAD;
		if (cut(lines, line, line + len))
			return 1;
	}
	return 0;
}
