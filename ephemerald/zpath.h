/*
 * Paths of nodes: what is one, and its parts.
 */
#ifndef EPHEMERALD_ZPATH_H
#define EPHEMERALD_ZPATH_H

#include "libhold/slice.h"

/*
 * May a node have this path? As ZooKeeper's PathUtils: from the root, no empty,
 * "." or ".." part, no slash at the end, no control, private or surrogate
 * character. What is no UTF-8 is no path either.
 */
bool zpath_valid(struct hf_slice path);

/* The place of the last slash, or -1. */
ptrdiff_t zpath_last_slash(struct hf_slice path);

/* Without its last part and slash: "" for a child of the root. */
struct hf_slice zpath_parent(struct hf_slice path);
struct hf_slice zpath_name(struct hf_slice path);

/*
 * Takes the next part off a path ("/a/b": "a", then "b"); false at its end.
 * A path that does not begin with a slash has no parts.
 */
bool zpath_next(struct hf_slice *path, struct hf_slice *part_out);

bool zpath_has_nul(struct hf_slice path);

/* Is path the node at top, or below it? */
bool zpath_within(struct hf_slice path, struct hf_slice top);

#endif
