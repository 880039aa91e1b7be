/*
 * Who fills in a form of the plain pages: a browser that has our cookie, and
 * that has got the form from us.
 *
 * Another site can make a visitor's browser send a form. SameSite keeps our
 * cookie out of that, but for sites of the same domain, and for browsers that
 * do not know it. So each form has a key, which only who reads our pages can
 * have: sealed for the very identity that the cookie is.
 */
#ifndef FCGI_FORM_GUARD_H
#define FCGI_FORM_GUARD_H

#include "fcgi/identity.h"
#include "fcgi/router.h"

enum { FORM_KEY_LEN = 43 };

struct form_visitor {
	struct identity identity;
	char key[FORM_KEY_LEN + 1]; /* for all forms of the page */
};

/*
 * Who looks at a page with forms: by the cookie, or new, with a cookie. False:
 * who was sent by another site, with no cookie that came along, gets no forms
 * and no identity before the next page; or nobody has one here.
 */
bool form_visitor(const struct site *site, const struct http_request *request,
		  struct http_reply *reply,
		  struct form_visitor *visitor_out) HF_MUSTUSE;

/* The same for a page that is only for who has been here before. */
bool form_known(const struct site *site, const struct http_request *request,
		struct form_visitor *visitor_out) HF_MUSTUSE;

/*
 * Whether a form with this key was sent by who it was made for; false after a
 * page that says what was wrong.
 */
bool form_sender(const struct site *site, const struct http_request *request,
		 struct http_reply *reply, const char *key,
		 struct form_visitor *visitor_out) HF_MUSTUSE;

#endif
