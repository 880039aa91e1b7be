#include "config.h"

#include "lockd/scan_options.h"

#include "lockd/glob.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

bool scan_cursor(struct call *call, struct hf_slice text, uint64_t *out)
{
	char copy[24], *end;

	if (text.len < sizeof(copy) &&
	    (text.len == 0 || !isspace((unsigned char)text.data[0]))) {
		memcpy(copy, text.data, text.len);
		copy[text.len] = '\0';
		errno = 0;
		*out = strtoul(copy, &end, 10);
		/* As in C, a NUL is the end. */
		if (errno == 0 && *end == '\0')
			return true;
	}
	reply_error(call->reply, "ERR invalid cursor");
	return false;
}

static bool parse_count(struct call *call, struct hf_slice text, int64_t *out)
{
	if (hf_slice_int64(text, out) < 0) {
		reply_not_an_integer(call->reply);
		return false;
	}
	if (*out < 1)
		reply_syntax_error(call->reply);
	return *out >= 1;
}

bool scan_options(struct call *call, size_t first, bool takes_type,
		  struct scan_options *out)
{
	*out = (struct scan_options){ .count = 10 };
	for (size_t i = first; i < call->argc; i += 2) {
		struct hf_slice word = call->argv[i], value;

		if (i + 1 == call->argc) {
			reply_syntax_error(call->reply);
			return false;
		}
		value = call->argv[i + 1];
		if (hf_slice_ieq(word, "match")) {
			out->pattern = value;
		} else if (takes_type && hf_slice_ieq(word, "type")) {
			out->type = value;
		} else if (!hf_slice_ieq(word, "count")) {
			reply_syntax_error(call->reply);
			return false;
		} else if (!parse_count(call, value, &out->count)) {
			return false;
		}
	}
	return true;
}

bool scan_fits(const struct scan_options *options, struct hf_slice name)
{
	return options->pattern.data == NULL ||
	       glob_match(options->pattern, name);
}
