/*
 * A request's body: JSON in, a client and a basket out, all checked.
 */
#ifndef FCGI_INPUT_H
#define FCGI_INPUT_H

#include "fcgi/basket.h"
#include "fcgi/json_body.h"
#include "libhold/slice.h"

struct input {
	struct basket basket; /* ids point into text */
	char client[CLIENT_ID_MAX + 1];
	char text[BASKET_MAX][TICKET_ID_MAX + 1];
	char wrong[JSON_WRONG_MAX]; /* after HF_EBAD: what is wrong and what is
				       right */
};

/*
 * body: {"ticket_id": …, "client_id": …} or "ticket_ids": […]. Ids are JSON
 * strings or integers. 0 or HF_EBAD with ->wrong.
 */
int input_parse(struct hf_slice body, struct input *input_out) HF_MUSTUSE;

#endif
