/*
 * A bad disk, to be preloaded (LD_PRELOAD): system calls on files fail, are
 * slow, or are the last thing the process does.
 *
 * The folder named by BADDISK has a file for each call that misbehaves, named
 * after it ("pwrite", "fdatasync", "fsync", "fallocate", "ftruncate",
 * "renameat", "unlinkat"). Its text, read at each call:
 *
 *   fail ERRNO TIMES   gives this error; 0 times: as long as the file says so
 *   kill N             the process dies (SIGKILL) instead of its Nth such call
 *   slow MS            each call takes so much longer
 *
 * Counting begins anew when the text changes. While the folder has a file
 * "watch", each of these calls that the process's first thread makes, and each
 * close() of a file by it, is written there, one a line.
 * tests/support/bad_disk.py writes these files.
 */
#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum call {
	PWRITE,
	FDATASYNC,
	FSYNC,
	FALLOCATE,
	FTRUNCATE,
	RENAMEAT,
	UNLINKAT,
	CALLS
};

static const char *const names[CALLS] = { "pwrite",    "fdatasync", "fsync",
					  "fallocate", "ftruncate", "renameat",
					  "unlinkat" };

struct order {
	char text[64];
	long count; /* calls since it was given */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct order orders[CALLS];

/* What the call's file says, or "". Only calls that are not ours to fail. */
static void read_order(enum call call, char text[64])
{
	const char *dir = getenv("BADDISK");
	char path[256];
	ssize_t n;
	int fd;

	memset(text, 0, 64);
	if (dir == NULL)
		return;
	snprintf(path, sizeof(path), "%s/%s", dir, names[call]);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	n = read(fd, text, 63);
	if (n < 0)
		text[0] = '\0';
	syscall(SYS_close, fd);
}

/* Only opened, not created: there is nothing to note unless a test asks. */
static void note_first_thread(const char *name)
{
	const char *dir = getenv("BADDISK");
	char path[256], line[32];
	int fd, len;

	if (dir == NULL || syscall(SYS_gettid) != getpid())
		return;
	snprintf(path, sizeof(path), "%s/watch", dir);
	fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (fd < 0)
		return;
	len = snprintf(line, sizeof(line), "%s\n", name);
	if (write(fd, line, (size_t)len) != len)
		abort(); /* a test would believe that nothing was called */
	syscall(SYS_close, fd);
}

/* How many calls there were under this order, with this one. */
static long count(enum call call, const char text[64])
{
	struct order *order = &orders[call];
	long n;

	pthread_mutex_lock(&lock);
	if (strcmp(order->text, text) != 0) {
		memcpy(order->text, text, sizeof(order->text));
		order->count = 0;
	}
	n = ++order->count;
	pthread_mutex_unlock(&lock);
	return n;
}

static void wait_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&t, &t) < 0 && errno == EINTR)
		continue;
}

/* Obeys; true: the call fails, and errno is set. */
static bool fails(enum call call)
{
	int saved = errno;
	char text[64], verb[8] = "";
	long a = 0, b = 0, n;

	note_first_thread(names[call]);
	read_order(call, text);
	n = count(call, text);
	sscanf(text, "%7s %ld %ld", verb, &a, &b);
	if (strcmp(verb, "kill") == 0 && n >= a)
		kill(getpid(), SIGKILL);
	if (strcmp(verb, "slow") == 0)
		wait_ms(a);
	errno = saved;
	if (strcmp(verb, "fail") != 0 || (b > 0 && n > b))
		return false;
	errno = (int)a;
	return true;
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t at)
{
	return fails(PWRITE) ? -1 : syscall(SYS_pwrite64, fd, bytes, len, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t at)
{
	return pwrite(fd, bytes, len, at);
}

int fdatasync(int fd)
{
	return fails(FDATASYNC) ? -1 : (int)syscall(SYS_fdatasync, fd);
}

int fsync(int fd)
{
	return fails(FSYNC) ? -1 : (int)syscall(SYS_fsync, fd);
}

int fallocate(int fd, int mode, off_t at, off_t len)
{
	return fails(FALLOCATE)
		   ? -1
		   : (int)syscall(SYS_fallocate, fd, mode, at, len);
}

int fallocate64(int fd, int mode, off64_t at, off64_t len)
{
	return fallocate(fd, mode, at, len);
}

int ftruncate(int fd, off_t len)
{
	return fails(FTRUNCATE) ? -1 : (int)syscall(SYS_ftruncate, fd, len);
}

int ftruncate64(int fd, off64_t len)
{
	return ftruncate(fd, len);
}

int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	return fails(RENAMEAT)
		   ? -1
		   : (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, 0);
}

int unlinkat(int dir, const char *name, int flags)
{
	return fails(UNLINKAT) ? -1
			       : (int)syscall(SYS_unlinkat, dir, name, flags);
}

int close(int fd)
{
	int saved = errno;
	struct stat st;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		note_first_thread("close");
	errno = saved;
	return (int)syscall(SYS_close, fd);
}
