#include "config.h"

#include "lockd/memory.h"

#include "lockd/locktab.h"
#include "lockd/watch.h"

size_t memory_used(const struct lockd *lockd)
{
	return keyspace_memory(lockd->keys) + keyspace_memory(lockd->guards) +
	       locktab_memory(lockd->locks) +
	       watch_table_memory(lockd->watches) + lockd->queued_bytes;
}

bool memory_is_full(const struct lockd *lockd)
{
	int64_t limit = lockd->tuning.max_memory_bytes;

	return limit > 0 && memory_used(lockd) >= (uint64_t)limit;
}

bool memory_parse(struct hf_slice text, int64_t *bytes_out)
{
	static const struct {
		const char *name;
		int64_t bytes;
	} units[] = {
		{ "", 1 },           { "b", 1 },
		{ "k", 1000 },       { "kb", 1024 },
		{ "m", 1000000 },    { "mb", 1024 * 1024 },
		{ "g", 1000000000 }, { "gb", 1024 * 1024 * 1024 },
	};
	struct hf_slice digits = text, unit;
	int64_t number;

	while (digits.len > 0 && (digits.data[digits.len - 1] < '0' ||
				  digits.data[digits.len - 1] > '9'))
		digits.len--;
	unit = (struct hf_slice){ digits.data + digits.len,
				  text.len - digits.len };
	if (hf_slice_int64(digits, &number) < 0 || number < 0)
		return false;
	for (size_t i = 0; i < HF_LEN(units); i++) {
		if (!hf_slice_ieq(unit, units[i].name))
			continue;
		if (number > INT64_MAX / units[i].bytes)
			return false;
		*bytes_out = number * units[i].bytes;
		return true;
	}
	return false;
}
