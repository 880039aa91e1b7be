/*
 * The text of a settings file: every name and value is a word of the text.
 */
#include "config.h"

#include "libhold/conf_file.h"
#include "libhold/mem.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A word lies in the text and has neither NUL nor line end inside. */
static void check(const char *word, const char *text, size_t size)
{
	if (word < text || word + strlen(word) > text + size ||
	    strpbrk(word, "\n") != NULL)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = hf_alloc(size + 1);
	struct hf_conf_lines lines;

	if (size > 0)
		memcpy(text, data, size);
	hf_conf_lines_init(&lines, text, size);
	while (hf_conf_lines_next(&lines) > 0) {
		check(lines.name, text, size);
		if (lines.name[0] == '\0' || lines.name[0] == '#' ||
		    strpbrk(lines.name, " \t\r") != NULL)
			abort();
		if (lines.value != NULL)
			check(lines.value, text, size);
	}
	free(text);
	return 0;
}
