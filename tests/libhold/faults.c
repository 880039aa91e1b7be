#include "config.h"

#include "tests/libhold/faults.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A write that a power cut may still lose. */
struct unsynced {
	struct unsynced *next;
	ino_t file;
	int fd; /* our own: the program's may be closed by then */
	off_t offset;
	size_t len;
	char bytes[];
};

static struct {
	pthread_mutex_t lock;
	enum fault fault;
	int nth, count, calls, failed;
	unsigned seed;
	bool dead;
	struct unsynced *first;
} f = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void write_through(const struct unsynced *u, size_t len)
{
	(void)!syscall(SYS_pwrite64, u->fd, u->bytes, len, u->offset);
}

static ino_t file_of(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		abort();
	return st.st_ino;
}

/* How much of a write a power cut leaves. */
static size_t survives(size_t len)
{
	switch (rand_r(&f.seed) % 3) {
	case 0:
		return 0;
	case 1:
		return (size_t)rand_r(&f.seed) % (len + 1);
	default:
		return len;
	}
}

enum fate { FATE_WRITTEN, FATE_POWER_CUT, FATE_LOST };

/* Ends the waiting of a file's writes (0: of all files'). */
static void settle(ino_t file, enum fate fate)
{
	struct unsynced **at = &f.first;

	while (*at != NULL) {
		struct unsynced *u = *at;

		if (file != 0 && u->file != file) {
			at = &u->next;
			continue;
		}
		if (fate != FATE_LOST)
			write_through(u, fate == FATE_WRITTEN
					     ? u->len
					     : survives(u->len));
		*at = u->next;
		syscall(SYS_close, u->fd);
		free(u);
	}
}

static void keep(int fd, const void *bytes, size_t len, off_t offset)
{
	struct unsynced *u = malloc(sizeof(*u) + len), **at;

	if (u == NULL)
		abort();
	*u = (struct unsynced){
		.file = file_of(fd), .fd = dup(fd), .offset = offset, .len = len
	};
	memcpy(u->bytes, bytes, len);
	for (at = &f.first; *at != NULL; at = &(*at)->next)
		continue;
	*at = u;
}

void faults_set(enum fault fault, int nth, int count, unsigned seed)
{
	pthread_mutex_lock(&f.lock);
	settle(0, FATE_WRITTEN);
	f.fault = fault;
	f.nth = nth;
	f.count = count;
	f.seed = seed;
	f.calls = f.failed = 0;
	f.dead = false;
	pthread_mutex_unlock(&f.lock);
}

void faults_cut_power(void)
{
	pthread_mutex_lock(&f.lock);
	f.dead = true;
	settle(0, FATE_LOST);
	pthread_mutex_unlock(&f.lock);
}

bool faults_dead(void)
{
	bool dead;

	pthread_mutex_lock(&f.lock);
	dead = f.dead;
	pthread_mutex_unlock(&f.lock);
	return dead;
}

int faults_failed(void)
{
	int failed;

	pthread_mutex_lock(&f.lock);
	failed = f.failed;
	pthread_mutex_unlock(&f.lock);
	return failed;
}

int faults_calls(void)
{
	int calls;

	pthread_mutex_lock(&f.lock);
	calls = f.calls;
	pthread_mutex_unlock(&f.lock);
	return calls;
}

/* Counts a call; is it (or has it been) the machine's last? */
static bool dies(void)
{
	bool kills = f.fault == FAULT_KILL || f.fault == FAULT_POWER;

	f.calls++;
	if (kills && f.calls == f.nth) {
		f.dead = true;
		settle(0,
		       f.fault == FAULT_POWER ? FATE_POWER_CUT : FATE_WRITTEN);
	}
	return f.dead;
}

/* Has this call the fault that calls of its kind can have? */
static bool fails(enum fault fault)
{
	if (f.fault != fault || f.calls < f.nth || f.count == f.failed)
		return false;
	f.failed++;
	return true;
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t offset)
{
	ssize_t n = (ssize_t)len;

	pthread_mutex_lock(&f.lock);
	if (dies()) {
		/* it was never made */
	} else if (fails(FAULT_WRITE)) {
		errno = ENOSPC;
		n = -1;
	} else if (f.fault == FAULT_POWER || f.fault == FAULT_SYNC) {
		keep(fd, bytes, len, offset);
	} else {
		n = syscall(SYS_pwrite64, fd, bytes, len, offset);
	}
	pthread_mutex_unlock(&f.lock);
	return n;
}

/* The kernel has the bytes, and no power will be cut: nothing to wait for. */
static int sync_with(int fd)
{
	int rc = 0;

	pthread_mutex_lock(&f.lock);
	if (dies()) {
		/* it was never made */
	} else if (fails(FAULT_SYNC)) {
		settle(file_of(fd), FATE_LOST);
		errno = EIO;
		rc = -1;
	} else {
		settle(file_of(fd), FATE_WRITTEN);
	}
	pthread_mutex_unlock(&f.lock);
	return rc;
}

int fdatasync(int fd)
{
	return sync_with(fd);
}

int fsync(int fd)
{
	return sync_with(fd);
}

/* A dead machine makes no files and empties none. */
int openat(int dir, const char *name, int flags, ...)
{
	va_list args;
	int mode, fd = -1;

	va_start(args, flags);
	mode = (flags & O_CREAT) != 0 ? va_arg(args, int) : 0;
	va_end(args);
	pthread_mutex_lock(&f.lock);
	if (((flags & (O_CREAT | O_TRUNC)) != 0) && dies())
		errno = EIO;
	else
		fd = (int)syscall(SYS_openat, dir, name, flags, mode);
	pthread_mutex_unlock(&f.lock);
	return fd;
}

/* Tests look at files' ends; a log that is taken beforehand has none. */
int fallocate(int fd, int mode, off_t offset, off_t len)
{
	(void)fd;
	(void)mode;
	(void)offset;
	(void)len;
	errno = EOPNOTSUPP;
	return -1;
}

int ftruncate(int fd, off_t len)
{
	int rc = 0;

	pthread_mutex_lock(&f.lock);
	if (!dies())
		rc = ftruncate64(fd, len);
	pthread_mutex_unlock(&f.lock);
	return rc;
}

int renameat(int old_dir, const char *old, int new_dir, const char *fresh)
{
	int rc = 0;

	pthread_mutex_lock(&f.lock);
	if (dies()) {
		/* it was never made */
	} else if (fails(FAULT_RENAME)) {
		errno = EIO;
		rc = -1;
	} else {
		rc = (int)syscall(SYS_renameat2, old_dir, old, new_dir, fresh,
				  0);
	}
	pthread_mutex_unlock(&f.lock);
	return rc;
}

int unlinkat(int dir, const char *name, int flags)
{
	int rc = 0;

	pthread_mutex_lock(&f.lock);
	if (!dies())
		rc = (int)syscall(SYS_unlinkat, dir, name, flags);
	pthread_mutex_unlock(&f.lock);
	return rc;
}
