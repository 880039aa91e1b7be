#include "tests/support/files.h"

#include <CUnit/CUnit.h>
#include <dirent.h>
#include <stdio.h>
#include <unistd.h>

enum { PATH_ROOM = 400 };

static void path_of(char out[PATH_ROOM], const char *dir, const char *name)
{
	snprintf(out, PATH_ROOM, "%s/%s", dir, name);
}

void files_empty(const char *dir)
{
	DIR *listed = opendir(dir);
	struct dirent *entry;
	char path[PATH_ROOM];

	while ((entry = readdir(listed)) != NULL) {
		path_of(path, dir, entry->d_name);
		unlink(path);
	}
	closedir(listed);
}

static FILE *open_file(const char *dir, const char *name, const char *mode)
{
	char path[PATH_ROOM];
	FILE *f;

	path_of(path, dir, name);
	f = fopen(path, mode);
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	return f;
}

void files_read(const char *dir, const char *name, struct test_file *file)
{
	FILE *f = open_file(dir, name, "rb");

	snprintf(file->name, sizeof(file->name), "%s", name);
	file->len = fread(file->bytes, 1, sizeof(file->bytes), f);
	fclose(f);
}

void files_write(const char *dir, const struct test_file *file, size_t len)
{
	FILE *f = open_file(dir, file->name, "wb");

	CU_ASSERT_EQUAL(fwrite(file->bytes, 1, len, f), len);
	fclose(f);
}

size_t files_cut(struct test_file *file, files_opens_fn *opens, void *arg)
{
	size_t whole = file->len, opened = 0;

	for (file->len = 0; file->len < whole; file->len++)
		opened += opens(arg, file->len) ? 1 : 0;
	return opened;
}

size_t files_flip(struct test_file *file, files_opens_fn *opens, void *arg)
{
	size_t opened = 0;

	for (size_t at = 0; at < file->len; at++) {
		char bit = (char)(1 << at % 8);

		file->bytes[at] ^= bit;
		opened += opens(arg, at) ? 1 : 0;
		file->bytes[at] ^= bit;
	}
	return opened;
}
