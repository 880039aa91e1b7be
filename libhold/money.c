#include "config.h"

#include "libhold/money.h"

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

int hf_money_decimals(const char *code)
{
	if (strspn(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 3 || code[3] != '\0')
		return -1;
	for (size_t i = 0; i < HF_LEN(exceptions); i++) {
		if (strstr(exceptions[i].codes, code) != NULL)
			return exceptions[i].decimals;
	}
	return 2;
}

void hf_money_print(int64_t minor, int decimals,
		    char text_out[HF_MONEY_TEXT_MAX])
{
	int64_t unit = 1;

	for (int i = 0; i < decimals; i++)
		unit *= 10;
	if (decimals == 0)
		snprintf(text_out, HF_MONEY_TEXT_MAX, "%lld", (long long)minor);
	else
		snprintf(text_out, HF_MONEY_TEXT_MAX, "%lld.%0*lld",
			 (long long)(minor / unit), decimals,
			 (long long)(minor % unit));
}
