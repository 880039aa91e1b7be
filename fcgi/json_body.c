#include "config.h"

#include "fcgi/json_body.h"

#include "fcgi/text_check.h"
#include "libhold/err.h"

#include <stdio.h>

#define DEPTH_MAX 8

static void say(char wrong[JSON_WRONG_MAX], const char *subject,
		const char *what)
{
	snprintf(wrong, JSON_WRONG_MAX, "%s %s", subject, what);
}

static int refuse(char wrong[JSON_WRONG_MAX], const char *subject,
		  const char *what)
{
	say(wrong, subject, what);
	return HF_EBAD;
}

int json_body_id(struct json_object *value, const char *name, char *out,
		 size_t max, char wrong[JSON_WRONG_MAX])
{
	const char *text;
	size_t len;

	if (json_object_is_type(value, json_type_int)) {
		snprintf(out, max + 1, "%lld",
			 (long long)json_object_get_int64(value));
		/* json-c gives the nearest it can hold for a larger one */
		if (json_object_get_int64(value) == INT64_MAX ||
		    json_object_get_int64(value) == INT64_MIN)
			return refuse(wrong, name,
				      "is too large a number: "
				      "give it as a string");
		return 0;
	}
	if (!json_object_is_type(value, json_type_string))
		return refuse(wrong, name,
			      "must be a string or a whole number");
	text = json_object_get_string(value);
	len = (size_t)json_object_get_string_len(value);
	if (len == 0)
		return refuse(wrong, name, "must not be empty");
	if (len > max) {
		snprintf(wrong, JSON_WRONG_MAX,
			 "%s is too long: at most %zu bytes", name, max);
		return HF_EBAD;
	}
	if (text_has_control((struct hf_slice){ text, len }))
		return refuse(wrong, name, "must not have control characters");
	memcpy(out, text, len + 1);
	return 0;
}

struct json_object *json_body_parse(struct hf_slice body,
				    char wrong[JSON_WRONG_MAX])
{
	struct json_object *object = NULL;
	struct json_tokener *tokener;
	enum json_tokener_error error;

	wrong[0] = '\0';
	if (body.len == 0)
		say(wrong, "the body", "is empty: send JSON");
	/* json-c stops at a NUL as if all were read, and takes overlong forms.
	 */
	else if (!text_is_utf8(body))
		say(wrong, "the body", "is not UTF-8 without NULs");
	if (wrong[0] != '\0')
		return NULL;
	tokener = json_tokener_new_ex(DEPTH_MAX);
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT |
					    JSON_TOKENER_VALIDATE_UTF8);
	object = json_tokener_parse_ex(tokener, body.data, (int)body.len);
	error = json_tokener_get_error(tokener);
	if (error == json_tokener_continue) {
		/* A bare word or number has no end of its own. */
		object = json_tokener_parse_ex(tokener, "\n", 1);
		error = json_tokener_get_error(tokener);
	}
	if (error == json_tokener_continue)
		say(wrong, "the body", "is not whole JSON: it ends too early");
	else if (error != json_tokener_success)
		say(wrong,
		    "the body is not JSON:", json_tokener_error_desc(error));
	else if (!json_object_is_type(object, json_type_object))
		say(wrong, "the body", "must be a JSON object");
	json_tokener_free(tokener);
	if (wrong[0] == '\0')
		return object;
	json_object_put(object);
	return NULL;
}
