/*
 * What the URLs of lock services have in common: pieces of text up to a mark,
 * numbers within bounds, and paths of Unix sockets.
 */
#ifndef FCGI_URL_H
#define FCGI_URL_H

#include "libhold/slice.h"

/* The text before the first byte of *s that is in stops; *s moves to it. */
struct hf_slice url_take(const char **s, const char *stops);

/*
 * "[mark number]", within [least, most], up to one of stops. Without the mark
 * number stays as it is. False when it is none.
 */
bool url_take_number(const char **s, char mark, const char *stops,
		     int64_t least, int64_t most, int64_t *number) HF_MUSTUSE;

/*
 * "host" or "[IPv6]", up to one of stops, as a copy that the caller frees; NULL
 * when there is none.
 */
char *url_take_host(const char **s, const char *stops);

/*
 * The path of "unix:///path", s being what follows "unix://": NULL and a copy
 * that the caller frees, or what is wrong with it (lives for ever).
 */
const char *url_unix_path(const char *s, char **path_out) HF_MUSTUSE;

#endif
