#include "config.h"

#include "ephemerald/acl.h"

#include "ephemerald/acl_ip.h"
#include "libhold/mem.h"

#include <assert.h>
#include <nettle/base64.h>
#include <nettle/sha1.h>
#include <stdlib.h>

enum { HASH_ROOM = BASE64_ENCODE_RAW_LENGTH(SHA1_DIGEST_SIZE) + 1 };

struct acl_table {
	struct hf_table *lists;
	uint64_t seed;
	size_t bytes; /* of all lists */
};

/* ---- lists, once each -----------------------------------------------------
 */

struct acl_table *acl_table_new(uint64_t seed)
{
	struct acl_table *table = hf_new(struct acl_table);

	table->lists = hf_table_new();
	table->seed = seed;
	return table;
}

void acl_table_free(struct acl_table **table)
{
	assert(hf_table_count((*table)->lists) == 0);
	hf_table_free(&(*table)->lists);
	free(*table);
	*table = NULL;
}

size_t acl_memory(const struct acl_table *table)
{
	return table->bytes + hf_table_memory(table->lists);
}

static size_t bytes_of(const struct acl *acl)
{
	enum { MALLOC_BYTES = 16, TABLE_BYTES = 12 };

	return sizeof(*acl) + acl->len + MALLOC_BYTES + TABLE_BYTES;
}

static bool equal(const struct hf_table_node *node, struct hf_slice key)
{
	const struct acl *acl = HF_CONTAINER_OF(node, const struct acl, link);

	return hf_slice_eq((struct hf_slice){ acl->bytes, acl->len }, key);
}

static bool is_anyone(const struct zk_id *id)
{
	return hf_slice_eq(id->scheme, HF_SLICE("world")) &&
	       hf_slice_eq(id->id, HF_SLICE("anyone"));
}

static struct acl *make(struct zk_vector entries)
{
	struct acl *acl = hf_alloc(sizeof(*acl) + entries.bytes.len);
	struct zk_acl entry;

	acl->count = entries.count;
	acl->len = (uint32_t)entries.bytes.len;
	if (acl->len > 0)
		memcpy(acl->bytes, entries.bytes.data, acl->len);
	while (zk_next_acl(&entries, &entry)) {
		if (is_anyone(&entry.id))
			acl->anyone |= (uint32_t)entry.perms;
	}
	return acl;
}

struct acl *acl_intern(struct acl_table *table, struct zk_vector entries)
{
	uint32_t hash = hf_table_hash(table->seed, entries.bytes);
	struct hf_table_node *node =
	    hf_table_find(table->lists, hash, equal, entries.bytes);
	struct acl *acl;

	if (node != NULL)
		return acl_share(HF_CONTAINER_OF(node, struct acl, link));
	acl = make(entries);
	table->bytes += bytes_of(acl);
	hf_table_insert(table->lists, &acl->link, hash);
	return acl_share(acl);
}

struct acl *acl_share(struct acl *acl)
{
	acl->refs++;
	return acl;
}

void acl_release(struct acl_table *table, struct acl *acl)
{
	if (acl == NULL || --acl->refs > 0)
		return;
	hf_table_remove(table->lists, &acl->link);
	table->bytes -= bytes_of(acl);
	free(acl);
}

struct zk_vector acl_entries(const struct acl *acl)
{
	return (struct zk_vector){ acl->count, { acl->bytes, acl->len } };
}

struct acl *acl_of_world(struct acl_table *table, int32_t perms)
{
	struct zk_acl entry = { perms,
				{ HF_SLICE("world"), HF_SLICE("anyone") } };
	struct hf_buf bytes;
	struct acl *acl;

	hf_buf_init(&bytes, 64);
	zk_put_acl(&bytes, &entry);
	acl = acl_intern(table, (struct zk_vector){ 1, hf_buf_slice(&bytes) });
	hf_buf_fini(&bytes);
	return acl;
}

