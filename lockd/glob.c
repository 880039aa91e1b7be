#include "config.h"

#include "lockd/glob.h"

/*
 * The set that begins behind its '[' at p: does it have c? *next_out is the
 * place behind its ']' (the pattern's end when there is none).
 */
static bool set_has(const char *p, const char *end, unsigned char c,
		    const char **next_out)
{
	bool negated = p < end && *p == '^', has = false;

	if (negated)
		p++;
	while (p < end && *p != ']') {
		unsigned char low, high;

		if (*p == '\\' && p + 1 < end)
			p++;
		low = high = (unsigned char)*p++;
		if (end - p >= 2 && *p == '-' && p[1] != ']') {
			high = (unsigned char)p[1];
			p += 2;
		}
		if (low > high) {
			unsigned char swap = low;

			low = high;
			high = swap;
		}
		has = has || (c >= low && c <= high);
	}
	*next_out = p < end ? p + 1 : end;
	return has != negated;
}

/* One pattern item other than a star against c; moves *p behind it. */
static bool item_matches(const char **p, const char *end, unsigned char c)
{
	if (**p == '?') {
		*p += 1;
		return true;
	}
	if (**p == '[')
		return set_has(*p + 1, end, c, p);
	if (**p == '\\' && *p + 1 < end)
		*p += 1;
	*p += 1;
	return (unsigned char)(*p)[-1] == c;
}

bool glob_match(struct hf_slice pattern, struct hf_slice text)
{
	const char *p = pattern.data, *p_end = p + pattern.len;
	const char *t = text.data, *t_end = t + text.len;
	const char *star = NULL, *star_text = NULL;

	while (t < t_end) {
		if (p < p_end && *p == '*') {
			star = ++p;
			star_text = t;
			continue;
		}
		if (p < p_end && item_matches(&p, p_end, (unsigned char)*t)) {
			t++;
			continue;
		}
		if (star == NULL)
			return false;
		/* The last star takes one byte more. */
		p = star;
		t = ++star_text;
	}
	while (p < p_end && *p == '*')
		p++;
	return p == p_end;
}
