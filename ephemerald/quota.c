#include "config.h"

#include "ephemerald/quota.h"

#include "ephemerald/zpath.h"

#define TOP "/zookeeper/quota"

/* ---- what such a node says: "count=5,bytes=-1=;byteHardLimit=9" -----------
 */

static int64_t *field(struct quota_track *track, struct hf_slice name)
{
	static const struct {
		const char *name;
		size_t offset;
	} fields[] = {
		{ "count", offsetof(struct quota_track, count) },
		{ "bytes", offsetof(struct quota_track, bytes) },
		{ "countHardLimit", offsetof(struct quota_track, hard_count) },
		{ "byteHardLimit", offsetof(struct quota_track, hard_bytes) },
	};

	for (size_t i = 0; i < HF_LEN(fields); i++) {
		if (hf_slice_eq(name, hf_slice_of(fields[i].name)))
			return (int64_t *)(void *)((char *)track +
						   fields[i].offset);
	}
	return NULL;
}

/* Up to the next c, which is taken off text, too. */
static struct hf_slice take_until(struct hf_slice *text, char c)
{
	const char *end =
	    text->len == 0 ? NULL : memchr(text->data, c, text->len);
	struct hf_slice taken = *text;

	if (end != NULL)
		taken.len = (size_t)(end - text->data);
	text->data += taken.len + (end != NULL);
	text->len -= taken.len + (end != NULL);
	return taken;
}

/* A second "=" may follow, for readers of 3.6 and before. */
static void read_pair(struct hf_slice pair, struct quota_track *out)
{
	int64_t *value = field(out, take_until(&pair, '='));

	if (value != NULL && hf_slice_int64(take_until(&pair, '='), value) < 0)
		*value = -1;
}

void quota_read(struct hf_slice data, struct quota_track *out)
{
	*out = (struct quota_track){ -1, -1, -1, -1 };
	while (data.len > 0) {
		size_t len = 0;

		while (len < data.len && data.data[len] != ',' &&
		       data.data[len] != ';')
			len++;
		read_pair((struct hf_slice){ data.data, len }, out);
		len += len < data.len;
		data.data += len;
		data.len -= len;
	}
}

void quota_write(struct hf_buf *out, const struct quota_track *track)
{
	hf_buf_printf(out, "count=%lld,bytes=%lld", (long long)track->count,
		      (long long)track->bytes);
	if (track->hard_bytes >= 0 || track->hard_count >= 0)
		hf_buf_add_char(out, '=');
	if (track->hard_bytes >= 0)
		hf_buf_printf(out, ";byteHardLimit=%lld",
			      (long long)track->hard_bytes);
	if (track->hard_count >= 0)
		hf_buf_printf(out, ";countHardLimit=%lld",
			      (long long)track->hard_count);
}

/* ---- whose quota counts ---------------------------------------------------
 */

struct znode *quota_place(struct ztree *tree, struct hf_slice path)
{
	struct znode *node = ztree_find(tree, HF_SLICE(TOP)), *found = NULL;
	struct hf_slice part;

	if (node == NULL || znode_children(node) == 0)
		return NULL;
	while (node != NULL && zpath_next(&path, &part)) {
		node = ztree_child(tree, node, part);
		if (node != NULL &&
		    ztree_child(tree, node, HF_SLICE(QUOTA_LIMITS)) != NULL)
			found = node;
	}
	return found;
}

struct znode *quota_stats_of(struct ztree *tree, struct hf_slice path)
{
	struct znode *place = quota_place(tree, path);

	return place == NULL ? NULL
			     : ztree_child(tree, place, HF_SLICE(QUOTA_STATS));
}

/* Wraps, as in ZooKeeper: what they add to, a client may have written. */
int64_t quota_sum(int64_t now, int64_t more)
{
	return (int64_t)((uint64_t)now + (uint64_t)more);
}

static bool passes(int64_t now, int64_t more, int64_t limit)
{
	return more != 0 && limit >= 0 && quota_sum(now, more) > limit;
}

bool quota_exceeded(struct ztree *tree, struct hf_slice path, int64_t bytes,
		    int64_t count)
{
	struct znode *place = quota_place(tree, path), *stats;
	struct quota_track limits, used;

	if (place == NULL)
		return false;
	stats = ztree_child(tree, place, HF_SLICE(QUOTA_STATS));
	if (stats == NULL)
		return false;
	quota_read(znode_data(ztree_child(tree, place, HF_SLICE(QUOTA_LIMITS))),
		   &limits);
	quota_read(znode_data(stats), &used);
	return passes(used.count, count, limits.hard_count) ||
	       passes(used.bytes, bytes, limits.hard_bytes);
}

bool quota_is_stats(struct hf_slice path, struct hf_slice *of_out)
{
	struct hf_slice parent = zpath_parent(path), top = HF_SLICE(TOP);

	if (!hf_slice_eq(zpath_name(path), HF_SLICE(QUOTA_STATS)) ||
	    !zpath_within(parent, top) || parent.len == top.len)
		return false;
	*of_out =
	    (struct hf_slice){ parent.data + top.len, parent.len - top.len };
	return true;
}

void quota_measure(struct ztree *tree, struct hf_slice path,
		   struct quota_track *out)
{
	struct znode *top = ztree_find(tree, path);

	*out = (struct quota_track){ 0, 0, -1, -1 };
	for (struct znode *node = top; node != NULL;
	     node = znode_next(node, top)) {
		out->count++;
		out->bytes += znode_data_len(node);
	}
}
