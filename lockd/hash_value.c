#include "config.h"

#include "lockd/hash_value.h"

#include "libhold/err.h"

enum { LENGTH_BYTES_MAX = 5 }; /* of a length: 35 bits */

/* ---- reading ------------------------------------------------------------ */

static bool take_length(struct hf_slice *in, size_t *out)
{
	size_t value = 0;

	for (unsigned i = 0; i < LENGTH_BYTES_MAX && i < in->len; i++) {
		unsigned char byte = (unsigned char)in->data[i];

		value |= (size_t)(byte & 127) << (7 * i);
		if ((byte & 128) != 0)
			continue;
		in->data += i + 1;
		in->len -= i + 1;
		*out = value;
		return true;
	}
	return false;
}

static bool take_bytes(struct hf_slice *in, size_t len, struct hf_slice *out)
{
	if (len > in->len)
		return false;
	*out = (struct hf_slice){ in->data, len };
	in->data += len;
	in->len -= len;
	return true;
}

bool hash_value_next(struct hf_slice *fields, struct hash_field *out)
{
	size_t name_len, value_len;

	if (take_length(fields, &name_len) && take_length(fields, &value_len) &&
	    take_bytes(fields, name_len, &out->name) &&
	    take_bytes(fields, value_len, &out->value))
		return true;
	fields->len = 0;
	return false;
}

size_t hash_value_count(struct hf_slice fields)
{
	struct hash_field field;
	size_t n = 0;

	while (hash_value_next(&fields, &field))
		n++;
	return n;
}

bool hash_value_find(struct hf_slice fields, struct hf_slice name,
		     struct hash_field *out)
{
	while (hash_value_next(&fields, out)) {
		if (hf_slice_eq(out->name, name))
			return true;
	}
	return false;
}

/* ---- changing ----------------------------------------------------------- */

void hash_value_edit(struct hf_buf *hash, struct hf_slice fields)
{
	hf_buf_init(hash, HASH_BYTES_MAX);
	hf_buf_add_slice(hash, fields);
}

static size_t put_length(unsigned char out[LENGTH_BYTES_MAX], size_t value)
{
	size_t n = 0;

	for (; value > 127; value >>= 7)
		out[n++] = (unsigned char)(value | 128);
	out[n++] = (unsigned char)value;
	return n;
}

/* Where a field is: from its first byte, so many. */
struct place {
	size_t at, len;
};

/* False: there is none, and place is the end. */
static bool find_place(const struct hf_buf *hash, struct hf_slice name,
		       struct place *out)
{
	struct hf_slice whole = hf_buf_slice(hash), left = whole;
	struct hash_field field;

	while (left.len > 0) {
		out->at = whole.len - left.len;
		if (!hash_value_next(&left, &field))
			break;
		out->len = whole.len - left.len - out->at;
		if (hf_slice_eq(field.name, name))
			return true;
	}
	*out = (struct place){ .at = whole.len };
	return false;
}

/* Makes the place len bytes long; NULL if the hash would be too large. */
static char *make_room(struct hf_buf *hash, struct place place, size_t len)
{
	size_t behind = hf_buf_len(hash) - place.at - place.len;
	char *at;

	if (len > HASH_BYTES_MAX ||
	    hf_buf_len(hash) - place.len > HASH_BYTES_MAX - len ||
	    hf_buf_reserve(hash, len > place.len ? len - place.len : 0) == NULL)
		return NULL;
	at = hash->data + hash->start + place.at;
	memmove(at + len, at + place.len, behind);
	hash->end = hash->start + place.at + len + behind;
	return at;
}

int hash_value_put(struct hf_buf *hash, struct hf_slice name,
		   struct hf_slice value)
{
	unsigned char head[2 * LENGTH_BYTES_MAX];
	size_t head_len = put_length(head, name.len);
	struct place place;
	bool is_new = !find_place(hash, name, &place);
	char *at;

	head_len += put_length(head + head_len, value.len);
	if (is_new && hash_value_count(hf_buf_slice(hash)) >= HASH_FIELDS_MAX)
		return HF_ELIMIT;
	at = make_room(hash, place, head_len + name.len + value.len);
	if (at == NULL)
		return HF_ELIMIT;
	memcpy(at, head, head_len);
	if (name.len > 0)
		memcpy(at + head_len, name.data, name.len);
	if (value.len > 0)
		memcpy(at + head_len + name.len, value.data, value.len);
	return is_new ? 1 : 0;
}

bool hash_value_remove(struct hf_buf *hash, struct hf_slice name)
{
	struct place place;

	if (!find_place(hash, name, &place))
		return false;
	make_room(hash, place, 0);
	return true;
}
