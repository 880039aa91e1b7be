/*
 * lockd: wiring only. Builds in order, serves, takes down in reverse.
 */
#include "config.h"

#include "libhold/descriptors.h"
#include "libhold/err.h"
#include "libhold/log.h"
#include "libhold/service.h"
#include "lockd/lockd.h"
#include "lockd/server.h"
#include "lockd/settings.h"

#include <signal.h>
#include <stdlib.h>

/* Descriptors of a client: its connection, and over a Unix socket perhaps a
 * watch of its process, if no other connection is of the same. */
static int64_t descriptors_each(const struct settings *settings)
{
	return settings->unix_path != NULL || hf_service_fds() > 0 ? 2 : 1;
}

static int serve(struct settings *settings)
{
	struct lockd lockd;
	struct server *server;
	int rc;

	hf_log_init("lockd", (enum hf_log_level)settings->log_level);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a limit on files is an error, no end */
	settings->max_clients = hf_descriptors_raise(
	    settings->max_clients, descriptors_each(settings));

	lockd_init(&lockd, settings);
	server = server_new(&lockd, settings);
	rc = server_listen(server);
	if (rc == 0)
		rc = server_load(server);
	if (rc == 0) {
		server_run(server);
		rc = server_close(server);
	}
	server_free(&server);
	lockd_fini(&lockd);
	if (rc == 0)
		hf_info("stopped");
	return rc == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	struct settings settings = { 0 };
	enum hf_conf_ask ask;
	int status = 2;

	if (hf_conf_parse(&lockd_conf, argc, argv, &settings, &ask) == 0) {
		if (ask != HF_CONF_RUN)
			status = EXIT_SUCCESS;
		else if (settings_check(&settings) == 0)
			status = serve(&settings);
	}
	hf_conf_free(&lockd_conf, &settings);
	return status;
}
