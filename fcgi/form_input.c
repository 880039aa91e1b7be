#include "config.h"

#include "fcgi/form_input.h"

#include "fcgi/form_body.h"
#include "fcgi/store_holds.h"
#include "libhold/err.h"

#include <stdio.h>
#include <string.h>

static int wrong(struct form_input *input, int rc, const char *what)
{
	snprintf(input->hold.wrong, sizeof(input->hold.wrong), "%s", what);
	return rc;
}

typedef int take_fn(struct form_input *input, const char *value);

static int take_key(struct form_input *input, const char *value)
{
	if (strlen(value) == FORM_KEY_LEN)
		memcpy(input->key, value, FORM_KEY_LEN + 1);
	return 0;
}

static int take_once(struct form_input *input, const char *value)
{
	input->once = strlen(value) == HOLD_ID_LEN;
	return 0;
}

static int take_seat(struct form_input *input, const char *value)
{
	struct hold_input *hold = &input->hold;

	if (strlen(value) > TICKET_ID_MAX)
		return wrong(input, HF_EBAD, "There is no such seat.");
	if (basket_add(&hold->basket, hold->text, value) < 0)
		return wrong(input, HF_ELIMIT,
			     "At most 10 seats can be taken at once.");
	return 0;
}

static int take_number(struct form_input *input, const char *value, int64_t min,
		       int64_t max, int64_t *out)
{
	if (hf_slice_int64(hf_slice_of(value), out) < 0)
		return wrong(input, HF_EBAD, "That is not a number.");
	return *out >= min && *out <= max
		   ? 0
		   : wrong(input, HF_ELIMIT,
			   "That number is too small or too large.");
}

static int take_count(struct form_input *input, const char *value)
{
	input->hold.best = true;
	return take_number(input, value, 1, BASKET_MAX,
			   &input->hold.wish.count);
}

static int take_max_price(struct form_input *input, const char *value)
{
	return take_number(input, value, 0, INT64_MAX,
			   &input->hold.wish.max_price_minor);
}

static int take_section(struct form_input *input, const char *value)
{
	if (strlen(value) > SECTION_NAME_MAX)
		return wrong(input, HF_EBAD, "There is no such place.");
	memcpy(input->hold.wish.section, value, strlen(value) + 1);
	return 0;
}

static int take_together(struct form_input *input, const char *value)
{
	HF_UNUSED(value);
	input->hold.wish.together = true;
	return 0;
}

static int take_accessible(struct form_input *input, const char *value)
{
	HF_UNUSED(value);
	input->hold.wish.accessible = true;
	return 0;
}

static const struct field {
	const char *name;
	take_fn *take;
} fields[] = {
	{ "key", take_key },           { "once", take_once },
	{ "seat", take_seat },         { "count", take_count },
	{ "section", take_section },   { "max_price", take_max_price },
	{ "together", take_together }, { "accessible", take_accessible },
};

static int take_field(void *arg, const char *name, const char *value)
{
	for (size_t i = 0; i < HF_LEN(fields); i++) {
		if (value[0] != '\0' && strcmp(fields[i].name, name) == 0)
			return fields[i].take(arg, value);
	}
	return 0;
}

int form_input_parse(struct hf_slice body, struct form_input *input)
{
	int rc;

	input->key[0] = '\0';
	input->once = false;
	input->hold.best = input->hold.turn = false;
	input->hold.basket.n = 0;
	input->hold.wish = (struct best_wish){ .max_price_minor = INT64_MAX };
	wrong(input, 0, "That is no form of this page.");
	rc = form_each(body, take_field, input);
	if (input->hold.basket.n > 0)
		input->hold.best = false; /* who ticks seats means those */
	return rc;
}

bool form_input_wishes(const struct form_input *input)
{
	return input->hold.best || input->hold.basket.n > 0;
}
