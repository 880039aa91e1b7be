/*
 * ephemerald: wiring only. Builds in order, serves, takes down in reverse.
 */
#include "config.h"

#include "ephemerald/ephemerald.h"
#include "ephemerald/server.h"
#include "libhold/err.h"
#include "libhold/log.h"

#include <signal.h>
#include <stdlib.h>

static int serve(struct settings *settings)
{
	struct ephemerald e;
	struct server *server;
	int rc;

	hf_log_init("ephemerald", (enum hf_log_level)settings->log_level);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a limit on files is an error, no end */
	ephemerald_init(&e, settings);
	server = server_new(&e, settings);
	rc = server_listen(server);
	if (rc == 0)
		rc = server_load(server);
	if (rc == 0)
		server_run(server);
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

	if (hf_conf_parse(&ephemerald_conf, argc, argv, &settings, &ask) < 0)
		return 2;
	if (ask != HF_CONF_RUN)
		return EXIT_SUCCESS;
	if (settings_check(&settings) < 0)
		return 2;
	return serve(&settings);
}
