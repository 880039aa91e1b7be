/*
 * Amounts of money as people write them, in minor units: 45.50 EUR is 4550.
 */
#ifndef DB_MONEY_H
#define DB_MONEY_H

#include "libhold/money.h"

/* The largest amount that is taken, in minor units. */
#define MONEY_MAX INT64_C(1000000000000)

/*
 * text, "45", "45.5", "45,50", in minor units of a currency with so many
 * decimals. 0 or HF_EBAD and a reason, which lives for ever: not an amount, or
 * more decimals than there are.
 */
int money_parse(const char *text, int decimals, int64_t *minor_out,
		const char **reason_out) HF_MUSTUSE;

#endif
