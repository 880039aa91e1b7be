/*
 * Amounts of money in minor units: 4550 is 45.50 EUR.
 */
#ifndef HOLD_MONEY_H
#define HOLD_MONEY_H

#include "libhold/base.h"

enum { HF_MONEY_TEXT_MAX = 32 };

/*
 * How many decimals a currency has (ISO 4217): 2 for most, 0 for JPY, 3 for
 * KWD. -1: code is not three capital letters.
 */
int hf_money_decimals(const char *code);

/* "45.50", for an amount of 0 or more. */
void hf_money_print(int64_t minor, int decimals,
		    char text_out[HF_MONEY_TEXT_MAX]);

#endif
