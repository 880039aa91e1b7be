/*
 * What this process must see to, of the holds it granted over ZooKeeper.
 *
 * It has the process's one session (zkc.h), and a thread that deletes a hold's
 * node at its deadline, takes up the ones that are there already when the
 * session is resumed, and removes what a lost answer may have left behind.
 * One that it fails to delete is no harm: past its deadline a hold counts as
 * free for whoever looks at it. Safe from any thread.
 */
#ifndef FCGI_ZK_KEEPER_H
#define FCGI_ZK_KEEPER_H

#include "fcgi/zk_clock.h"
#include "fcgi/zkc.h"

enum { ZK_LITTER_MAX = 1024 };

struct zk_keeper;

/*
 * url as in zk_url.h; session_path: where the session is kept over a restart,
 * or NULL. Both are copied. NULL and a reason (lives for ever) when the url
 * cannot be read; an unreachable service is no error here.
 */
struct zk_keeper *zk_keeper_open(const char *url, const char *session_path,
				 const char **reason_out);

/* When no hold uses it any more. Harmless when *keeper is NULL. */
void zk_keeper_close(struct zk_keeper **keeper);

struct zkc *zk_keeper_client(struct zk_keeper *keeper);

/* The service's clock as last seen. */
struct zk_clock zk_keeper_clock(struct zk_keeper *keeper);

/* A write that batch holds, which is done, was stamped so. */
void zk_keeper_saw(struct zk_keeper *keeper, const struct zkc_batch *batch,
		   int64_t stamp_ms);

/*
 * The node name below ticket_path is ours, and due at due_ms. At most one a
 * ticket is kept: the last.
 */
void zk_keeper_keep(struct zk_keeper *keeper, const char *ticket_path,
		    const char *name, int32_t version, int64_t due_ms);

/* Its deadline was moved, perhaps. Nothing, when it is not kept here. */
void zk_keeper_move(struct zk_keeper *keeper, const char *ticket_path,
		    const char *name, int32_t version, int64_t due_ms);

/* It is deleted. */
void zk_keeper_forget(struct zk_keeper *keeper, const char *ticket_path,
		      const char *name);

/*
 * Nodes of this attempt (zk_node.h) below ticket_path are nobody's: they are
 * deleted as soon as that is possible.
 */
void zk_keeper_clean(struct zk_keeper *keeper, const char *ticket_path,
		     const char *attempt);

/* There may be nodes of ours that nobody keeps: looks for them. */
void zk_keeper_take_up(struct zk_keeper *keeper);

#endif
