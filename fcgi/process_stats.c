#include "config.h"

#include "fcgi/process_stats.h"

#include "fcgi/prom_text.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static void gauge(struct hf_buf *out, const char *name, const char *help,
		  double value)
{
	prom_family(out, name, "gauge", help);
	prom_number(out, name, "", value);
}

static void show_cpu(struct hf_buf *out)
{
	struct timespec used;

	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) != 0)
		return;
	prom_family(out, "process_cpu_seconds_total", "counter",
		    "Processor time used, in seconds.");
	prom_number(out, "process_cpu_seconds_total", "",
		    (double)used.tv_sec + (double)used.tv_nsec / 1e9);
}

/* In pages, as in proc(5). */
static bool read_memory(unsigned long *virtual_out, unsigned long *resident_out)
{
	FILE *file = fopen("/proc/self/statm", "re");
	bool good;

	if (file == NULL)
		return false;
	good = fscanf(file, "%lu %lu", virtual_out, resident_out) == 2;
	fclose(file);
	return good;
}

static void show_memory(struct hf_buf *out)
{
	double page = (double)sysconf(_SC_PAGESIZE);
	unsigned long size, resident;

	if (!read_memory(&size, &resident))
		return;
	gauge(out, "process_virtual_memory_bytes", "Memory mapped, in bytes.",
	      (double)size * page);
	gauge(out, "process_resident_memory_bytes", "Memory in use, in bytes.",
	      (double)resident * page);
}

/* Entries of a folder of numbers; -1: it cannot be read. */
static int count_entries(const char *path)
{
	DIR *folder = opendir(path);
	const struct dirent *entry;
	int n = 0;

	if (folder == NULL)
		return -1;
	while ((entry = readdir(folder)) != NULL)
		n += entry->d_name[0] != '.';
	closedir(folder);
	return n;
}

static void show_files(struct hf_buf *out)
{
	int open_fds = count_entries("/proc/self/fd");
	struct rlimit limit;

	if (open_fds > 0) /* without the one that it was counted by */
		gauge(out, "process_open_fds", "Open file descriptors.",
		      open_fds - 1);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		gauge(out, "process_max_fds",
		      "File descriptors that may be open.",
		      (double)limit.rlim_cur);
}

static void show_threads(struct hf_buf *out)
{
	int threads = count_entries("/proc/self/task");

	if (threads > 0)
		gauge(out, "process_threads", "Threads of the process.",
		      threads);
}

void process_stats_show(struct hf_buf *out, int64_t started_ms)
{
	show_cpu(out);
	show_memory(out);
	show_files(out);
	show_threads(out);
	gauge(out, "process_start_time_seconds",
	      "When the process began, in seconds since 1970.",
	      (double)started_ms / 1e3);
}
