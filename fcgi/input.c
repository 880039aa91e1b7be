#include "config.h"

#include "fcgi/input.h"

#include "fcgi/json_body.h"
#include "libhold/err.h"

#include <stdio.h>

static int wrong(struct input *input, const char *subject, const char *what)
{
	snprintf(input->wrong, sizeof(input->wrong), "%s %s", subject, what);
	return HF_EBAD;
}

/* One more of ticket_ids, if it was not named before. */
static int take_ticket(struct input *input, struct json_object *value)
{
	char id[TICKET_ID_MAX + 1];

	if (json_body_id(value, "each of ticket_ids", id, TICKET_ID_MAX,
			 input->wrong) < 0)
		return HF_EBAD;
	if (basket_add(&input->basket, input->text, id) < 0)
		return wrong(input, "ticket_ids",
			     "may name at most 10 tickets a call");
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

	has_one = json_object_object_get_ex(body, "ticket_id", &one);
	has_many = json_object_object_get_ex(body, "ticket_ids", &many);
	if (!json_object_object_get_ex(body, "client_id", &client))
		return wrong(input, "client_id", "is missing");
	if (json_body_id(client, "client_id", input->client, CLIENT_ID_MAX,
			 input->wrong) < 0)
		return HF_EBAD;
	if (has_one && has_many)
		return wrong(input, "ticket_id and ticket_ids",
			     "exclude each other: give one of them");
	if (!has_one && !has_many)
		return wrong(input, "ticket_id", "(or ticket_ids) is missing");
	if (has_many)
		return take_tickets(input, many);
	if (json_body_id(one, "ticket_id", input->text[0], TICKET_ID_MAX,
			 input->wrong) < 0)
		return HF_EBAD;
	input->basket.ids[0] = input->text[0];
	input->basket.n = 1;
	return 0;
}

int input_parse(struct hf_slice body, struct input *input)
{
	struct json_object *object;
	int rc;

	input->basket.n = 0;
	object = json_body_parse(body, input->wrong);
	if (object == NULL)
		return HF_EBAD;
	rc = take_all(input, object);
	json_object_put(object);
	return rc;
}
