#include "config.h"

#include "lockd/real.h"

#include "libhold/err.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

int real_parse(struct hf_slice text, long double *out)
{
	char copy[REAL_TEXT_MAX], *end;
	long double value;

	if (text.len == 0 || text.len >= sizeof(copy) ||
	    isspace((unsigned char)text.data[0]))
		return HF_EBAD;
	memcpy(copy, text.data, text.len);
	copy[text.len] = '\0';
	errno = 0;
	value = strtold(copy, &end);
	if ((size_t)(end - copy) != text.len || isnan(value) ||
	    (errno == ERANGE && (isinf(value) || value == 0)))
		return HF_EBAD;
	*out = value;
	return 0;
}

size_t real_format(long double value, char out[REAL_TEXT_MAX])
{
	size_t len = (size_t)snprintf(out, REAL_TEXT_MAX, "%.17Lf", value);

	while (out[len - 1] == '0')
		len--;
	if (out[len - 1] == '.')
		len--;
	if (len == 2 && out[0] == '-' && out[1] == '0') {
		out[0] = '0';
		len = 1;
	}
	return len;
}
