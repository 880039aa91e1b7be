#include "config.h"

#include "fcgi/backlog.h"

#include "fcgi/listener.h"

#include "tests/fcgi/suites.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { PEERS = 3 };

static struct sockaddr_un address;
static struct listener *listener;

static void setup(void)
{
	address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(address.sun_path, sizeof(address.sun_path),
		 "/tmp/hf-backlog-%d", (int)getpid());
	listener = listener_open(address.sun_path);
}

static void teardown(void)
{
	listener_close(&listener);
}

static int knock(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	CU_ASSERT_EQUAL(connect(fd, (const void *)&address, sizeof(address)),
			0);
	return fd;
}

static void those_wait_whom_no_thread_has_taken(void)
{
	int peers[PEERS];

	CU_ASSERT_PTR_NOT_NULL_FATAL(listener);
	CU_ASSERT_EQUAL(listener_waiting(listener), 0);
	for (int i = 0; i < PEERS; i++)
		peers[i] = knock();
	CU_ASSERT_EQUAL(listener_waiting(listener), PEERS);
	close(listener_accept(listener));
	CU_ASSERT_EQUAL(listener_waiting(listener), PEERS - 1);
	for (int i = 0; i < PEERS; i++)
		close(peers[i]);
}

static void of_what_does_not_listen_nothing_is_known(void)
{
	CU_ASSERT_EQUAL(backlog_waiting(-1), -1);
	CU_ASSERT_EQUAL(backlog_waiting(STDIN_FILENO), -1);
}

static const struct hf_test tests[] = {
	HF_TEST(those_wait_whom_no_thread_has_taken),
	HF_TEST(of_what_does_not_listen_nothing_is_known),
	HF_TEST_END,
};

const struct hf_suite test_backlog_suite = { "fcgi/backlog", tests, setup,
					     teardown };
