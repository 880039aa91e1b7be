#include "config.h"

#include "libhold/journal_dir.h"

#include "libhold/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

void journal_file_name(char out[JOURNAL_NAME_BYTES], const char *kind,
		       uint64_t generation)
{
	snprintf(out, JOURNAL_NAME_BYTES, "%s.%llu", kind,
		 (unsigned long long)generation);
}

/* 0, or the failed call's -errno with fd closed. */
static int keep_or_close(int rc, int fd)
{
	int err = errno;

	if (rc >= 0)
		return 0;
	close(fd);
	return -err;
}

/*
 * A folder just made (now, or by a start that was killed) is lost with all in
 * it while its parent is not on disk. Who may not read that cannot have made
 * it.
 */
static void sync_parent(int dir_fd)
{
	int fd = openat(dir_fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (fsync(fd) < 0)
		hf_warn("cannot sync the folder above the journal");
	close(fd);
}

int journal_dir_open(const char *path, int *lock_fd_out)
{
	int dir_fd, lock_fd, rc;

	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return -errno;
	dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd < 0)
		return -errno;
	sync_parent(dir_fd);
	lock_fd = openat(dir_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	rc = keep_or_close(lock_fd, dir_fd);
	if (rc < 0)
		return rc;
	rc = keep_or_close(flock(lock_fd, LOCK_EX | LOCK_NB), lock_fd);
	if (rc < 0) {
		close(dir_fd);
		return rc;
	}
	*lock_fd_out = lock_fd;
	return dir_fd;
}

/* "log.12" -> 12; 0 for any other name. */
static uint64_t generation_of(const char *name, const char *kind)
{
	size_t len = strlen(kind);
	int64_t generation;

	if (strncmp(name, kind, len) != 0 || name[len] != '.' ||
	    hf_slice_int64(hf_slice_of(name + len + 1), &generation) < 0 ||
	    generation < 1)
		return 0;
	return (uint64_t)generation;
}

typedef void name_fn(void *arg, int dir_fd, const char *name);

static int each_name(int dir_fd, name_fn *each, void *arg)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	if (dir == NULL)
		return fd >= 0 ? keep_or_close(-1, fd) : -errno;
	while ((entry = readdir(dir)) != NULL)
		each(arg, dir_fd, entry->d_name);
	closedir(dir);
	return 0;
}

static void note_name(void *arg, int dir_fd, const char *name)
{
	struct journal_files *files = arg;
	uint64_t log = generation_of(name, "log");
	uint64_t snapshot = generation_of(name, "snapshot");

	HF_UNUSED(dir_fd);
	if (snapshot > files->snapshot)
		files->snapshot = snapshot;
	if (log > files->last_log)
		files->last_log = log;
	if (log > 0 && (files->first_log == 0 || log < files->first_log))
		files->first_log = log;
}

int journal_dir_list(int dir_fd, struct journal_files *files_out)
{
	*files_out = (struct journal_files){ 0 };
	return each_name(dir_fd, note_name, files_out);
}

static void remove_if_older(void *arg, int dir_fd, const char *name)
{
	uint64_t generation = *(uint64_t *)arg;
	uint64_t log = generation_of(name, "log");
	uint64_t snapshot = generation_of(name, "snapshot");

	if ((log > 0 && log < generation) ||
	    (snapshot > 0 && snapshot < generation))
		unlinkat(dir_fd, name, 0);
}

void journal_dir_remove_older(int dir_fd, uint64_t generation)
{
	/* What stays is read by nobody, and goes the next time. */
	(void)each_name(dir_fd, remove_if_older, &generation);
}

int journal_dir_create(int dir_fd, const char *name, struct hf_slice content)
{
	int fd =
	    openat(dir_fd, name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int rc;

	if (fd < 0)
		return -errno;
	rc = journal_write_at(fd, content, 0);
	if (rc == 0)
		rc = journal_sync(fd);
	if (rc == 0 && fsync(dir_fd) < 0)
		rc = -errno;
	if (rc == 0)
		return fd;
	close(fd);
	unlinkat(dir_fd, name, 0);
	return rc;
}

int journal_write_at(int fd, struct hf_slice bytes, size_t offset)
{
	while (bytes.len > 0) {
		ssize_t n = pwrite(fd, bytes.data, bytes.len, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -ENOSPC;
		bytes.data += n;
		bytes.len -= (size_t)n;
		offset += (size_t)n;
	}
	return 0;
}

int journal_sync(int fd)
{
	return fdatasync(fd) < 0 ? -errno : 0;
}

static int read_at(int fd, char *to, size_t len)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = pread(fd, to + done, len - done, (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) /* nobody else may shorten it */
			return n < 0 ? -errno : -EIO;
		done += (size_t)n;
	}
	return 0;
}

int journal_read_file(int fd, char **memory_out, struct hf_slice *bytes_out)
{
	struct stat st;
	size_t len;

	*memory_out = NULL;
	*bytes_out = (struct hf_slice){ "", 0 };
	if (fstat(fd, &st) < 0)
		return -errno;
	len = (size_t)st.st_size;
	if (len == 0)
		return 0;
	*memory_out = malloc(len);
	if (*memory_out == NULL)
		return -ENOMEM;
	*bytes_out = (struct hf_slice){ *memory_out, len };
	return read_at(fd, *memory_out, len);
}
