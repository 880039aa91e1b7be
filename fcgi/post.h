/*
 * Hands frames to nginx, which gives them to all who watch an event.
 *
 * HTTP over a Unix socket that nobody but us can reach (nginx/holdfast.conf.in
 * has the other end). For one thread; waits POST_MS at most.
 */
#ifndef FCGI_POST_H
#define FCGI_POST_H

#include "libhold/slice.h"

enum { POST_MS = 1000 };

struct post;

/*
 * The path of unix:///path: NULL and a copy that the caller frees, or what is
 * wrong with the url (lives for ever).
 */
const char *post_url_parse(const char *url, char **path_out) HF_MUSTUSE;

/*
 * url is copied. NULL and a reason when it cannot be read; that nobody listens
 * is no error here.
 */
struct post *post_new(const char *url, const char **reason_out);
void post_free(struct post **post); /* harmless when *post is NULL */

enum post_result {
	POST_DONE,
	POST_TOO_SOON, /* another frame of that event has just been taken */
	POST_FAILED,
};

/* event: the id of one, checked by the database. */
enum post_result post_send(struct post *post, const char *event,
			   struct hf_slice frame);

#endif
