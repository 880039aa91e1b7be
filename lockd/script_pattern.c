#include "config.h"

#include "lockd/script_pattern.h"

#include <ctype.h>

/* Bytes that one single-character item of a pattern takes. */
struct byte_set {
	bool has[256];
};

struct walk {
	struct hf_slice pattern, subject;
	size_t at;
	bool first;     /* no item was seen yet */
	double product; /* ways to try, so far */
	double items;
	double slowest; /* steps to test one byte against the slowest item */
	double read;    /* bytes of subject that reckoning has read */
};

/* Beyond all bounds; there reckoning itself ends. */
#define HOPELESS 1e15
#define READ_MAX 5e7

static bool in_class(char class, int c)
{
	bool in;

	switch (tolower((unsigned char)class)) {
	case 'a':
		in = isalpha(c) != 0;
		break;
	case 'c':
		in = iscntrl(c) != 0;
		break;
	case 'd':
		in = isdigit(c) != 0;
		break;
	case 'l':
		in = islower(c) != 0;
		break;
	case 'p':
		in = ispunct(c) != 0;
		break;
	case 's':
		in = isspace(c) != 0;
		break;
	case 'u':
		in = isupper(c) != 0;
		break;
	case 'w':
		in = isalnum(c) != 0;
		break;
	case 'x':
		in = isxdigit(c) != 0;
		break;
	case 'z':
		in = c == 0;
		break;
	default:
		return (unsigned char)class == c;
	}
	return isupper((unsigned char)class) ? !in : in;
}

static void add_class(struct byte_set *set, char class)
{
	for (int c = 0; c < 256; c++)
		set->has[c] = set->has[c] || in_class(class, c);
}

static void add_range(struct byte_set *set, unsigned char from,
		      unsigned char to)
{
	for (int c = from; c <= to; c++)
		set->has[c] = true;
}

static char peek(const struct walk *w, size_t ahead)
{
	return w->at + ahead < w->pattern.len ? w->pattern.data[w->at + ahead]
					      : '\0';
}

/* What stands between [ and ], from just after the [; a first ] is itself. */
static void read_set(struct walk *w, struct byte_set *set)
{
	size_t begin = w->at;
	bool negated = peek(w, 0) == '^';

	w->at += negated;
	for (bool first = true;
	     w->at < w->pattern.len && (first || peek(w, 0) != ']');
	     first = false) {
		if (peek(w, 0) == '%') {
			add_class(set, peek(w, 1));
			w->at += 2;
		} else if (peek(w, 1) == '-' && peek(w, 2) != ']' &&
			   w->at + 2 < w->pattern.len) {
			add_range(set, (unsigned char)peek(w, 0),
				  (unsigned char)peek(w, 2));
			w->at += 3;
		} else {
			set->has[(unsigned char)peek(w, 0)] = true;
			w->at++;
		}
	}
	w->at++; /* the ] */
	for (int c = 0; negated && c < 256; c++)
		set->has[c] = !set->has[c];
	if ((double)(w->at - begin) > w->slowest)
		w->slowest = (double)(w->at - begin);
}

static void read_single(struct walk *w, struct byte_set *set)
{
	char c = peek(w, 0);

	w->at++;
	if (c == '[') {
		read_set(w, set);
	} else if (c == '%') {
		add_class(set, peek(w, 0));
		w->at++;
	} else if (c == '.') {
		add_range(set, 0, 255);
	} else {
		set->has[(unsigned char)c] = true;
	}
}

static double longest_run(struct walk *w, const struct byte_set *set)
{
	struct hf_slice subject = w->subject;
	size_t longest = 0, run = 0;

	w->read += (double)subject.len;
	if (w->read > READ_MAX)
		return HOPELESS;
	for (size_t i = 0; i < subject.len; i++) {
		run = set->has[(unsigned char)subject.data[i]] ? run + 1 : 0;
		if (run > longest)
			longest = run;
	}
	return (double)longest;
}

static double count(struct hf_slice subject, char byte)
{
	size_t n = 0;

	for (size_t i = 0; i < subject.len; i++)
		n += subject.data[i] == byte;
	return (double)n;
}

/* Nothing that is left can fail: what was taken is never given back. */
static bool at_end(const struct walk *w)
{
	for (size_t i = w->at; i < w->pattern.len; i++) {
		if (w->pattern.data[i] != ')')
			return false;
	}
	return true;
}

static void add_single(struct walk *w)
{
	struct byte_set set = { .has = { false } };
	char repeat;

	read_single(w, &set);
	repeat = peek(w, 0);
	if (repeat == '\0' || strchr("*+-?", repeat) == NULL)
		return;
	w->at++;
	if (repeat == '?')
		w->product *= 2;
	else if (!at_end(w))
		w->product *= 1 + longest_run(w, &set);
}

/* %b, %f, %1 and the like: those that are more than one byte. */
static bool add_special(struct walk *w)
{
	double n = (double)w->subject.len;
	char kind = peek(w, 1);

	if (peek(w, 0) != '%')
		return false;
	if (kind == 'b') {
		/* It reads on to the end, but only from its first byte. */
		w->product *=
		    1 + (w->first ? count(w->subject, peek(w, 2)) : n);
		w->at += 4;
	} else if (kind == 'f') {
		struct byte_set set = { .has = { false } };

		w->at += 2;
		if (peek(w, 0) == '[')
			read_single(w, &set);
	} else if (isdigit((unsigned char)kind)) {
		w->product *= 1 + n / 16; /* compared by memcmp() */
		w->at += 2;
	} else {
		return false;
	}
	return true;
}

static void add_item(struct walk *w)
{
	char c = peek(w, 0);

	if (c == '(' || c == ')') {
		w->at++;
		return;
	}
	if (!add_special(w))
		add_single(w);
	w->items++;
	w->first = false;
}

double script_pattern_cost(struct hf_slice pattern, struct hf_slice subject,
			   bool anchors)
{
	struct walk w = { .pattern = pattern,
			  .subject = subject,
			  .first = true,
			  .product = 1,
			  .items = 1,
			  .slowest = 1 };
	double begins = (double)subject.len + 1;

	if (anchors && peek(&w, 0) == '^') {
		w.at++;
		begins = 1;
	}
	while (w.at < pattern.len && w.product < HOPELESS)
		add_item(&w);
	/* The last repetition reads the subject once more at most. */
	return (begins * w.product * w.items + (double)subject.len) *
	       (1 + w.slowest / 8);
}

bool script_pattern_plain(struct hf_slice pattern)
{
	for (size_t i = 0; i < pattern.len && pattern.data[i] != '\0'; i++) {
		if (strchr("^$*+?.([%-", pattern.data[i]) != NULL)
			return false;
	}
	return true;
}