/* ---- who somebody is ------------------------------------------------------
 */

void acl_who_init(struct acl_who *who)
{
	hf_buf_init(&who->ids, ACL_AUTH_BYTES_MAX);
	who->count = 0;
}

void acl_who_fini(struct acl_who *who)
{
	hf_buf_fini(&who->ids);
}

static bool same_id(const struct zk_id *a, const struct zk_id *b)
{
	return hf_slice_eq(a->scheme, b->scheme) && hf_slice_eq(a->id, b->id);
}

bool acl_who_next(struct hf_rd *rd, struct zk_id *out)
{
	if (rd->left == 0)
		return false;
	zk_get_id(rd, out);
	return !rd->bad;
}

bool acl_who_add(struct acl_who *who, struct hf_slice scheme,
		 struct hf_slice id)
{
	struct hf_rd rd = hf_rd_of(hf_buf_slice(&who->ids));
	struct zk_id fresh = { scheme, id }, old;
	size_t before = hf_buf_len(&who->ids);

	while (acl_who_next(&rd, &old)) {
		if (same_id(&old, &fresh))
			return true;
	}
	zk_put_id(&who->ids, &fresh);
	if (hf_buf_failed(&who->ids)) {
		hf_buf_truncate(&who->ids, before);
		return false;
	}
	who->count++;
	return true;
}

/* base64(sha1(text)), as ZooKeeper keeps passwords. */
static void hash_of(struct hf_slice text, char out[HASH_ROOM])
{
	uint8_t sum[SHA1_DIGEST_SIZE];
	struct sha1_ctx sha1;

	sha1_init(&sha1);
	sha1_update(&sha1, text.len, (const uint8_t *)text.data);
	sha1_digest(&sha1, sizeof(sum), sum);
	base64_encode_raw(out, sizeof(sum), sum);
	out[BASE64_ENCODE_RAW_LENGTH(SHA1_DIGEST_SIZE)] = '\0';
}

bool acl_who_add_digest(struct acl_who *who, struct hf_slice user_password)
{
	const char *colon =
	    user_password.len == 0
		? NULL
		: memchr(user_password.data, ':', user_password.len);
	size_t user = colon == NULL ? user_password.len
				    : (size_t)(colon - user_password.data);
	struct hf_buf id;
	char hash[HASH_ROOM];
	bool added;

	hash_of(user_password, hash);
	hf_buf_init(&id, ACL_AUTH_BYTES_MAX);
	hf_buf_add(&id, user_password.data, user);
	hf_buf_add_char(&id, ':');
	hf_buf_add(&id, hash, strlen(hash));
	added = !hf_buf_failed(&id) &&
		acl_who_add(who, HF_SLICE("digest"), hf_buf_slice(&id));
	hf_buf_fini(&id);
	return added;
}

/* ---- what he may ----------------------------------------------------------
 */

static bool matches(const struct zk_id *needed, const struct zk_id *has)
{
	if (!hf_slice_eq(needed->scheme, has->scheme))
		return false;
	if (hf_slice_eq(needed->scheme, HF_SLICE("ip")))
		return acl_ip_matches(needed->id, has->id);
	return hf_slice_eq(needed->id, has->id);
}

static bool is_one_of(const struct zk_id *needed, const struct acl_who *who)
{
	struct hf_rd rd = hf_rd_of(hf_buf_slice(&who->ids));
	struct zk_id has;

	while (acl_who_next(&rd, &has)) {
		if (matches(needed, &has))
			return true;
	}
	return false;
}

bool acl_allows(const struct acl *acl, const struct acl_who *who,
		uint32_t perms)
{
	struct zk_vector entries = acl_entries(acl);
	struct zk_acl entry;

	if ((acl->anyone & perms) != 0)
		return true;
	while (zk_next_acl(&entries, &entry)) {
		if (((uint32_t)entry.perms & perms) != 0 &&
		    is_one_of(&entry.id, who))
			return true;
	}
	return false;
}

