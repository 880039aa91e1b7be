#include "config.h"

#include "ephemerald/acl.h"
#include "ephemerald/acl_ip.h"

#include "tests/ephemerald/suites.h"

#include <stdio.h>

/* "ann:" and base64(sha1("ann:secret")) */
#define ANN "ann:7RJfAeIvrl4zdj6sS2fXrQHDvHM="

static struct acl_table *table;
static struct acl_who who;
static struct hf_buf asked;
static int32_t n_asked;
static struct acl *acl;

static void setup(void)
{
	table = acl_table_new(9);
	acl_who_init(&who);
	hf_buf_init(&asked, SIZE_MAX / 2);
	n_asked = 0;
	acl = NULL;
}

static void teardown(void)
{
	acl_release(table, acl);
	hf_buf_fini(&asked);
	acl_who_fini(&who);
	acl_table_free(&table);
}

static void ask(int32_t perms, const char *scheme, const char *id)
{
	struct zk_acl entry = { perms,
				{ hf_slice_of(scheme), hf_slice_of(id) } };

	zk_put_acl(&asked, &entry);
	n_asked++;
}

/* And begins a new list. */
static int resolve(void)
{
	struct acl *old = acl;
	int err = acl_resolve(
	    table, (struct zk_vector){ n_asked, hf_buf_slice(&asked) }, &who,
	    &acl);

	if (err == ZK_OK)
		acl_release(table, old);
	hf_buf_truncate(&asked, 0);
	n_asked = 0;
	return err;
}

static void who_has_proved_nothing_may_what_the_world_may(void)
{
	ask(ZK_PERM_READ | ZK_PERM_CREATE, "world", "anyone");
	CU_ASSERT_EQUAL(resolve(), ZK_OK);
	CU_ASSERT_TRUE(acl_allows(acl, &who, ZK_PERM_READ));
	CU_ASSERT_TRUE(acl_allows(acl, &who, ZK_PERM_WRITE | ZK_PERM_CREATE));
	CU_ASSERT_FALSE(acl_allows(acl, &who, ZK_PERM_WRITE));
	CU_ASSERT_FALSE(acl_allows(acl, &who, ZK_PERM_ADMIN));
}

static void a_digest_opens_what_its_owner_made(void)
{
	ask(ZK_PERM_ALL, "digest", ANN);
	CU_ASSERT_EQUAL(resolve(), ZK_OK);
	CU_ASSERT_FALSE(acl_allows(acl, &who, ZK_PERM_READ));
	CU_ASSERT_TRUE(acl_who_add_digest(&who, HF_SLICE("ann:wrong")));
	CU_ASSERT_FALSE(acl_allows(acl, &who, ZK_PERM_READ));
	CU_ASSERT_TRUE(acl_who_add_digest(&who, HF_SLICE("ann:secret")));
	CU_ASSERT_TRUE(acl_allows(acl, &who, ZK_PERM_READ));
}

static void auth_stands_for_all_digests_of_who_asks(void)
{
	struct zk_vector entries;
	struct zk_acl entry;

	ask(ZK_PERM_ALL, "auth", "");
	CU_ASSERT_EQUAL(resolve(), ZK_INVALID_ACL); /* he has none */
	acl_who_add(&who, HF_SLICE("ip"), HF_SLICE("127.0.0.1"));
	ask(ZK_PERM_ALL, "auth", "");
	CU_ASSERT_EQUAL(resolve(), ZK_INVALID_ACL); /* nor is that one */
	acl_who_add_digest(&who, HF_SLICE("ann:secret"));
	acl_who_add_digest(&who, HF_SLICE("bob:secret"));
	acl_who_add_digest(&who, HF_SLICE("ann:secret"));
	ask(ZK_PERM_READ, "digest", ANN);
	ask(ZK_PERM_READ, "auth", "ignored");
	CU_ASSERT_EQUAL(resolve(), ZK_OK);
	entries = acl_entries(acl);
	CU_ASSERT_EQUAL(entries.count, 2);
	CU_ASSERT_TRUE(zk_next_acl(&entries, &entry));
	CU_ASSERT(hf_slice_eq(entry.id.id, HF_SLICE(ANN)));
	CU_ASSERT_TRUE(zk_next_acl(&entries, &entry));
	CU_ASSERT(hf_slice_eq((struct hf_slice){ entry.id.id.data, 4 },
			      HF_SLICE("bob:")));
}

static void what_is_no_identity_is_refused(void)
{
	static const char *const rows[][2] = {
		{ "world", "nobody" }, { "digest", "no colon" },
		{ "digest", "ann:" },  { "digest", "a:b:c" },
		{ "ip", "1.2.3" },     { "ip", "1.2.3.4/33" },
		{ "super", "ann:x" },  { "", "" },
		{ "ip", "hostname" },
	};

	for (size_t i = 0; i < HF_LEN(rows); i++) {
		ask(ZK_PERM_ALL, rows[i][0], rows[i][1]);
		CU_ASSERT_EQUAL(resolve(), ZK_INVALID_ACL);
	}
	CU_ASSERT_EQUAL(resolve(), ZK_INVALID_ACL); /* an empty list */
}

