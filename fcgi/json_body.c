#include "config.h"

#include "fcgi/json_body.h"

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

/* Bytes that could break a line, a log or a screen have no place in an id. */
static bool has_control(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return true;
	}
	return false;
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
	if (has_control(text, len))
		return refuse(wrong, name, "must not have control characters");
	memcpy(out, text, len + 1);
	return 0;
}

/* Well-formed sequences: first byte, bytes that follow, the second's range. */
static const struct sequence {
	unsigned char first_min, first_max, more, second_min, second_max;
} sequences[] = {
	{ 0x01, 0x7f, 0, 0x00, 0x00 }, { 0xc2, 0xdf, 1, 0x80, 0xbf },
	{ 0xe0, 0xe0, 2, 0xa0, 0xbf }, { 0xe1, 0xec, 2, 0x80, 0xbf },
	{ 0xed, 0xed, 2, 0x80, 0x9f }, { 0xee, 0xef, 2, 0x80, 0xbf },
	{ 0xf0, 0xf0, 3, 0x90, 0xbf }, { 0xf1, 0xf3, 3, 0x80, 0xbf },
	{ 0xf4, 0xf4, 3, 0x80, 0x8f },
};

/* Bytes of the sequence at the front of text; 0 when it is ill-formed. */
static size_t sequence_len(const unsigned char *text, size_t left)
{
	const struct sequence *s = sequences;

	while (text[0] < s->first_min || text[0] > s->first_max) {
		if (++s == sequences + HF_LEN(sequences))
			return 0;
	}
	if (left <= s->more)
		return 0;
	if (s->more > 0 && (text[1] < s->second_min || text[1] > s->second_max))
		return 0;
	for (size_t i = 2; i <= s->more; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	}
	return 1 + (size_t)s->more;
}

/*
 * UTF-8 (RFC 3629, 4) without NULs. json-c stops at a NUL as if all were
 * read, and lets overlong forms pass, which PostgreSQL does not take.
 */
static bool is_text(struct hf_slice body)
{
	size_t at = 0, len = 1;

	while (len > 0 && at < body.len) {
		len = sequence_len((const unsigned char *)body.data + at,
				   body.len - at);
		at += len;
	}
	return len > 0;
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
	else if (!is_text(body))
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
