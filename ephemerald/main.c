/*
 * ephemerald: wiring only. Builds in order, serves, takes down in reverse.
 */
#include "config.h"

#include "ephemerald/ephemerald.h"
#include "ephemerald/server.h"
#include "ephemerald/words.h"
#include "libhold/descriptors.h"
#include "libhold/err.h"
#include "libhold/log.h"

#include <malloc.h>
#include <signal.h>
#include <stdlib.h>

/*
 * A buffer that grew and is freed goes back to the system. By itself malloc
 * would put the next one that large among the nodes, where it leaves a hole.
 */
static void keep_buffers_apart(void)
{
	enum { LARGE_BYTES = 256 * 1024 };

	mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
}

static int serve(struct settings *settings)
{
	struct ephemerald e;
	struct server *server;
	int rc;

	keep_buffers_apart();
	hf_log_init("ephemerald", (enum hf_log_level)settings->log_level);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a limit on files is an error, no end */
	settings->max_clients = hf_descriptors_raise(settings->max_clients, 1);

	ephemerald_init(&e, settings);
	server = server_new(&e, settings);
	rc = server_load(server);
	if (rc == 0)
		rc = server_listen(server);
	if (rc == 0) {
		server_run(server);
		rc = server_close(server);
	}
	server_free(&server);
	ephemerald_fini(&e);
	if (rc == 0)
		hf_info("stopped");
	return rc == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	struct settings settings = { 0 };
	enum hf_conf_ask ask;
	int status = 2;

	if (hf_conf_parse(&ephemerald_conf, argc, argv, &settings, &ask) == 0) {
		if (ask != HF_CONF_RUN)
			status = EXIT_SUCCESS;
		else if (settings_check(&settings) == 0 &&
			 words_check(settings.four_letter) == 0)
			status = serve(&settings);
	}
	hf_conf_free(&ephemerald_conf, &settings);
	return status;
}
