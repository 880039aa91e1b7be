/*
 * migrator FILE...: runs these migrations, in this order, on the database
 * DATABASE_URL, as holdfast-init runs those that are compiled into it.
 */
#include "config.h"

#include "db/migrate.h"
#include "libhold/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 65536 };

static struct migration read_one(const char *path)
{
	char *text = hf_alloc(TEXT_MAX);
	FILE *file = fopen(path, "r");
	const char *slash = strrchr(path, '/');
	size_t len = file != NULL ? fread(text, 1, TEXT_MAX - 1, file) : 0;

	if (file == NULL || ferror(file) != 0 || len == TEXT_MAX - 1)
		abort();
	fclose(file);
	text[len] = '\0';
	return (struct migration){ slash != NULL ? slash + 1 : path, text };
}

int main(int argc, char **argv)
{
	size_t n = (size_t)argc - 1, ran = 0;
	struct migration *all = hf_new_array(struct migration, n);
	PGconn *db = database_open(getenv("DATABASE_URL"));
	int rc;

	for (size_t i = 0; i < n; i++)
		all[i] = read_one(argv[i + 1]);
	if (db == NULL)
		return 2;
	rc = database_lock(db);
	if (rc == 0)
		rc = migrate(db, all, n, &ran);
	printf("%zu\n", ran);
	PQfinish(db);
	for (size_t i = 0; i < n; i++)
		free((char *)(uintptr_t)all[i].text);
	free(all);
	return rc == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
