/*
 * Values as commands look at them: the type they need, counted as a hit or a
 * miss, noted as a use of the key.
 */
#ifndef LOCKD_VALUES_H
#define LOCKD_VALUES_H

#include "lockd/command.h"

/*
 * What grows piece by piece (APPEND, SETRANGE, hashes) stays below: each
 * change of it is copied, and written to the journal, as a whole.
 */
enum { VALUE_GROWN_MAX = 1024 * 1024 };

/* As TYPE shows it and SCAN takes it. */
const char *value_type_name(enum ks_type type);

/* Whatever it is; for commands that do not count as a use of the key. */
struct ks_view value_peek(struct call *call, struct hf_slice key);

/* Whatever it is, to be changed. */
struct ks_view value_to_change(struct call *call, struct hf_slice key);

/*
 * The key if it has this type or is not there (KS_NONE, an empty value):
 * true; else false after the WRONGTYPE error.
 */
bool value_read(struct call *call, struct hf_slice key, enum ks_type type,
		struct ks_view *out);
/* As value_read(), but to be changed: neither a hit nor a miss. */
bool value_write(struct call *call, struct hf_slice key, enum ks_type type,
		 struct ks_view *out);

/*
 * The key has this value from now on. It keeps the deadline that old has, a
 * key that was not there has none.
 */
void value_put(struct call *call, struct hf_slice key,
	       const struct ks_view *old, enum ks_type type,
	       struct hf_slice value);

/* Removes key; gives whether it was there. */
bool value_remove(struct call *call, struct hf_slice key);

#endif
