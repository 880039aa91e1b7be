#include "config.h"

#include "fcgi/backlog.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

struct question {
	struct nlmsghdr head;
	struct unix_diag_req body;
};

static bool ask(int diag, int listening_fd)
{
	struct question question = {
		.head = { .nlmsg_len = sizeof(question),
			  .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			  .nlmsg_flags = NLM_F_REQUEST },
		.body = { .sdiag_family = AF_UNIX,
			  .udiag_states = UINT32_MAX,
			  .udiag_show = UDIAG_SHOW_RQLEN,
			  .udiag_cookie = { UINT32_MAX, UINT32_MAX } },
	};
	struct stat stat;

	if (fstat(listening_fd, &stat) < 0)
		return false;
	question.body.udiag_ino = (uint32_t)stat.st_ino;
	return send(diag, &question, sizeof(question), 0) == sizeof(question);
}

/* Of a listening socket: how many connections nobody has taken. */
static int64_t read_answer(const struct nlmsghdr *head, size_t len)
{
	const struct unix_diag_msg *body = NLMSG_DATA(head);
	size_t left;

	if (!NLMSG_OK(head, len) || head->nlmsg_type != SOCK_DIAG_BY_FAMILY ||
	    head->nlmsg_len < NLMSG_LENGTH(sizeof(*body)))
		return -1;
	left = head->nlmsg_len - NLMSG_LENGTH(sizeof(*body));
	for (const struct rtattr *attr = (const void *)(body + 1);
	     RTA_OK(attr, left); attr = RTA_NEXT(attr, left)) {
		struct unix_diag_rqlen lens;

		if (attr->rta_type != UNIX_DIAG_RQLEN ||
		    RTA_PAYLOAD(attr) < sizeof(lens))
			continue;
		memcpy(&lens, RTA_DATA(attr), sizeof(lens));
		return lens.udiag_rqueue;
	}
	return -1;
}

int64_t backlog_waiting(int listening_fd)
{
	_Alignas(struct nlmsghdr) char answer[1024];
	int64_t waiting = -1;
	ssize_t got;
	int diag =
	    socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);

	if (diag < 0)
		return -1;
	if (ask(diag, listening_fd)) {
		got = recv(diag, answer, sizeof(answer), 0);
		if (got > 0)
			waiting =
			    read_answer((const void *)answer, (size_t)got);
	}
	close(diag);
	return waiting;
}
