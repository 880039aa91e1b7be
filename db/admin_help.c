/*
 * What several of holdfast-admin's commands need.
 */
#include "config.h"

#include "db/admin.h"
#include "libhold/buf.h"
#include "libhold/err.h"
#include "libhold/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int admin_event_exists(struct admin *a, const char *event)
{
	char *title;
	int rc = database_value(a->db, "SELECT title FROM events WHERE id = $1",
				1, &event, &title);

	if (rc == HF_ENOTFOUND)
		say_error("there is no event %s", event);
	if (rc == 0)
		free(title);
	return rc;
}

int admin_begin(struct admin *a)
{
	PGresult *result;
	int rc = database_begin(a->db);

	if (rc < 0)
		return rc;
	result = database_query(a->db,
				"SELECT set_config('holdfast.actor', $1, true)",
				1, &a->actor);
	PQclear(result);
	return result != NULL ? 0 : HF_EUNREACHABLE;
}

int admin_ask(const struct admin *a, const char *question)
{
	char answer[16];

	if (a->yes)
		return 0;
	if (isatty(STDIN_FILENO) == 0) {
		say_error("%s There is no terminal to ask on; --yes does it",
			  question);
		return HF_EHELD;
	}
	printf("%s Type yes: ", question);
	fflush(stdout);
	if (fgets(answer, sizeof(answer), stdin) != NULL &&
	    strcmp(answer, "yes\n") == 0)
		return 0;
	say_error("nothing was changed");
	return HF_EHELD;
}

/* Arguments are bounded by the system; this is more than it lets pass. */
#define ARRAY_MAX ((size_t)16 << 20)

char *admin_array(const struct admin *a, int first)
{
	struct hf_buf out;
	char *text;

	hf_buf_init(&out, ARRAY_MAX);
	hf_buf_add_char(&out, '{');
	for (int i = first; i < a->n; i++) {
		hf_buf_printf(&out, i > first ? ",\"" : "\"");
		for (const char *c = a->words[i]; *c != '\0'; c++) {
			if (*c == '"' || *c == '\\')
				hf_buf_add_char(&out, '\\');
			hf_buf_add_char(&out, *c);
		}
		hf_buf_add_char(&out, '"');
	}
	hf_buf_add_char(&out, '}');
	text = hf_strndup(hf_buf_slice(&out).data, hf_buf_len(&out));
	hf_buf_fini(&out);
	return text;
}

/* ---- a table ------------------------------------------------------------- */

/* Characters, taking each for one cell wide. */
static int width_of(const char *text)
{
	int width = 0;

	for (; *text != '\0'; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

static void print_cell(const char *text, int width, bool last)
{
	int pad = width - width_of(text);

	for (; *text != '\0'; text++)
		putchar((unsigned char)*text < 0x20 || *text == 0x7f ? '?'
								     : *text);
	if (!last)
		printf("%*s  ", pad, "");
}

static int column_width(const PGresult *rows, int column)
{
	int widest = width_of(PQfname(rows, column));

	for (int row = 0; row < PQntuples(rows); row++) {
		int width = width_of(PQgetvalue(rows, row, column));

		widest = width > widest ? width : widest;
	}
	return widest;
}

void admin_print(const PGresult *rows)
{
	int columns = PQnfields(rows);
	int *widths = hf_new_array(int, (size_t)columns);

	for (int column = 0; column < columns; column++) {
		widths[column] = column_width(rows, column);
		print_cell(PQfname(rows, column), widths[column],
			   column + 1 == columns);
	}
	putchar('\n');
	for (int row = 0; row < PQntuples(rows); row++) {
		for (int column = 0; column < columns; column++)
			print_cell(PQgetvalue(rows, row, column),
				   widths[column], column + 1 == columns);
		putchar('\n');
	}
	free(widths);
}
