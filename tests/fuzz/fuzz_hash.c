/*
 * The bytes of hashes: read as they are, and changed.
 *
 * The input's first half is a hash as a journal might have it; the second half
 * is a row of changes to it, which a plain list of fields goes through too.
 */
#include "config.h"

#include "lockd/hash_value.h"

#include <stdlib.h>

enum { MODEL_MAX = 64 }; /* no more changes than that */

/* Fields as they should be, in order. */
struct model {
	struct hash_field fields[MODEL_MAX];
	size_t n;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads every byte of it. */
static unsigned sum_of(struct hf_slice bytes)
{
	unsigned sum = 0;

	for (size_t i = 0; i < bytes.len; i++)
		sum = sum * 31 + (unsigned char)bytes.data[i];
	return sum;
}

static void walk(struct hf_slice fields)
{
	struct hf_slice left = fields;
	struct hash_field field;
	size_t n = 0, bytes = 0;
	unsigned sum = 0;

	while (hash_value_next(&left, &field)) {
		sum += sum_of(field.name) + sum_of(field.value);
		bytes += 2 + field.name.len + field.value.len;
		n++;
	}
	if (n != hash_value_count(fields) || bytes > fields.len ||
	    (n == 0 && sum != 0))
		abort();
}

static size_t model_find(const struct model *model, struct hf_slice name)
{
	size_t i = 0;

	while (i < model->n && !hf_slice_eq(model->fields[i].name, name))
		i++;
	return i;
}

static void model_remove(struct model *model, size_t i)
{
	memmove(&model->fields[i], &model->fields[i + 1],
		(model->n - i - 1) * sizeof(model->fields[0]));
	model->n--;
}

static void same(const struct hf_buf *hash, const struct model *model)
{
	struct hf_slice left = hf_buf_slice(hash);
	struct hash_field field;
	size_t i = 0;

	for (; hash_value_next(&left, &field); i++) {
		if (i >= model->n ||
		    !hf_slice_eq(field.name, model->fields[i].name) ||
		    !hf_slice_eq(field.value, model->fields[i].value))
			abort();
	}
	if (i != model->n)
		abort();
}

/* A byte's bits: two say what, two how long the name is, four the value. */
static struct hf_slice change(struct hf_buf *hash, struct model *model,
			      struct hf_slice in)
{
	unsigned what = (unsigned char)in.data[0];
	size_t name_len = what >> 2 & 3, value_len = (what >> 4) * 20;
	struct hash_field field;
	size_t i;

	in.data++;
	in.len--;
	if (name_len + value_len > in.len)
		return HF_SLICE("");
	field.name = (struct hf_slice){ in.data, name_len };
	field.value = (struct hf_slice){ in.data + name_len, value_len };
	i = model_find(model, field.name);
	if ((what & 3) == 0) {
		if (hash_value_remove(hash, field.name) != (i < model->n))
			abort();
		if (i < model->n)
			model_remove(model, i);
	} else {
		if (hash_value_put(hash, field.name, field.value) !=
		    (i < model->n ? 0 : 1))
			abort();
		model->n += i < model->n ? 0 : 1;
		model->fields[i] = field;
	}
	in.data += name_len + value_len;
	in.len -= name_len + value_len;
	return in;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hf_slice in = { (const char *)data + size / 2, size - size / 2 };
	struct model model = { .n = 0 };
	struct hf_buf hash;

	walk((struct hf_slice){ (const char *)data, size / 2 });
	hash_value_edit(&hash, HF_SLICE(""));
	for (int i = 0; i < MODEL_MAX && in.len > 0; i++) {
		in = change(&hash, &model, in);
		same(&hash, &model);
	}
	hf_buf_fini(&hash);
	return 0;
}