static void equal_lists_are_kept_once_and_repetitions_not_at_all(void)
{
	struct acl *first;

	ask(ZK_PERM_READ, "world", "anyone");
	ask(ZK_PERM_READ, "world", "anyone");
	CU_ASSERT_EQUAL(resolve(), ZK_OK);
	CU_ASSERT_EQUAL(acl_entries(acl).count, 1);
	first = acl_share(acl);
	ask(ZK_PERM_READ, "world", "anyone");
	CU_ASSERT_EQUAL(resolve(), ZK_OK);
	CU_ASSERT_PTR_EQUAL(acl, first);
	acl_release(table, first);
}

static int ask_many(int n)
{
	char id[32];

	for (int i = 0; i < n; i++) {
		snprintf(id, sizeof(id), "u%d:x", i);
		ask(ZK_PERM_ALL, "digest", id);
	}
	return resolve();
}

static void a_list_has_so_many_entries_and_not_one_more(void)
{
	CU_ASSERT_EQUAL(ask_many(ACL_ENTRIES_MAX), ZK_OK);
	CU_ASSERT_EQUAL(ask_many(ACL_ENTRIES_MAX + 1), ZK_INVALID_ACL);
}

static void a_client_proves_so_much_and_not_more(void)
{
	size_t before;
	char text[64];
	int i = 0;

	do {
		before = hf_buf_len(&who.ids);
		snprintf(text, sizeof(text), "user%d:secret", i++);
	} while (acl_who_add_digest(&who, hf_slice_of(text)) && i < 10000);
	CU_ASSERT(i > 100 && i < 10000);
	CU_ASSERT_EQUAL(hf_buf_len(&who.ids), before);
	CU_ASSERT_FALSE(hf_buf_failed(&who.ids));
	/* What he has proved already still counts. */
	CU_ASSERT_TRUE(acl_who_add_digest(&who, HF_SLICE("user0:secret")));
	ask(ZK_PERM_ALL, "auth", "");
	CU_ASSERT_EQUAL(resolve(), ZK_OK);
	CU_ASSERT_EQUAL(acl_entries(acl).count, who.count);
}

static void addresses_match_by_their_first_bits(void)
{
	static const struct {
		const char *id, *address;
		bool matches;
	} rows[] = {
		{ "10.1.2.3", "10.1.2.3", true },
		{ "10.1.2.3", "10.1.2.4", false },
		{ "10.1.2.0/24", "10.1.2.255", true },
		{ "10.1.2.0/24", "10.1.3.0", false },
		{ "10.1.2.0/23", "10.1.3.0", true },
		{ "10.1.2.128/25", "10.1.2.127", false },
		{ "0.0.0.0/0", "255.255.255.255", true },
		{ "10.1.2.3/32", "10.1.2.3", true },
		{ "10.1.2.3/31", "10.1.2.2", true },
		{ "10.1.2.3/31", "10.1.2.4", false },
		{ "::1", "::1", true },
		{ "::1", "::2", false },
		{ "fe80::/10", "febf::1", true },
		{ "fe80::/10", "fec0::1", false },
		{ "::/0", "10.1.2.3", false },
		{ "0.0.0.0/0", "::1", false },
		{ "10.1.2.3", "", false },
	};

	for (size_t i = 0; i < HF_LEN(rows); i++)
		CU_ASSERT_EQUAL(acl_ip_matches(hf_slice_of(rows[i].id),
					       hf_slice_of(rows[i].address)),
				rows[i].matches);
}

static void what_is_no_address_is_no_id(void)
{
	static const char *const valid[] = {
		"1.2.3.4", "1.2.3.4/0", "1.2.3.4/32", "::", "::/128", "0.0.0.0"
	};
	static const char *const not_valid[] = {
		"",           "/8",     "1.2.3",    "1.2.3.4.5",  "1.2.3.256",
		"1.2.3.",     "1..3.4", "1.2.3.4/", "1.2.3.4/33", "1.2.3.4/x",
		"1.2.3.4/-1", "::/129", ":",        "a.b.c.d",    " 1.2.3.4",
	};

	for (size_t i = 0; i < HF_LEN(valid); i++)
		CU_ASSERT_TRUE(acl_ip_valid(hf_slice_of(valid[i])));
	for (size_t i = 0; i < HF_LEN(not_valid); i++)
		CU_ASSERT_FALSE(acl_ip_valid(hf_slice_of(not_valid[i])));
}

static const struct hf_test tests[] = {
	HF_TEST(who_has_proved_nothing_may_what_the_world_may),
	HF_TEST(a_digest_opens_what_its_owner_made),
	HF_TEST(auth_stands_for_all_digests_of_who_asks),
	HF_TEST(what_is_no_identity_is_refused),
	HF_TEST(equal_lists_are_kept_once_and_repetitions_not_at_all),
	HF_TEST(a_list_has_so_many_entries_and_not_one_more),
	HF_TEST(a_client_proves_so_much_and_not_more),
	HF_TEST(addresses_match_by_their_first_bits),
	HF_TEST(what_is_no_address_is_no_id),
	HF_TEST_END,
};

const struct hf_suite test_acl_suite = { "ephemerald/acl", tests, setup,
					 teardown };
