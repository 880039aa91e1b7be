#include "config.h"

#include "fcgi/zk_hold.h"

#include "libhold/clock.h"
#include "libhold/err.h"
#include "libhold/mem.h"

#include <stdio.h>
#include <stdlib.h>

static int ping(struct hold *hold)
{
	struct zk_hold *z = zk_hold_of(hold);
	struct zkc_batch *batch = zkc_batch_new();
	int rc;

	zk_add_exists(batch, "/");
	rc = zk_hold_run(z, batch, hf_clock_ms() + ZK_HOLD_CALL_MS);
	zkc_done(z->zkc, &batch);
	return rc == 0 ? 0 : HF_EUNREACHABLE;
}

static void free_hold(struct hold *hold)
{
	free(zk_hold_of(hold));
}

static const struct hold_ops ops = {
	.acquire = zk_hold_acquire,
	.check = zk_hold_check,
	.extend = zk_hold_extend,
	.release = zk_hold_release,
	.let_go = zk_hold_let_go,
	.ping = ping,
	.free = free_hold,
};

struct hold *hold_zookeeper_new(struct zk_keeper *keeper)
{
	struct zk_hold *z = hf_new(struct zk_hold);

	z->hold.ops = &ops;
	z->keeper = keeper;
	z->zkc = zk_keeper_client(keeper);
	snprintf(z->root, sizeof(z->root), "%s/holdfast", zkc_chroot(z->zkc));
	return &z->hold;
}
