/*
 * What libuv and the kernel cost alone: a server on a Unix socket that
 * answers "+OK" to whatever it reads. The yardstick beside lockd and Redis.
 */
#include "config.h"

#include "libhold/base.h"
#include "libhold/log.h"
#include "libhold/mem.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

static const char ok[] = "+OK\r\n";

struct peer {
	uv_pipe_t pipe;
	char input[4096];
};

static void free_peer(uv_handle_t *handle)
{
	free(handle->data);
}

static void give_room(uv_handle_t *handle, size_t wanted, uv_buf_t *buf_out)
{
	struct peer *peer = handle->data;

	HF_UNUSED(wanted);
	*buf_out = uv_buf_init(peer->input, sizeof(peer->input));
}

/* One command in flight: one read is one command. */
static void answer(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf)
{
	uv_buf_t reply = uv_buf_init((char *)ok, sizeof(ok) - 1);

	HF_UNUSED(buf);
	if (got > 0 && uv_try_write(stream, &reply, 1) == (int)reply.len)
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
	    uv_read_start((uv_stream_t *)&peer->pipe, give_room, answer) < 0)
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
