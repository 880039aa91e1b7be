/*
 * Blocking connections to a server on this machine.
 */
#ifndef BENCH_DIAL_H
#define BENCH_DIAL_H

#include "libhold/base.h"

/* A descriptor, or -errno. */
int dial_unix(const char *path) HF_MUSTUSE;
int dial_loopback(uint16_t port) HF_MUSTUSE; /* without Nagle's delay */

#endif
