#include "config.h"

#include "lockd/values.h"

const char *value_type_name(enum ks_type type)
{
	static const char *const names[] = {
		[KS_NONE] = "none",
		[KS_STRING] = "string",
		[KS_HASH] = "hash",
		[KS_LOCK] = "lock",
	};

	return (size_t)type < HF_LEN(names) ? names[type] : "unknown";
}

static struct ks_view counted(struct call *call, struct ks_view view)
{
	if (view.type == KS_NONE)
		call->lockd->stats.misses++;
	else
		call->lockd->stats.hits++;
	return view;
}

struct ks_view value_peek(struct call *call, struct hf_slice key)
{
	return counted(call,
		       keyspace_peek(call->lockd->keys, key, call->now_ms));
}

struct ks_view value_to_change(struct call *call, struct hf_slice key)
{
	return call->client->no_touch
		   ? keyspace_peek(call->lockd->keys, key, call->now_ms)
		   : keyspace_get(call->lockd->keys, key, call->now_ms);
}

static bool is_of(struct call *call, enum ks_type type,
		  const struct ks_view *view)
{
	if (view->type == type || view->type == KS_NONE)
		return true;
	reply_wrong_type(call->reply);
	return false;
}

bool value_read(struct call *call, struct hf_slice key, enum ks_type type,
		struct ks_view *out)
{
	*out = counted(call, value_to_change(call, key));
	return is_of(call, type, out);
}

bool value_write(struct call *call, struct hf_slice key, enum ks_type type,
		 struct ks_view *out)
{
	*out = value_to_change(call, key);
	return is_of(call, type, out);
}

void value_put(struct call *call, struct hf_slice key,
	       const struct ks_view *old, enum ks_type type,
	       struct hf_slice value)
{
	struct ks_change change = { .kind = KS_SET,
				    .type = type,
				    .key = key,
				    .value = value,
				    .due_ms = old->type != KS_NONE ? old->due_ms
								   : HF_NEVER };

	keyspace_apply(call->lockd->keys, &change, call->now_ms);
}

bool value_remove(struct call *call, struct hf_slice key)
{
	struct ks_change change = { .kind = KS_DELETE, .key = key };

	return keyspace_apply(call->lockd->keys, &change, call->now_ms);
}
