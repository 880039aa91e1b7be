#include "config.h"

#include "fcgi/zk_hold.h"

#include <stdio.h>

static int make_node(struct zk_hold *z, const char *path, struct hf_slice data,
		     int64_t until_ms)
{
	struct zkc_batch *batch = zkc_batch_new();
	int rc;

	zk_add_create(batch, ZK_PERSISTENT, path, data);
	rc = zk_hold_run(z, batch, until_ms);
	if (rc == 0 && zkc_batch_err(batch, 0) != 0 &&
	    zkc_batch_err(batch, 0) != ZK_NODE_EXISTS)
		rc = ZK_HOLD_AGAIN;
	zkc_done(z->zkc, &batch);
	return rc;
}

static int make_child(struct zk_hold *z, const char *name, struct hf_slice data,
		      int64_t until_ms)
{
	char path[ZK_PATH_MAX + 1];

	snprintf(path, sizeof(path), "%s/%s", z->root, name);
	return make_node(z, path, data, until_ms);
}

int zk_hold_make_root(struct zk_hold *z, int64_t until_ms)
{
	char path[sizeof(z->root)], identity[33];
	int rc = 0;

	for (size_t i = 1; rc >= 0 && i <= strlen(z->root); i++) {
		if (z->root[i] != '/' && z->root[i] != '\0')
			continue;
		memcpy(path, z->root, i);
		path[i] = '\0';
		rc = make_node(z, path, HF_SLICE(""), until_ms);
	}
	if (rc >= 0)
		rc = make_child(z, "tickets", HF_SLICE(""), until_ms);
	if (rc >= 0)
		rc = make_child(z, "clock", HF_SLICE(""), until_ms);
	zk_hold_draw(identity);
	if (rc >= 0)
		rc = make_child(z, "service", hf_slice_of(identity), until_ms);
	return rc < 0 ? rc : ZK_HOLD_AGAIN;
}
