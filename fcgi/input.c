#include "config.h"

#include "fcgi/input.h"

#include "libhold/err.h"

#include <json.h>
#include <stdio.h>

#define DEPTH_MAX 8

static int wrong(struct input *input, const char *subject, const char *what)
{
	snprintf(input->wrong, sizeof(input->wrong), "%s %s", subject, what);
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

/* A string or integer as text into out[max + 1]. */
static int take_id(struct input *input, struct json_object *value,
		   const char *name, char *out, size_t max)
{
	const char *text;
	size_t len;

	if (json_object_is_type(value, json_type_int)) {
		snprintf(out, max + 1, "%lld",
			 (long long)json_object_get_int64(value));
		/* json-c gives the nearest it can hold for a larger one */
		if (json_object_get_int64(value) == INT64_MAX ||
		    json_object_get_int64(value) == INT64_MIN)
			return wrong(input, name,
				     "is too large a number: "
				     "give it as a string");
		return 0;
	}
	if (!json_object_is_type(value, json_type_string))
		return wrong(input, name, "must be a string or a whole number");
	text = json_object_get_string(value);
	len = (size_t)json_object_get_string_len(value);
	if (len == 0)
		return wrong(input, name, "must not be empty");
	if (len > max)
		return wrong(input, name, "is too long: at most 128 bytes");
	if (has_control(text, len))
		return wrong(input, name, "must not have control characters");
	memcpy(out, text, len + 1);
	return 0;
}

/* Before which of the basket id belongs: byte order, see basket.h. */
static size_t place_of(const struct basket *basket, const char *id)
{
	size_t at = 0;

	while (at < basket->n && strcmp(basket->ids[at], id) < 0)
		at++;
	return at;
}

/* One more of ticket_ids, if it was not named before. */
static int take_ticket(struct input *input, struct json_object *value)
{
	char id[TICKET_ID_MAX + 1];
	struct basket *basket = &input->basket;
	char *kept;
	size_t at;

	if (take_id(input, value, "each of ticket_ids", id, TICKET_ID_MAX) < 0)
		return HF_EBAD;
	at = place_of(basket, id);
	if (at < basket->n && strcmp(basket->ids[at], id) == 0)
		return 0; /* named before */
	if (basket->n == BASKET_MAX)
		return wrong(input, "ticket_ids",
			     "may name at most 10 tickets a call");
	kept = memcpy(input->text[basket->n], id, strlen(id) + 1);
	memmove(&basket->ids[at + 1], &basket->ids[at],
		(basket->n - at) * sizeof(basket->ids[0]));
	basket->ids[at] = kept;
	basket->n++;
	return 0;
}

static int take_tickets(struct input *input, struct json_object *list)
{
	size_t n;
	int rc = 0;

	if (!json_object_is_type(list, json_type_array))
		return wrong(input, "ticket_ids", "must be an array of ids");
	n = json_object_array_length(list);
	if (n == 0)
		return wrong(input, "ticket_ids",
			     "must name at least one ticket");
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = take_ticket(input, json_object_array_get_idx(list, i));
	return rc;
}

static int take_all(struct input *input, struct json_object *body)
{
	struct json_object *one = NULL, *many = NULL, *client = NULL;
	bool has_one, has_many;

	if (!json_object_is_type(body, json_type_object))
		return wrong(input, "the body", "must be a JSON object");
	has_one = json_object_object_get_ex(body, "ticket_id", &one);
	has_many = json_object_object_get_ex(body, "ticket_ids", &many);
	if (!json_object_object_get_ex(body, "client_id", &client))
		return wrong(input, "client_id", "is missing");
	if (take_id(input, client, "client_id", input->client, CLIENT_ID_MAX) <
	    0)
		return HF_EBAD;
	if (has_one && has_many)
		return wrong(input, "ticket_id and ticket_ids",
			     "exclude each other: give one of them");
	if (!has_one && !has_many)
		return wrong(input, "ticket_id", "(or ticket_ids) is missing");
	if (has_many)
		return take_tickets(input, many);
	if (take_id(input, one, "ticket_id", input->text[0], TICKET_ID_MAX) < 0)
		return HF_EBAD;
	input->basket.ids[0] = input->text[0];
	input->basket.n = 1;
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

int input_parse(struct hf_slice body, struct input *input)
{
	struct json_tokener *tokener;
	struct json_object *object;
	enum json_tokener_error error;
	int rc;

	input->basket.n = 0;
	input->wrong[0] = '\0';
	if (body.len == 0)
		return wrong(input, "the body", "is empty: send JSON");
	if (!is_text(body))
		return wrong(input, "the body", "is not UTF-8 without NULs");
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
		rc = wrong(input, "the body",
			   "is not whole JSON: it ends too early");
	else if (error != json_tokener_success)
		rc = wrong(input, "the body is not JSON:",
			   json_tokener_error_desc(error));
	else
		rc = take_all(input, object);
	json_object_put(object);
	json_tokener_free(tokener);
	return rc;
}
