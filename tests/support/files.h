/*
 * Files of a test's own folder, read, put back, and damaged: cut at every
 * byte, and with every byte changed. Inside a CUnit test.
 */
#ifndef TESTS_FILES_H
#define TESTS_FILES_H

#include <stdbool.h>
#include <stddef.h>

enum { FILES_MAX = 16384 }; /* bytes that are read of one */

struct test_file {
	char name[64];
	char bytes[FILES_MAX];
	size_t len;
};

/* Removes all files of dir. */
void files_empty(const char *dir);

/* The beginning of dir/name; the test ends here if there is no such file. */
void files_read(const char *dir, const char *name, struct test_file *file);
void files_write(const char *dir, const struct test_file *file, size_t len);

/*
 * Calls opens() for each damage that file can have: at is where it was cut or
 * changed, file->len and file->bytes are as damaged. Then file is whole again.
 * How often opens() was true.
 */
typedef bool files_opens_fn(void *arg, size_t at);
size_t files_cut(struct test_file *file, files_opens_fn *opens, void *arg);
size_t files_flip(struct test_file *file, files_opens_fn *opens, void *arg);

#endif
