/*
 * Numbers with a fraction, as INCRBYFLOAT and HINCRBYFLOAT read and write
 * them: 17 digits behind the point, less the zeros at the end.
 */
#ifndef LOCKD_REAL_H
#define LOCKD_REAL_H

#include "libhold/slice.h"

enum { REAL_TEXT_MAX = 5 * 1024 }; /* the largest long double has 4933 */

/* The whole text as a number: 0 or HF_EBAD. No spaces, no NaN. */
int real_parse(struct hf_slice text, long double *out) HF_MUSTUSE;

/* value is finite; gives the length. */
size_t real_format(long double value, char out[REAL_TEXT_MAX]);

#endif
