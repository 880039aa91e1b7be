#include "config.h"

#include "bench/load.h"

#include "bench/dial.h"
#include "libhold/clock.h"
#include "libhold/err.h"
#include "libhold/log.h"
#include "libhold/mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define REPLY_MAX_BYTES   (1024 * 1024)
#define REQUEST_MAX_BYTES (64 * 1024)
#define RECV_BYTES        4096
#define EVENTS_A_TURN     128

struct client {
	unsigned number;
	int fd; /* -1: it has no more work */
	bool in_unit;
	int64_t began_us; /* of the unit */
	struct hf_buf in;
};

struct load {
	const struct load_plan *plan;
	const struct load_kind *kind;
	struct load_result *result;
	struct client *clients;
	unsigned working;
	int epoll_fd;
	int error; /* -errno that ends the run */
	struct hf_buf out;
};

static int dial(struct load *load, struct client *client)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = client };
	int fd = load->plan->unix_path != NULL
		     ? dial_unix(load->plan->unix_path)
		     : dial_loopback(load->plan->port);

	if (fd < 0)
		return fd;
	if (epoll_ctl(load->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) {
		int saved = errno;

		close(fd);
		return -saved;
	}
	client->fd = fd;
	hf_buf_reset(&client->in, RECV_BYTES);
	return 0;
}

static void hang_up(struct client *client)
{
	if (client->fd >= 0)
		close(client->fd); /* epoll forgets it by itself */
	client->fd = -1;
}

static void redial(struct load *load, struct client *client)
{
	int rc;

	hang_up(client);
	rc = dial(load, client);
	if (rc < 0 && load->error == 0)
		load->error = rc;
}

/*
 * The socket blocks on sending: a request is smaller than any socket buffer,
 * and the one before it was answered. A server that went away is seen by the
 * next receive.
 */
static void ask(struct load *load, struct client *client)
{
	struct hf_slice request;
	ssize_t sent;

	if (client->fd < 0)
		return;
	hf_buf_reset(&load->out, REQUEST_MAX_BYTES);
	if (!load->kind->ask(load->kind->arg, client->number, !client->in_unit,
			     &load->out)) {
		hang_up(client);
		load->working--;
		return;
	}
	if (!client->in_unit) {
		client->in_unit = true;
		client->began_us = hf_clock_us();
	}
	request = hf_buf_slice(&load->out);
	do
		sent =
		    send(client->fd, request.data, request.len, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	HF_UNUSED(sent);
}

static void end_unit(struct load *load, struct client *client, bool good)
{
	int64_t took_us = hf_clock_us() - client->began_us;

	client->in_unit = false;
	if (!good) {
		load->result->failed++;
		return;
	}
	load->result->done++;
	hf_hist_add(&load->result->took_us, (uint64_t)took_us);
}

/* The connection ended in the middle of a request. */
static void lost(struct load *load, struct client *client)
{
	end_unit(load, client, false);
	redial(load, client);
	ask(load, client);
}

static void judge(struct load *load, struct client *client)
{
	struct load_reply reply = { 0 };
	enum load_verdict verdict;

	verdict = load->kind->judge(load->kind->arg, client->number,
				    hf_buf_slice(&client->in), &reply);
	if (verdict == LOAD_BROKEN) {
		lost(load, client);
		return;
	}
	hf_buf_consume(&client->in, reply.used_bytes);
	if (verdict == LOAD_MORE)
		return;
	if (verdict != LOAD_STEP)
		end_unit(load, client, verdict == LOAD_DONE);
	if (reply.closes)
		redial(load, client);
	ask(load, client);
}

static void receive(struct load *load, struct client *client)
{
	char *to = hf_buf_reserve(&client->in, RECV_BYTES);
	ssize_t got;

	if (to == NULL) {
		lost(load, client);
		return;
	}
	got = recv(client->fd, to, hf_buf_room(&client->in), MSG_DONTWAIT);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		lost(load, client);
		return;
	}
	hf_buf_commit(&client->in, (size_t)got);
	judge(load, client);
}

/* Until end_us, or until nobody has work; gives the time it ended. */
static int64_t turn_until(struct load *load, int64_t end_us)
{
	struct epoll_event events[EVENTS_A_TURN];
	int64_t now_us = hf_clock_us();
	int n;

	while (now_us < end_us && load->working > 0 && load->error == 0) {
		n = epoll_wait(load->epoll_fd, events, EVENTS_A_TURN,
			       (int)((end_us - now_us + 999) / 1000));
		for (int i = 0; i < n; i++)
			receive(load, events[i].data.ptr);
		now_us = hf_clock_us();
	}
	return now_us;
}

static int start(struct load *load)
{
	load->clients = hf_new_array(struct client, load->plan->clients);
	load->working = load->plan->clients;
	hf_buf_init(&load->out, REQUEST_MAX_BYTES);
	for (unsigned i = 0; i < load->plan->clients; i++) {
		load->clients[i].number = i;
		load->clients[i].fd = -1;
		hf_buf_init(&load->clients[i].in, REPLY_MAX_BYTES);
	}
	for (unsigned i = 0; i < load->plan->clients; i++) {
		int rc = dial(load, &load->clients[i]);

		if (rc < 0)
			return rc;
	}
	for (unsigned i = 0; i < load->plan->clients; i++)
		ask(load, &load->clients[i]);
	return 0;
}

static void stop(struct load *load)
{
	for (unsigned i = 0; i < load->plan->clients; i++) {
		hang_up(&load->clients[i]);
		hf_buf_fini(&load->clients[i].in);
	}
	free(load->clients);
	hf_buf_fini(&load->out);
	close(load->epoll_fd);
}

int load_run(const struct load_plan *plan, const struct load_kind *kind,
	     struct load_result *result_out)
{
	struct load load = { .plan = plan, .kind = kind, .result = result_out };
	int64_t began_us;

	load.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (load.epoll_fd < 0)
		return -errno;
	load.error = start(&load);
	turn_until(&load, hf_clock_us() + plan->warm_up_ms * 1000);
	*result_out = (struct load_result){ 0 };
	began_us = hf_clock_us();
	result_out->elapsed_us =
	    turn_until(&load, began_us + plan->run_ms * 1000) - began_us;
	stop(&load);
	return load.error;
}

static unsigned long long percentile(const struct load_result *result,
				     double percent)
{
	return hf_hist_percentile(&result->took_us, percent);
}

void load_print(const struct load_result *result, uint64_t in_a_unit)
{
	double seconds = (double)result->elapsed_us / 1e6;
	double done = (double)(result->done * in_a_unit);

	printf("{\"done\": %.0f, \"failed\": %llu, \"seconds\": %.3f, "
	       "\"per_second\": %.0f, \"p50_us\": %llu, \"p99_us\": %llu, "
	       "\"p999_us\": %llu, \"max_us\": %llu}\n",
	       done, (unsigned long long)(result->failed * in_a_unit), seconds,
	       seconds > 0 ? done / seconds : 0.0, percentile(result, 50),
	       percentile(result, 99), percentile(result, 99.9),
	       percentile(result, 100));
}
