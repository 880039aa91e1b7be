/*
 * The journal's folder: the names in it, and the system calls on them.
 *
 * Everything here may be called from a worker thread. Errors are negative
 * errno codes.
 */
#ifndef HOLD_JOURNAL_DIR_H
#define HOLD_JOURNAL_DIR_H

#include "libhold/slice.h"

enum { JOURNAL_NAME_BYTES = 40 };

/* "log", 12 -> "log.12" */
void journal_file_name(char out[JOURNAL_NAME_BYTES], const char *kind,
		       uint64_t generation);

/* Which generations a folder has; 0: none of that kind. */
struct journal_files {
	uint64_t snapshot; /* the newest */
	uint64_t first_log;
	uint64_t last_log;
};

/*
 * Opens the folder, made (0700) if it is not there, and locks it against
 * another process for as long as *lock_fd_out stays open. Its descriptor, or
 * -EAGAIN: another process has it.
 */
int journal_dir_open(const char *path, int *lock_fd_out) HF_MUSTUSE;

int journal_dir_list(int dir_fd, struct journal_files *files_out) HF_MUSTUSE;

/* Removes logs and snapshots of generations before this one. */
void journal_dir_remove_older(int dir_fd, uint64_t generation);

/* A new file with this content, on disk, name and all. Its descriptor. */
int journal_dir_create(int dir_fd, const char *name,
		       struct hf_slice content) HF_MUSTUSE;

/* All of bytes at offset; a full disk may take a part first. 0. */
int journal_write_at(int fd, struct hf_slice bytes, size_t offset) HF_MUSTUSE;

/* What is written, and the length, is on disk. 0. */
int journal_sync(int fd) HF_MUSTUSE;

/*
 * A whole file: free() what *memory_out gave, also after an error. Not mapped:
 * a bad block would then be a signal instead of an error.
 */
int journal_read_file(int fd, char **memory_out,
		      struct hf_slice *bytes_out) HF_MUSTUSE;

#endif
