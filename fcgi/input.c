#include "config.h"

#include "fcgi/input.h"

#include "libhold/err.h"

#include <json.h>
#include <stdio.h>
#include <stdlib.h>

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

static int compare_ids(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Byte order, so that all callers lock in one order; each one once. */
static void order(struct basket *basket)
{
	size_t kept = 0;

	qsort(basket->ids, basket->n, sizeof(basket->ids[0]), compare_ids);
	for (size_t i = 0; i < basket->n; i++) {
		if (kept == 0 ||
		    strcmp(basket->ids[kept - 1], basket->ids[i]) != 0)
			basket->ids[kept++] = basket->ids[i];
	}
	basket->n = kept;
}

static int take_tickets(struct input *input, struct json_object *list)
{
	size_t n;

	if (!json_object_is_type(list, json_type_array))
		return wrong(input, "ticket_ids", "must be an array of ids");
	n = json_object_array_length(list);
	if (n == 0)
		return wrong(input, "ticket_ids",
			     "must name at least one ticket");
	if (n > BASKET_MAX)
		return wrong(input, "ticket_ids",
			     "may name at most 10 tickets a call");
	for (size_t i = 0; i < n; i++) {
		int rc = take_id(input, json_object_array_get_idx(list, i),
				 "each of ticket_ids", input->text[i],
				 TICKET_ID_MAX);

		if (rc < 0)
			return rc;
		input->basket.ids[input->basket.n++] = input->text[i];
	}
	order(&input->basket);
	return 0;
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
