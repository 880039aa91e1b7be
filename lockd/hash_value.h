/*
 * The bytes of a KS_HASH value: its fields, one behind the other, in the
 * order in which they came.
 *
 * CORE: no sockets, no clock. A field is the length of its name, that of its
 * value (both LEB128: seven bits a byte, the lowest first, the top bit says
 * that more follow), the name, the value. A hash of few fields, as locks are,
 * is found by looking at all of them, and costs no memory but its bytes. The
 * limits keep that true for every hash.
 */
#ifndef LOCKD_HASH_VALUE_H
#define LOCKD_HASH_VALUE_H

#include "libhold/buf.h"

enum {
	HASH_FIELDS_MAX = 1024,
	HASH_BYTES_MAX = 1024 * 1024, /* of all its fields */
};

/* Borrowed from the bytes that were read. */
struct hash_field {
	struct hf_slice name, value;
};

/*
 * Takes the first field off *fields. False at the end, and at bytes that are
 * no field: then there is nothing behind them either.
 */
bool hash_value_next(struct hf_slice *fields, struct hash_field *out);

size_t hash_value_count(struct hf_slice fields);

/* Is there a field of that name? */
bool hash_value_find(struct hf_slice fields, struct hf_slice name,
		     struct hash_field *out);

/*
 * A hash that is being changed is its bytes in a buffer, filled by this one
 * and freed with hf_buf_fini().
 */
void hash_value_edit(struct hf_buf *hash, struct hf_slice fields);

/*
 * The field name has this value from now on, in its old place or as the last
 * one. Gives 1 if it is new, 0 if not, HF_ELIMIT (and the hash is as it was)
 * if there would be too much of it. Neither slice may point into the buffer.
 */
int hash_value_put(struct hf_buf *hash, struct hf_slice name,
		   struct hf_slice value) HF_MUSTUSE;

/* Gives whether it was there. */
bool hash_value_remove(struct hf_buf *hash, struct hf_slice name);

#endif