/* A digest's id is "user:hash": one colon, something on both sides. */
static bool is_digest(struct hf_slice id)
{
	const char *colon =
	    id.data == NULL ? NULL : memchr(id.data, ':', id.len);
	size_t user;

	if (colon == NULL)
		return false;
	user = (size_t)(colon - id.data);
	return user + 1 < id.len &&
	       memchr(colon + 1, ':', id.len - user - 1) == NULL;
}

static bool is_valid(const struct zk_id *id)
{
	if (is_anyone(id))
		return true;
	if (hf_slice_eq(id->scheme, HF_SLICE("digest")))
		return is_digest(id->id);
	return hf_slice_eq(id->scheme, HF_SLICE("ip")) && acl_ip_valid(id->id);
}

static bool has_entry(struct zk_vector entries, const struct zk_acl *wanted)
{
	struct zk_acl entry;

	while (zk_next_acl(&entries, &entry)) {
		if (entry.perms == wanted->perms &&
		    same_id(&entry.id, &wanted->id))
			return true;
	}
	return false;
}

/* Adds entry unless it is among the first of them, which are so many. */
static void add_entry(struct hf_buf *out, int32_t *count, int32_t first,
		      const struct zk_acl *entry)
{
	struct zk_vector so_far = { first, hf_buf_slice(out) };

	if (has_entry(so_far, entry))
		return;
	zk_put_acl(out, entry);
	++*count;
}

/* False: he has proved nothing that can be put into an ACL. */
static bool add_auth(struct hf_buf *out, int32_t *count, int32_t perms,
		     const struct acl_who *who)
{
	struct hf_rd rd = hf_rd_of(hf_buf_slice(&who->ids));
	struct zk_acl entry = { .perms = perms };
	int32_t before = *count; /* his own are different ones */
	bool any = false;

	while (acl_who_next(&rd, &entry.id)) {
		if (!hf_slice_eq(entry.id.scheme, HF_SLICE("digest")))
			continue;
		add_entry(out, count, before, &entry);
		any = true;
	}
	return any;
}

/* One whose id ZooKeeper looks into, though it is null. */
static bool is_broken(const struct zk_id *id)
{
	return id->id.data == NULL &&
	       (hf_slice_eq(id->scheme, HF_SLICE("world")) ||
		hf_slice_eq(id->scheme, HF_SLICE("digest")) ||
		hf_slice_eq(id->scheme, HF_SLICE("ip")));
}

static int resolve_entry(struct hf_buf *out, int32_t *count,
			 const struct zk_acl *entry, const struct acl_who *who)
{
	if (*count >= ACL_ENTRIES_MAX)
		return ZK_INVALID_ACL;
	if (hf_slice_eq(entry->id.scheme, HF_SLICE("auth")))
		return add_auth(out, count, entry->perms, who) ? ZK_OK
							       : ZK_INVALID_ACL;
	if (is_broken(&entry->id))
		return ZK_MARSHALLING;
	if (!is_valid(&entry->id))
		return ZK_INVALID_ACL;
	add_entry(out, count, *count, entry);
	return ZK_OK;
}

int acl_resolve(struct acl_table *table, struct zk_vector asked,
		const struct acl_who *who, struct acl **acl_out)
{
	struct hf_buf out;
	struct zk_acl entry;
	int32_t count = 0;
	int err = asked.count > 0 ? ZK_OK : ZK_INVALID_ACL;

	hf_buf_init(&out, SIZE_MAX / 2);
	while (err == ZK_OK && zk_next_acl(&asked, &entry))
		err = resolve_entry(&out, &count, &entry, who);
	if (err == ZK_OK)
		*acl_out = acl_intern(
		    table, (struct zk_vector){ count, hf_buf_slice(&out) });
	hf_buf_fini(&out);
	return err;
}
