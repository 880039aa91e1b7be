/*
 * ACLs: who may do what with a node.
 *
 * Equal lists are kept once. Schemes: world, auth, digest and ip, as in
 * ZooKeeper without further providers.
 */
#ifndef EPHEMERALD_ACL_H
#define EPHEMERALD_ACL_H

#include "libhold/table.h"
#include "libhold/zkrec.h"

enum {
	ACL_ENTRIES_MAX = 256,     /* different ones of a list */
	ACL_AUTH_BYTES_MAX = 16384 /* of all identities of a client */
};

/* A list; lives as long as somebody has it. */
struct acl {
	struct hf_table_node link;
	uint32_t refs;
	int32_t count;
	uint32_t anyone; /* what world:anyone may */
	uint32_t len;
	char bytes[]; /* as in zk_vector */
};

struct acl_table;

struct acl_table *acl_table_new(uint64_t seed);
void acl_table_free(struct acl_table **table);    /* nobody has any more */
size_t acl_memory(const struct acl_table *table); /* bytes, about */

/* The list of these entries, for the caller to release. */
struct acl *acl_intern(struct acl_table *table, struct zk_vector entries);
struct acl *acl_share(struct acl *acl); /* one more who has it */
void acl_release(struct acl_table *table, struct acl *acl);
struct zk_vector acl_entries(const struct acl *acl);

/* "world:anyone" with these permissions. */
struct acl *acl_of_world(struct acl_table *table, int32_t perms);

/* ---- who somebody is ------------------------------------------------------
 */

/* Identities that a client has proved, each a zk_id. */
struct acl_who {
	struct hf_buf ids;
	int32_t count;
};

void acl_who_init(struct acl_who *who);
void acl_who_fini(struct acl_who *who);

/* Known already: harmless. False: too many. */
bool acl_who_add(struct acl_who *who, struct hf_slice scheme,
		 struct hf_slice id);
bool acl_who_next(struct hf_rd *rd, struct zk_id *out); /* from hf_rd_of(ids) */

/* addauth digest: adds "user:hash" of "user:password". False: too many. */
bool acl_who_add_digest(struct acl_who *who, struct hf_slice user_password);

/* ---- what he may ----------------------------------------------------------
 */

/* Any of the permissions? */
bool acl_allows(const struct acl *acl, const struct acl_who *who,
		uint32_t perms);

/*
 * The list as it is to be kept: without repetitions, "auth" replaced by who
 * asks. ZK_OK or ZK_INVALID_ACL. For the caller to release.
 */
int acl_resolve(struct acl_table *table, struct zk_vector asked,
		const struct acl_who *who, struct acl **acl_out);

#endif
