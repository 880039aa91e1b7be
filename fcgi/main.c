/*
 * ticketing.fcgi: wiring only.
 *
 * A thread of its own waits for SIGTERM and SIGINT, which all others have
 * blocked: the stop is then plain code and no handler.
 */
#include "config.h"

#include "fcgi/listener.h"
#include "fcgi/settings.h"
#include "fcgi/worker.h"
#include "libhold/err.h"
#include "libhold/log.h"
#include "libhold/service.h"

#include <fcgiapp.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

struct stopper {
	pthread_t id;
	sigset_t signals;
	struct listener *listener;
};

static void *wait_for_stop(void *arg)
{
	struct stopper *stopper = arg;
	int signum = 0;

	sigwait(&stopper->signals, &signum);
	hf_info("stopping signal=%d: requests in flight are finished", signum);
	hf_service_notify("STOPPING=1");
	listener_stop(stopper->listener);
	return NULL;
}

/*
 * Before there is a socket to connect to, and before any other thread: a
 * signal that comes early waits for the stopper.
 */
static void block_signals(struct stopper *stopper)
{
	sigemptyset(&stopper->signals);
	sigaddset(&stopper->signals, SIGTERM);
	sigaddset(&stopper->signals, SIGINT);
	pthread_sigmask(SIG_BLOCK, &stopper->signals, NULL);
}

static void start_stopper(struct stopper *stopper, struct listener *listener)
{
	stopper->listener = listener;
	if (pthread_create(&stopper->id, NULL, wait_for_stop, stopper) != 0)
		hf_fatalx("cannot start the signal thread");
}

int main(int argc, char **argv)
{
	struct settings settings = { 0 };
	struct listener *listener;
	struct stopper stopper;
	enum hf_conf_ask ask;

	if (hf_conf_parse(&worker_conf, argc, argv, &settings, &ask) < 0)
		return 2;
	if (ask != HF_CONF_RUN)
		return EXIT_SUCCESS;
	if (settings_from_environment(&settings) < 0)
		return 2;
	hf_log_init("ticketing", (enum hf_log_level)settings.log_level);
	signal(SIGPIPE, SIG_IGN);
	block_signals(&stopper);
	if (FCGX_Init() != 0)
		hf_fatalx("cannot start libfcgi");
	listener = settings.socket_path != NULL
		       ? listener_open(settings.socket_path)
		       : listener_inherit();
	if (listener == NULL)
		return EXIT_FAILURE;

	start_stopper(&stopper, listener);
	hf_service_notify("READY=1");
	worker_serve(listener, &settings);
	pthread_join(stopper.id, NULL);
	listener_close(&listener);
	settings_fini(&settings);
	hf_info("stopped");
	return EXIT_SUCCESS;
}
