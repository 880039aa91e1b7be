/*
 * The fields of a form, as a browser sends them in a POST:
 * application/x-www-form-urlencoded (URL Standard, 5.1).
 */
#ifndef FCGI_FORM_BODY_H
#define FCGI_FORM_BODY_H

#include "libhold/slice.h"

enum { FORM_NAME_MAX = 32, FORM_VALUE_MAX = 256 }; /* bytes, decoded */

/* A result below 0 ends the reading, and is what form_each() gives. */
typedef int form_field_fn(void *arg, const char *name, const char *value);

/*
 * Calls each(arg, name, value) for every field, in order, decoded; both texts
 * are UTF-8 without control characters, and live for the call. 0, what each()
 * gave, or HF_EBAD: it is no form, or a field is longer than that.
 */
int form_each(struct hf_slice body, form_field_fn *each, void *arg) HF_MUSTUSE;

#endif
