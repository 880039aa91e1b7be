#include "config.h"

#include "fcgi/hold_input.h"

#include "libhold/err.h"

#include <stdio.h>

static int wrong(struct hold_input *input, int rc, const char *what)
{
	snprintf(input->wrong, sizeof(input->wrong), "%s", what);
	return rc;
}

/* ---- seats --------------------------------------------------------------- */

static int take_seat(struct hold_input *input, struct json_object *value)
{
	char id[TICKET_ID_MAX + 1];

	if (json_body_id(value, "each of seats", id, TICKET_ID_MAX,
			 input->wrong) < 0)
		return HF_EBAD;
	if (basket_add(&input->basket, input->text, id) < 0)
		return wrong(input, HF_ELIMIT,
			     "seats may name at most 10 seats");
	return 0;
}

static int take_seats(struct hold_input *input, struct json_object *list)
{
	int rc = 0;

	if (!json_object_is_type(list, json_type_array))
		return wrong(input, HF_EBAD, "seats must be an array of ids");
	for (size_t i = 0; rc == 0 && i < json_object_array_length(list); i++)
		rc = take_seat(input, json_object_array_get_idx(list, i));
	if (rc == 0 && input->basket.n == 0)
		return wrong(input, HF_ELIMIT,
			     "seats must name at least one seat");
	return rc;
}

/* ---- the best ------------------------------------------------------------ */

typedef int take_fn(struct hold_input *input, struct json_object *value);

static int take_count(struct hold_input *input, struct json_object *value)
{
	if (!json_object_is_type(value, json_type_int))
		return wrong(input, HF_EBAD, "count must be a whole number");
	input->wish.count = json_object_get_int64(value);
	if (input->wish.count < 1 || input->wish.count > BASKET_MAX)
		return wrong(input, HF_ELIMIT, "count must be 1 to 10");
	return 0;
}

static int take_section(struct hold_input *input, struct json_object *value)
{
	if (!json_object_is_type(value, json_type_string))
		return wrong(input, HF_EBAD, "section must be a string");
	return json_body_id(value, "section", input->wish.section,
			    SECTION_NAME_MAX, input->wrong);
}

static int take_max_price(struct hold_input *input, struct json_object *value)
{
	if (!json_object_is_type(value, json_type_int))
		return wrong(input, HF_EBAD,
			     "max_price must be a whole number of minor "
			     "units");
	input->wish.max_price_minor = json_object_get_int64(value);
	if (input->wish.max_price_minor < 0)
		return wrong(input, HF_ELIMIT, "max_price must not be below 0");
	return 0;
}

static int take_together(struct hold_input *input, struct json_object *value)
{
	const char *word = json_object_is_type(value, json_type_string)
			       ? json_object_get_string(value)
			       : "";

	input->wish.together = strcmp(word, "required") == 0;
	if (!input->wish.together && strcmp(word, "if_possible") != 0)
		return wrong(input, HF_EBAD,
			     "together must be \"required\" or "
			     "\"if_possible\"");
	return 0;
}

static int take_accessible(struct hold_input *input, struct json_object *value)
{
	if (!json_object_is_type(value, json_type_boolean))
		return wrong(input, HF_EBAD,
			     "accessible must be true or false");
	input->wish.accessible = json_object_get_boolean(value);
	return 0;
}

static const struct field {
	const char *name;
	take_fn *take;
} fields[] = {
	{ "count", take_count },           { "section", take_section },
	{ "max_price", take_max_price },   { "together", take_together },
	{ "accessible", take_accessible },
};

static int take_best(struct hold_input *input, struct json_object *best,
		     const char *no_count)
{
	struct json_object *value = NULL;
	int rc = 0;

	if (!json_object_is_type(best, json_type_object))
		return wrong(input, HF_EBAD, "best must be an object");
	if (!json_object_object_get_ex(best, "count", &value))
		return wrong(input, HF_EBAD, no_count);
	input->best = true;
	input->wish.max_price_minor = INT64_MAX;
	for (size_t i = 0; rc == 0 && i < HF_LEN(fields); i++) {
		if (json_object_object_get_ex(best, fields[i].name, &value))
			rc = fields[i].take(input, value);
	}
	return rc;
}

static int take_turn(struct hold_input *input, struct json_object *object)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(object, "turn", &value))
		return 0;
	if (!json_object_is_type(value, json_type_boolean))
		return wrong(input, HF_EBAD, "turn must be true or false");
	input->turn = json_object_get_boolean(value);
	return 0;
}

/* The body's object, which the caller gives back; NULL: it is none. */
static struct json_object *begin(struct hf_slice body, struct hold_input *input)
{
	input->best = false;
	input->turn = false;
	input->basket.n = 0;
	input->wish = (struct best_wish){ 0 };
	return json_body_parse(body, input->wrong);
}

int hold_input_parse(struct hf_slice body, struct hold_input *input)
{
	struct json_object *object = begin(body, input);
	struct json_object *seats = NULL, *best = NULL;
	bool has_seats, has_best;
	int rc;

	if (object == NULL)
		return HF_EBAD;
	has_seats = json_object_object_get_ex(object, "seats", &seats);
	has_best = json_object_object_get_ex(object, "best", &best);
	if (has_seats == has_best)
		rc = wrong(input, HF_EBAD,
			   "the body must have either seats or best");
	else
		rc = has_seats
			 ? take_seats(input, seats)
			 : take_best(input, best, "count is missing in best");
	if (rc == 0)
		rc = take_turn(input, object);
	json_object_put(object);
	return rc;
}

int line_input_parse(struct hf_slice body, struct hold_input *input)
{
	struct json_object *object = begin(body, input);
	int rc;

	if (object == NULL)
		return HF_EBAD;
	rc = take_best(input, object, "count is missing");
	json_object_put(object);
	return rc;
}
