#include "config.h"

#include "db/money.h"

#include "libhold/err.h"

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
