/*
 * What time it is at the service, within bounds.
 *
 * A hold's deadline is its node's mtime, stamped by the service, and the
 * time it was asked for; so all workers compare it with one clock, whatever
 * their own ones say. Each write's answer tells the service's time at some
 * moment between sending and receiving. CORE: told all times, in ms.
 */
#ifndef FCGI_ZK_CLOCK_H
#define FCGI_ZK_CLOCK_H

#include "libhold/base.h"

enum { ZK_CLOCK_FRESH_MS = 10000 };

struct zk_clock {
	bool known;
	int64_t at_ms;   /* when the sample was taken */
	int64_t low_ms;  /* the service's clock minus ours: at least, */
	int64_t high_ms; /* and less than */
};

/* A write was sent and answered at these times of ours, and stamped. */
void zk_clock_sample(struct zk_clock *clock, int64_t sent_ms,
		     int64_t received_ms, int64_t stamp_ms);

/* Is what is known young enough to judge by? */
bool zk_clock_fresh(const struct zk_clock *clock, int64_t now_ms);

/*
 * What is left of a hold stamped so, for ttl_ms: at most ttl_ms, and never
 * more than there is; 0 when its deadline may be past. All of ttl_ms when
 * nothing is known.
 */
int64_t zk_clock_left(const struct zk_clock *clock, int64_t now_ms,
		      int64_t stamp_ms, int64_t ttl_ms);

/* Is its deadline past for certain? Never true when nothing is known. */
bool zk_clock_past(const struct zk_clock *clock, int64_t now_ms,
		   int64_t stamp_ms, int64_t ttl_ms);

/* Our time at which it is past for certain; a ttl from now when unknown. */
int64_t zk_clock_due(const struct zk_clock *clock, int64_t now_ms,
		     int64_t stamp_ms, int64_t ttl_ms);

#endif
