/*
 * The plain pages: buying without JavaScript, by links and forms below
 * /plain/. What they do is what the API does; every write is a POST that a
 * form_guard.h key comes with, and is answered by the way to a page to GET.
 */
#ifndef FCGI_FORM_PAGE_H
#define FCGI_FORM_PAGE_H

#include "fcgi/http.h"

struct form_page {
	const char *title;
	int64_t refresh_s; /* then it is asked for again; 0: never */
};

/* Drops what stood in the body. Between the two: what stands in <main>. */
void form_page_begin(struct http_reply *reply, int status,
		     const struct form_page *page);
void form_page_end(struct http_reply *reply);

/* A page that only says this; back: where one may go on, NULL: the start. */
void form_page_say(struct http_reply *reply, int status, const char *title,
		   const char *words, const char *back);

/* Nothing was done, or nobody knows: 503. */
void form_page_away(struct http_reply *reply);

/* See there: the browser gets that page by a GET. */
void form_page_go(struct http_reply *reply, const char *path);

#endif
