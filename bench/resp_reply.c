#include "config.h"

#include "bench/resp_reply.h"

#include "libhold/err.h"

#define LENGTH_MAX INT64_C(0x7fffffff)

/* The line at *at, without CRLF, and *at behind it; as resp_reply_parse(). */
static int take_line(struct hf_slice in, size_t *at, struct hf_slice *line_out)
{
	const char *begin = in.data + *at;
	const char *end = memchr(begin, '\n', in.len - *at);
	size_t len;

	if (end == NULL)
		return 0;
	len = (size_t)(end - begin);
	if (len < 2 || begin[len - 1] != '\r')
		return HF_EBAD;
	*line_out = (struct hf_slice){ begin, len - 1 };
	*at += len + 1;
	return 1;
}

/* What the line's number says: bytes that follow, and replies that follow. */
static int take_length(struct hf_slice line, size_t *bytes_out,
		       size_t *replies_out)
{
	struct hf_slice text = { line.data + 1, line.len - 1 };
	int64_t n;

	*bytes_out = 0;
	*replies_out = 0;
	if (strchr("+-:_#,(", line.data[0]) != NULL)
		return 0;
	if (hf_slice_int64(text, &n) < 0 || n < -1 || n > LENGTH_MAX)
		return HF_EBAD;
	if (n < 0)
		return 0;
	if (strchr("$=!", line.data[0]) != NULL)
		*bytes_out = (size_t)n + 2;
	else if (strchr("*~>", line.data[0]) != NULL)
		*replies_out = (size_t)n;
	else
		return HF_EBAD;
	return 0;
}

int resp_reply_parse(struct hf_slice in, struct resp_reply *reply_out)
{
	size_t at = 0, left = 1, bytes, replies;
	struct hf_slice line;
	int rc;

	for (bool first = true; left > 0; first = false) {
		rc = take_line(in, &at, &line);
		if (rc <= 0)
			return rc;
		if (take_length(line, &bytes, &replies) < 0)
			return HF_EBAD;
		if (bytes > in.len - at)
			return 0;
		at += bytes;
		left += replies - 1;
		if (!first)
			continue;
		reply_out->kind = line.data[0];
		reply_out->null =
		    line.data[0] == '_' ||
		    (line.len == 3 && line.data[1] == '-' && bytes == 0 &&
		     line.data[2] == '1' && strchr("$*", line.data[0]) != NULL);
	}
	reply_out->used_bytes = at;
	return 1;
}
