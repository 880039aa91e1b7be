/*
 * Whether a page of this very site has sent a request: the request's Origin
 * (RFC 6454, 7) against what the browser has asked.
 */
#ifndef FCGI_ORIGIN_H
#define FCGI_ORIGIN_H

#include "libhold/base.h"

/* How the browser has come here, as far as servers on the way tell. */
struct origin_asked {
	const char *host; /* "name", "name:port"; of a list the first counts */
	bool https;
	bool proxied; /* a server in front may have cut the port off */
};

/*
 * Host and port are the same, without regard to case. A host without a port
 * means the usual one of the Origin's scheme, and any one behind a proxy:
 * cookies do not know ports either. A page that came by https may ask as if by
 * http, as not every proxy says what it took; never the other way round. "null"
 * is nobody's page.
 */
bool origin_is_ours(const struct origin_asked *asked, const char *origin);

#endif
