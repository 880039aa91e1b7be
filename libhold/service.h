/*
 * The service manager that started us, if one did: systemd's protocol, by
 * sd_notify(3), sd_watchdog_enabled(3) and sd_listen_fds(3), without its
 * library. All of it is in the environment, which is read and left alone.
 */
#ifndef HOLD_SERVICE_H
#define HOLD_SERVICE_H

#include "libhold/base.h"

enum {
	HF_SERVICE_FD_FIRST = 3, /* where inherited sockets begin */
	HF_SERVICE_FDS_MAX = 16,
};

/* Tells it "READY=1" or alike; one that cannot be told is a line in the log. */
void hf_service_notify(const char *state);

/* How often it wants to hear WATCHDOG=1, at least; 0: it does not. */
int64_t hf_service_watchdog_ms(void);

/* How many listening sockets are ours from FD_FIRST on; HF_EBAD: no number,
 * or more than FDS_MAX. */
int hf_service_fds(void) HF_MUSTUSE;

#endif
