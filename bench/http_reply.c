#include "config.h"

#include "bench/http_reply.h"

#include "libhold/err.h"

#define CHUNK_MAX_BYTES (1024 * 1024)

struct head {
	int status;
	int64_t length; /* Content-Length, or -1 */
	bool chunked, closes;
};

static struct hf_slice after(struct hf_slice s, size_t n)
{
	return (struct hf_slice){ s.data + n, s.len - n };
}

/* Takes the next line off the front; false: there is no whole one. */
static bool take_line(struct hf_slice *rest, struct hf_slice *line_out)
{
	const char *end;

	if (rest->len == 0)
		return false;
	end = memchr(rest->data, '\n', rest->len);
	if (end == NULL)
		return false;
	line_out->data = rest->data;
	line_out->len = (size_t)(end - rest->data);
	*rest = after(*rest, line_out->len + 1);
	if (line_out->len > 0 && end[-1] == '\r')
		line_out->len--;
	return true;
}

/* "HTTP/1.1 200 OK" */
static int read_status(struct hf_slice line)
{
	int64_t status;

	if (line.len < 12 || memcmp(line.data, "HTTP/1.", 7) != 0 ||
	    hf_slice_int64((struct hf_slice){ line.data + 9, 3 }, &status) < 0)
		return HF_EBAD;
	return (int)status;
}

static bool value_is(struct hf_slice line, const char *name,
		     struct hf_slice *value_out)
{
	size_t len = strlen(name);

	if (line.len <= len || line.data[len] != ':' ||
	    strncasecmp(line.data, name, len) != 0)
		return false;
	*value_out = after(line, len + 1);
	while (value_out->len > 0 && value_out->data[0] == ' ')
		*value_out = after(*value_out, 1);
	return true;
}

static int read_field(struct hf_slice line, struct head *head)
{
	struct hf_slice value;

	if (value_is(line, "Content-Length", &value))
		return hf_slice_int64(value, &head->length);
	if (value_is(line, "Transfer-Encoding", &value))
		head->chunked = hf_slice_ieq(value, "chunked");
	if (value_is(line, "Connection", &value))
		head->closes = hf_slice_ieq(value, "close");
	return 0;
}

/* 1 when the head is whole; *rest is then behind it. */
static int read_head(struct hf_slice *rest, struct head *head)
{
	struct hf_slice line;

	*head = (struct head){ .length = -1 };
	if (!take_line(rest, &line))
		return 0;
	head->status = read_status(line);
	if (head->status < 0)
		return HF_EBAD;
	while (take_line(rest, &line)) {
		if (line.len == 0)
			return 1;
		if (read_field(line, head) < 0)
			return HF_EBAD;
	}
	return 0;
}

static int read_hex(struct hf_slice line, size_t *out)
{
	size_t n = 0, i;

	for (i = 0; i < line.len && line.data[i] != ';'; i++) {
		const char *digits = "0123456789abcdef";
		const char *at = strchr(digits, line.data[i] | 0x20);

		if (line.data[i] == '\0' || at == NULL || n > CHUNK_MAX_BYTES)
			return HF_EBAD;
		n = n * 16 + (size_t)(at - digits);
	}
	*out = n;
	return i > 0 ? 0 : HF_EBAD;
}

/* 1 when the last chunk is there; trailers are none of nginx's. */
static int skip_chunks(struct hf_slice *rest)
{
	struct hf_slice line;
	size_t len;

	while (take_line(rest, &line)) {
		if (read_hex(line, &len) < 0)
			return HF_EBAD;
		if (rest->len < len + 2)
			return 0;
		*rest = after(*rest, len + 2);
		if (len == 0)
			return 1;
	}
	return 0;
}

static bool has_no_body(int status)
{
	return status == 204 || status == 304;
}

static int skip_body(struct hf_slice *rest, const struct head *head)
{
	if (has_no_body(head->status))
		return 1;
	if (head->chunked)
		return skip_chunks(rest);
	if (head->length < 0)
		return HF_EBAD;
	if (rest->len < (uint64_t)head->length)
		return 0;
	*rest = after(*rest, (size_t)head->length);
	return 1;
}

int http_reply_parse(struct hf_slice in, struct http_reply *reply_out)
{
	struct hf_slice rest = in;
	struct head head;
	int rc = read_head(&rest, &head);

	if (rc == 1)
		rc = skip_body(&rest, &head);
	if (rc != 1)
		return rc;
	*reply_out = (struct http_reply){ .used_bytes = in.len - rest.len,
					  .status = head.status,
					  .closes = head.closes };
	return 1;
}
