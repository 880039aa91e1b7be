/*
 * The body that asks for a hold: seats by their ids, or the best ones.
 */
#ifndef FCGI_HOLD_INPUT_H
#define FCGI_HOLD_INPUT_H

#include "fcgi/basket.h"
#include "fcgi/json_body.h"

enum { SECTION_NAME_MAX = 128 }; /* bytes */

struct best_wish {
	int64_t count; /* 1 to BASKET_MAX */
	bool together; /* must be; else: if it can be */
	bool accessible;
	int64_t max_price_minor;            /* INT64_MAX: no limit */
	char section[SECTION_NAME_MAX + 1]; /* "": any */
};

struct hold_input {
	bool best; /* else: the basket */
	bool turn; /* by the caller's turn in the line, or not at all */
	struct basket basket;
	struct best_wish wish;
	char text[BASKET_MAX][TICKET_ID_MAX + 1];
	char wrong[JSON_WRONG_MAX]; /* after an error */
};

/*
 * body: {"seats": ["id", …]} or {"best": {"count": n, "section": …,
 * "max_price": …, "together": "required" | "if_possible", "accessible": …}},
 * each with "turn": true or without.
 * 0; HF_EBAD: it has another form; HF_ELIMIT: more or fewer than there can be.
 */
int hold_input_parse(struct hf_slice body,
		     struct hold_input *input_out) HF_MUSTUSE;

/*
 * The body that joins a line: {"count": n, "section": …, "max_price": …}; the
 * same answers, and the wish.
 */
int line_input_parse(struct hf_slice body,
		     struct hold_input *input_out) HF_MUSTUSE;

#endif
