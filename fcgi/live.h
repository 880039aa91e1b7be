/*
 * What a worker does beside answering: ends holds at their deadline and tells
 * who watches. The sale tells it by struct changes, and waits for none of it.
 */
#ifndef FCGI_LIVE_H
#define FCGI_LIVE_H

#include "fcgi/changes.h"

struct live;

/*
 * publish_url: NULL: nobody watches, and holds end all the same. A url that
 * cannot be read ends the process, with a line that says why.
 */
struct live *live_open(const char *publish_url, const char *database_url);

/* When nobody tells it any more. */
void live_close(struct live **live);

/* To tell it by; lives as long as live. */
const struct changes *live_changes(const struct live *live);

#endif
