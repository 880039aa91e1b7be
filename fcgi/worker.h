/*
 * The worker's threads: each takes a connection, answers it, takes the next.
 */
#ifndef FCGI_WORKER_H
#define FCGI_WORKER_H

#include "fcgi/listener.h"
#include "fcgi/settings.h"

/*
 * Serves until listener_stop() and the last connection; returns when all
 * threads have ended. FCGX_Init() was called before.
 */
void worker_serve(struct listener *listener, const struct settings *settings);

#endif
