#include "config.h"

#include "fcgi/query.h"

#include "libhold/err.h"

bool query_value(const char *query, const char *name,
		 struct hf_slice *value_out)
{
	size_t name_len = strlen(name), len;

	for (;; query += len + 1) {
		len = strcspn(query, "&");
		if (len > name_len && query[name_len] == '=' &&
		    memcmp(query, name, name_len) == 0)
			break;
		if (query[len] == '\0')
			return false;
	}
	*value_out =
	    (struct hf_slice){ query + name_len + 1, len - name_len - 1 };
	return true;
}

int query_number(const char *query, const char *name, int64_t min, int64_t max,
		 int64_t preset, int64_t *number_out)
{
	struct hf_slice value;

	*number_out = preset;
	if (!query_value(query, name, &value))
		return 0;
	if (hf_slice_int64(value, number_out) < 0 || *number_out < min ||
	    *number_out > max)
		return HF_EBAD;
	return 0;
}
