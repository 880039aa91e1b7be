/*
 * Replies that many ask for alike leave the worker as gzip: packed once, and
 * kept so by nginx, instead of once for each who asks.
 */
#ifndef FCGI_PACK_H
#define FCGI_PACK_H

#include "fcgi/http.h"

enum { PACK_MIN_BYTES = 512 }; /* less is not worth it */

/*
 * Packs reply->body when the client takes it and caches may keep it. The new
 * body takes the place of the old one, whose memory goes to spare.
 */
void pack_reply(const struct http_request *request, struct http_reply *reply,
		struct hf_buf *spare);

#endif
