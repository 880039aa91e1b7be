/*
 * How holds are written down as ZooKeeper nodes.
 *
 *   <chroot>/holdfast/service              identity of the service's state
 *   <chroot>/holdfast/clock                written to learn its time
 *   <chroot>/holdfast/tickets/<ticket>/    a container
 *       hold-<attempt>-<sequence>          ephemeral; the lowest one owns
 *
 * <ticket> is the id with %hh for all but letters, digits, '-' and '_';
 * <attempt> is drawn for each call, so that it finds its node again when the
 * answer was lost. A hold's data is "<ttl_ms>:<client>": its deadline is so
 * long after the node's mtime. CORE.
 */
#ifndef FCGI_ZK_NODE_H
#define FCGI_ZK_NODE_H

#include "fcgi/basket.h"
#include "fcgi/zk_url.h"
#include "libhold/slice.h"

enum {
	ZK_ATTEMPT_LEN = 32, /* hexadecimal digits */
	ZK_NAME_MAX = 5 + ZK_ATTEMPT_LEN + 1 + 11,
	ZK_TICKET_PATH_MAX = ZK_CHROOT_MAX + 18 + 3 * TICKET_ID_MAX,
	ZK_PATH_MAX = ZK_TICKET_PATH_MAX + 1 + ZK_NAME_MAX,
	ZK_VALUE_MAX = 20 + 1 + CLIENT_ID_MAX,
};

void zk_node_ticket_path(char path[ZK_TICKET_PATH_MAX + 1], const char *chroot,
			 const char *ticket);

/* A node below ticket_path; name may be one that lacks its sequence yet. */
void zk_node_path(char path[ZK_PATH_MAX + 1], const char *ticket_path,
		  const char *name);

/* The name that a hold is asked for; the service adds the sequence. */
void zk_node_name(char name[ZK_NAME_MAX + 1], const char *attempt);

/* Has a hold's name this attempt in it? */
bool zk_node_is_of(const char *name, const char *attempt);

/*
 * False when name is no hold's. Else a copy of it with a NUL replaces lowest
 * when that is "" or has a later sequence (which may have gone round).
 */
bool zk_node_keep_lowest(char lowest[ZK_NAME_MAX + 1], struct hf_slice name);

/* Splits the path of a hold in its ticket's path and its name. */
bool zk_node_split(struct hf_slice path,
		   char ticket_path[ZK_TICKET_PATH_MAX + 1],
		   char name[ZK_NAME_MAX + 1]);

struct hf_slice zk_node_value(char room[ZK_VALUE_MAX + 1], int64_t ttl_ms,
			      const char *client);

/* False when it is no hold's data. client_out points into value. */
bool zk_node_read_value(struct hf_slice value, int64_t *ttl_ms_out,
			struct hf_slice *client_out) HF_MUSTUSE;

#endif
