/*
 * What libuv and the kernel cost alone: a server on a Unix socket that
 * answers "+OK" to each request and does nothing. The yardstick beside lockd
 * and Redis.
 */
#include "config.h"

#include "libhold/base.h"
#include "libhold/log.h"
#include "libhold/mem.h"

#include <ctype.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#define OK           "+OK\r\n"
#define INPUT_BYTES  65536
#define ANSWERS_A_GO 256

/* As much of RESP as finds where each request ends, however it is cut. */
struct counter {
	char kind;     /* of the line that is being read; 0: none begun */
	size_t number; /* in that line, so far */
	size_t args;   /* of this request, still to come */
	size_t skip;   /* bytes of an argument, still to come */
};

struct peer {
	uv_pipe_t pipe;
	struct counter counter;
};

/* A line has ended: "*3", or "$5", whose argument is the next 5 + 2 bytes. */
static void end_line(struct counter *c)
{
	if (c->kind == '*')
		c->args = c->number;
	else if (c->kind == '$')
		c->skip = c->number + 2;
	c->kind = 0;
	c->number = 0;
}

static void read_byte(struct counter *c, char byte)
{
	if (byte == '\n')
		end_line(c);
	else if (c->kind == 0)
		c->kind = byte;
	else if (isdigit((unsigned char)byte))
		c->number = c->number * 10 + (size_t)(byte - '0');
}

/* How many requests end in these bytes. */
static size_t count_requests(struct counter *c, const char *at, size_t len)
{
	const char *end = at + len;
	size_t ended = 0;

	while (at < end) {
		size_t step = 1;

		if (c->skip > 0) {
			step = (size_t)(end - at) < c->skip ? (size_t)(end - at)
							    : c->skip;
			c->skip -= step;
			ended += c->skip == 0 && --c->args == 0 ? 1 : 0;
		} else {
			read_byte(c, *at);
		}
		at += step;
	}
	return ended;
}

static void free_peer(uv_handle_t *handle)
{
	free(handle->data);
}

/* One buffer for all: each read is counted before the next. */
static void give_room(uv_handle_t *handle, size_t wanted, uv_buf_t *buf_out)
{
	static char input[INPUT_BYTES];

	HF_UNUSED(handle);
	HF_UNUSED(wanted);
	*buf_out = uv_buf_init(input, sizeof(input));
}

static int answer(uv_stream_t *stream, size_t n)
{
	static char answers[ANSWERS_A_GO * (sizeof(OK) - 1)];
	uv_buf_t reply = uv_buf_init(answers, 0);

	if (answers[0] == '\0') {
		for (size_t i = 0; i < ANSWERS_A_GO; i++)
			memcpy(answers + i * (sizeof(OK) - 1), OK,
			       sizeof(OK) - 1);
	}
	while (n > 0) {
		size_t now = n < ANSWERS_A_GO ? n : ANSWERS_A_GO;

		reply.len = now * (sizeof(OK) - 1);
		if (uv_try_write(stream, &reply, 1) != (int)reply.len)
			return -1;
		n -= now;
	}
	return 0;
}

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf)
{
	struct peer *peer = stream->data;

	if (got > 0 && answer(stream, count_requests(&peer->counter, buf->base,
						     (size_t)got)) == 0)
		return;
	if (got != 0)
		uv_close((uv_handle_t *)stream, free_peer);
}

static void welcome(uv_stream_t *server, int status)
{
	struct peer *peer;

	if (status < 0)
		return;
	peer = hf_new(struct peer);
	peer->pipe.data = peer;
	if (uv_pipe_init(server->loop, &peer->pipe, 0) < 0) {
		free(peer);
		return;
	}
	if (uv_accept(server, (uv_stream_t *)&peer->pipe) < 0 ||
	    uv_read_start((uv_stream_t *)&peer->pipe, give_room, on_read) < 0)
		uv_close((uv_handle_t *)&peer->pipe, free_peer);
}

int main(int argc, char **argv)
{
	uv_pipe_t server;
	int rc;

	hf_log_init("null_server", HF_LOG_INFO);
	signal(SIGPIPE, SIG_IGN); /* a peer may leave in mid-reply */
	if (argc != 2)
		hf_fatalx("usage: null_server SOCKET");
	rc = uv_pipe_init(uv_default_loop(), &server, 0);
	if (rc == 0)
		rc = uv_pipe_bind(&server, argv[1]);
	if (rc == 0)
		rc = uv_listen((uv_stream_t *)&server, 1024, welcome);
	if (rc < 0)
		hf_fatalx("%s: %s", argv[1], uv_strerror(rc));
	return uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}
