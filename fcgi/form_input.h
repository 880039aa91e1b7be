/*
 * What the forms of the plain pages (form_page.h) ask for.
 */
#ifndef FCGI_FORM_INPUT_H
#define FCGI_FORM_INPUT_H

#include "fcgi/form_guard.h"
#include "fcgi/hold_input.h"

struct form_input {
	char key[FORM_KEY_LEN + 1]; /* "": none, or one of another length */
	bool once;                  /* it says which one of our forms it is */
	struct hold_input hold;     /* its wrong after an error */
};

/*
 * Fields: key; once; seat, once for each; or count, and section, max_price,
 * together and accessible, as hold_input.h has them. A field that is empty is
 * not there; others are not looked at. 0; HF_EBAD: it is no form of ours;
 * HF_ELIMIT: more than there can be.
 */
int form_input_parse(struct hf_slice body,
		     struct form_input *input_out) HF_MUSTUSE;

/* Whether it names seats, or how many are to be the best. */
bool form_input_wishes(const struct form_input *input);

#endif
