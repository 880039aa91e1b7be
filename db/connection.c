#include "config.h"

#include "db/connection.h"

#include "db/say.h"
#include "libhold/err.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>

/* As libpq sees it: anything else is the name of a database. */
static bool has_settings(const char *url)
{
	return strchr(url, '=') != NULL || strstr(url, "://") != NULL;
}

static void print_setting(const char *name, const char *value)
{
	printf("%s='", name);
	for (; *value != '\0'; value++) {
		if (*value == '\'' || *value == '\\')
			putchar('\\');
		putchar(*value);
	}
	printf("' ");
}

/* What is set, the password apart, which is returned. */
static const char *print_settings(const PQconninfoOption *all)
{
	const char *password = "";

	for (; all->keyword != NULL; all++) {
		if (all->val == NULL)
			continue;
		if (strcmp(all->keyword, "password") == 0)
			password = all->val;
		else
			print_setting(all->keyword, all->val);
	}
	return password;
}

/* A script reads lines. */
static bool has_line_ends(const PQconninfoOption *all)
{
	for (; all->keyword != NULL; all++) {
		if (all->val != NULL && strchr(all->val, '\n') != NULL)
			return true;
	}
	return false;
}

int connection_print(const char *url)
{
	PQconninfoOption *all;
	const char *password;
	char *why = NULL;
	int rc = 0;

	if (!has_settings(url)) {
		print_setting("dbname", url);
		printf("\n\n");
		return 0;
	}
	all = PQconninfoParse(url, &why);
	if (all == NULL) {
		say_error("DATABASE_URL: %.*s",
			  why != NULL ? (int)strcspn(why, "\n") : 0,
			  why != NULL ? why : "");
		PQfreemem(why);
		return HF_EBAD;
	}
	if (has_line_ends(all)) {
		say_error("DATABASE_URL: a line's end is in a value");
		rc = HF_EBAD;
	} else {
		password = print_settings(all);
		printf("\n%s\n", password);
	}
	PQconninfoFree(all);
	return rc;
}
