#include "config.h"

#include "ephemerald/acl_ip.h"

#include <arpa/inet.h>

struct net {
	unsigned char bytes[16];
	size_t len; /* 4 or 16 */
	int64_t bits;
};

static bool read_v6(struct hf_slice text, struct net *out)
{
	char copy[INET6_ADDRSTRLEN];

	if (text.len >= sizeof(copy))
		return false;
	memcpy(copy, text.data, text.len);
	copy[text.len] = '\0';
	out->len = 16;
	return strlen(copy) == text.len &&
	       inet_pton(AF_INET6, copy, out->bytes) == 1;
}

/* A number of 0 to 255, off the front; zeros may lead, as in ZooKeeper. */
static bool take_byte(struct hf_slice *text, unsigned char *out)
{
	unsigned value = 0;
	size_t i = 0;

	for (; i < text->len && text->data[i] != '.'; i++) {
		unsigned digit = (unsigned char)text->data[i] - (unsigned)'0';

		if (digit > 9)
			return false;
		value = value * 10 + digit;
		if (value > 255)
			return false;
	}
	*out = (unsigned char)value;
	text->data += i;
	text->len -= i;
	return i > 0;
}

static bool read_v4(struct hf_slice text, struct net *out)
{
	out->len = 4;
	for (size_t i = 0; i < out->len; i++) {
		if (i > 0) {
			if (text.len == 0)
				return false;
			text.data++; /* take_byte() stops at a dot */
			text.len--;
		}
		if (!take_byte(&text, &out->bytes[i]))
			return false;
	}
	return text.len == 0;
}

static bool read_address(struct hf_slice text, struct net *out)
{
	if (text.len == 0)
		return false;
	return memchr(text.data, ':', text.len) != NULL ? read_v6(text, out)
							: read_v4(text, out);
}

static bool read_net(struct hf_slice id, struct net *out)
{
	const char *slash = id.len == 0 ? NULL : memchr(id.data, '/', id.len);
	size_t len = slash == NULL ? id.len : (size_t)(slash - id.data);

	if (!read_address((struct hf_slice){ id.data, len }, out))
		return false;
	out->bits = (int64_t)out->len * 8;
	if (slash == NULL)
		return true;
	id = (struct hf_slice){ slash + 1, id.len - len - 1 };
	return hf_slice_int64(id, &out->bits) == 0 && out->bits >= 0 &&
	       out->bits <= (int64_t)out->len * 8;
}

bool acl_ip_valid(struct hf_slice id)
{
	struct net net;

	return read_net(id, &net);
}

bool acl_ip_matches(struct hf_slice id, struct hf_slice address)
{
	struct net net, him;
	size_t whole;
	unsigned rest;

	if (!read_net(id, &net) || !read_address(address, &him) ||
	    net.len != him.len)
		return false;
	whole = (size_t)net.bits / 8;
	rest = (unsigned)net.bits % 8;
	if (memcmp(net.bytes, him.bytes, whole) != 0)
		return false;
	return rest == 0 ||
	       (net.bytes[whole] ^ him.bytes[whole]) >> (8 - rest) == 0;
}
