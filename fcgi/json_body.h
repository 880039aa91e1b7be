/*
 * A request's body as JSON: strict, bounded in depth, one object.
 */
#ifndef FCGI_JSON_BODY_H
#define FCGI_JSON_BODY_H

#include "libhold/slice.h"

#include <json.h>

enum { JSON_WRONG_MAX = 160 };

/*
 * An object, which the caller gives back by json_object_put(), or NULL and
 * what is wrong with the body.
 */
struct json_object *json_body_parse(struct hf_slice body,
				    char wrong_out[JSON_WRONG_MAX]);

/*
 * value, a string or a whole number, as text into out[max + 1]: not empty, at
 * most max bytes, no control characters. 0, or HF_EBAD and what is wrong with
 * the field name.
 */
int json_body_id(struct json_object *value, const char *name, char *out,
		 size_t max, char wrong_out[JSON_WRONG_MAX]) HF_MUSTUSE;

#endif
