#include "config.h"

#include "db/money.h"

#include "libhold/err.h"

#include <stdio.h>
#include <string.h>

/* Those of ISO 4217 that do not have two decimals, by number of them. */
static const struct {
	int decimals;
	const char *codes;
} exceptions[] = {
	{ 0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF "
	     "XPF" },
	{ 3, "BHD IQD JOD KWD LYD OMR TND" },
	{ 4, "CLF UYW" },
};

int money_decimals(const char *code)
{
	if (strspn(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 3 || code[3] != '\0')
		return -1;
	for (size_t i = 0; i < HF_LEN(exceptions); i++) {
		if (strstr(exceptions[i].codes, code) != NULL)
			return exceptions[i].decimals;
	}
	return 2;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Takes the digits at *text, at most max of them, into *number. */
static int take_digits(const char **text, int max, int64_t *number)
{
	int n = 0;

	for (; is_digit(**text); (*text)++, n++) {
		if (n == max)
			return HF_EBAD;
		*number = *number * 10 + (**text - '0');
	}
	return n;
}

int money_parse(const char *text, int decimals, int64_t *minor_out,
		const char **reason_out)
{
	int64_t minor = 0;
	int n = 0;

	*reason_out = "is not an amount such as 45 or 45.50";
	if (take_digits(&text, 15, &minor) <= 0)
		return HF_EBAD;
	if (*text == '.' || *text == ',') {
		text++;
		n = take_digits(&text, decimals, &minor);
		if (n < 0)
			*reason_out =
			    decimals > 0
				? "has more decimals than the currency"
				: "has decimals, and the currency has none";
		if (n <= 0)
			return HF_EBAD;
	}
	if (*text != '\0')
		return HF_EBAD;
	for (; n < decimals; n++)
		minor *= 10;
	if (minor > MONEY_MAX) {
		*reason_out = "is more than anything costs";
		return HF_EBAD;
	}
	*minor_out = minor;
	return 0;
}

void money_print(int64_t minor, int decimals, char *text_out)
{
	int64_t unit = 1;

	for (int i = 0; i < decimals; i++)
		unit *= 10;
	if (decimals == 0)
		snprintf(text_out, MONEY_TEXT_MAX, "%lld", (long long)minor);
	else
		snprintf(text_out, MONEY_TEXT_MAX, "%lld.%0*lld",
			 (long long)(minor / unit), decimals,
			 (long long)(minor % unit));
}
