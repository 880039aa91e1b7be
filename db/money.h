/*
 * Amounts of money as people write them, in minor units: 45.50 EUR is 4550.
 */
#ifndef DB_MONEY_H
#define DB_MONEY_H

#include "libhold/base.h"

enum { MONEY_TEXT_MAX = 32 };

/* The largest amount that is taken, in minor units. */
#define MONEY_MAX INT64_C(1000000000000)

/*
 * How many decimals a currency has (ISO 4217): 2 for most, 0 for JPY, 3 for
 * KWD. -1: code is not three capital letters.
 */
int money_decimals(const char *code);

/*
 * text, "45", "45.5", "45,50", in minor units of a currency with so many
 * decimals. 0 or HF_EBAD and a reason, which lives for ever: not an amount, or
 * more decimals than there are.
 */
int money_parse(const char *text, int decimals, int64_t *minor_out,
		const char **reason_out) HF_MUSTUSE;

/* "45.50"; text_out has room for MONEY_TEXT_MAX bytes. */
void money_print(int64_t minor, int decimals, char *text_out);

#endif
