#include "config.h"

#include "fcgi/barrier.h"

#ifdef HF_TEST_BARRIER
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void barrier_wait(void)
{
	const char *path = getenv("HF_BARRIER_FILE");
	char reached[4096];
	int fd;

	if (path == NULL)
		return;
	snprintf(reached, sizeof(reached), "%s.reached", path);
	fd = open(reached, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0)
		close(fd);
	while (access(path, F_OK) < 0)
		poll(NULL, 0, 5);
}
#else
#error "only for the test program"
#endif
