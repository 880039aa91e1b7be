/*
 * SHA-1, by which scripts are known (FIPS 180-4, 6.1). It guards nothing
 * here: whoever may send EVALSHA may send EVAL.
 */
#ifndef LOCKD_SHA1_H
#define LOCKD_SHA1_H

#include "libhold/slice.h"

#define SHA1_HEX_LEN 40

/* The sum of text as 40 hexadecimal digits in lower case, and a NUL. */
void sha1_hex(struct hf_slice text, char out[SHA1_HEX_LEN + 1]);

#endif
