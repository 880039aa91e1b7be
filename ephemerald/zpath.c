#include "config.h"

#include "ephemerald/zpath.h"

/*
 * The next character of UTF-8 text of at least one byte; its length, or 0 for
 * what is none of up to U+FFFF (ZooKeeper refuses those above: in Java they
 * are surrogates).
 */
static size_t next_char(struct hf_slice text, uint32_t *out)
{
	const unsigned char *at = (const unsigned char *)text.data;

	*out = at[0];
	if (at[0] < 0x80)
		return 1;
	if (at[0] >= 0xc2 && at[0] < 0xe0 && text.len >= 2 &&
	    (at[1] & 0xc0) == 0x80) {
		*out = (uint32_t)(at[0] & 0x1f) << 6 | (at[1] & 0x3f);
		return 2;
	}
	if ((at[0] & 0xf0) != 0xe0 || text.len < 3 || (at[1] & 0xc0) != 0x80 ||
	    (at[2] & 0xc0) != 0x80)
		return 0;
	*out = (uint32_t)(at[0] & 0xf) << 12 | (uint32_t)(at[1] & 0x3f) << 6 |
	       (at[2] & 0x3f);
	return *out < 0x800 ? 0 : 3;
}

static bool char_allowed(uint32_t c)
{
	static const struct {
		uint32_t from, to;
	} refused[] = {
		{ 0x0000, 0x001f },
		{ 0x007f, 0x009f },
		{ 0xd800, 0xf8ff },
		{ 0xfff0, 0xffff },
	};

	for (size_t i = 0; i < HF_LEN(refused); i++) {
		if (c >= refused[i].from && c <= refused[i].to)
			return false;
	}
	return true;
}

static bool chars_allowed(struct hf_slice text)
{
	uint32_t c;

	while (text.len > 0) {
		size_t used = next_char(text, &c);

		if (used == 0 || !char_allowed(c))
			return false;
		text.data += used;
		text.len -= used;
	}
	return true;
}

static bool part_allowed(struct hf_slice part)
{
	return part.len > 0 && !hf_slice_eq(part, HF_SLICE(".")) &&
	       !hf_slice_eq(part, HF_SLICE("..")) && chars_allowed(part);
}

bool zpath_valid(struct hf_slice path)
{
	struct hf_slice part;

	if (path.len == 0 || path.data[0] != '/')
		return false;
	if (path.len == 1)
		return true;
	while (zpath_next(&path, &part)) {
		if (!part_allowed(part))
			return false;
	}
	return true;
}

ptrdiff_t zpath_last_slash(struct hf_slice path)
{
	ptrdiff_t at = (ptrdiff_t)path.len - 1;

	while (at >= 0 && path.data[at] != '/')
		at--;
	return at;
}

struct hf_slice zpath_parent(struct hf_slice path)
{
	ptrdiff_t slash = zpath_last_slash(path);

	return (struct hf_slice){ path.data, slash < 0 ? 0 : (size_t)slash };
}

struct hf_slice zpath_name(struct hf_slice path)
{
	size_t from = (size_t)(zpath_last_slash(path) + 1);

	return (struct hf_slice){ path.data + from, path.len - from };
}

bool zpath_next(struct hf_slice *path, struct hf_slice *part_out)
{
	const char *slash;

	if (path->len == 0 || path->data[0] != '/')
		return false;
	path->data++;
	path->len--;
	slash = path->len == 0 ? NULL : memchr(path->data, '/', path->len);
	part_out->data = path->data;
	part_out->len =
	    slash == NULL ? path->len : (size_t)(slash - path->data);
	path->data += part_out->len;
	path->len -= part_out->len;
	return true;
}

bool zpath_has_nul(struct hf_slice path)
{
	return path.len > 0 && memchr(path.data, '\0', path.len) != NULL;
}

bool zpath_within(struct hf_slice path, struct hf_slice top)
{
	if (top.len <= 1)
		return true;
	return path.len >= top.len &&
	       memcmp(path.data, top.data, top.len) == 0 &&
	       (path.len == top.len || path.data[top.len] == '/');
}
