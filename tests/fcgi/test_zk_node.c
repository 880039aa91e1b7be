#include "config.h"

#include "fcgi/zk_node.h"

#include "tests/fcgi/suites.h"

#include <string.h>

#define ATTEMPT "0123456789abcdef0123456789abcdef"
#define NAME(n) "hold-" ATTEMPT "-" n

static void a_ticket_may_be_named_by_any_bytes(void)
{
	char path[ZK_TICKET_PATH_MAX + 1];

	zk_node_ticket_path(path, "", "aZ-09_");
	CU_ASSERT_STRING_EQUAL(path, "/holdfast/tickets/aZ-09_");
	zk_node_ticket_path(path, "/a/b", "..");
	CU_ASSERT_STRING_EQUAL(path, "/a/b/holdfast/tickets/%2e%2e");
	zk_node_ticket_path(path, "", "/%\x01\xff");
	CU_ASSERT_STRING_EQUAL(path, "/holdfast/tickets/%2f%25%01%ff");
}

static void the_longest_paths_fit(void)
{
	char chroot[ZK_CHROOT_MAX + 1], ticket[TICKET_ID_MAX + 1];
	char path[ZK_TICKET_PATH_MAX + 1], node[ZK_PATH_MAX + 1];
	char back[ZK_TICKET_PATH_MAX + 1], name[ZK_NAME_MAX + 1];

	memset(chroot, 'c', ZK_CHROOT_MAX);
	chroot[0] = '/';
	chroot[ZK_CHROOT_MAX] = '\0';
	memset(ticket, '.', TICKET_ID_MAX);
	ticket[TICKET_ID_MAX] = '\0';
	zk_node_ticket_path(path, chroot, ticket);
	CU_ASSERT_EQUAL(strlen(path), ZK_TICKET_PATH_MAX);
	zk_node_path(node, path, NAME("-2147483648"));
	CU_ASSERT_EQUAL(strlen(node), ZK_PATH_MAX);
	CU_ASSERT(zk_node_split(hf_slice_of(node), back, name));
	CU_ASSERT_STRING_EQUAL(back, path);
	CU_ASSERT_STRING_EQUAL(name, NAME("-2147483648"));
}

/* What is kept of these, in this order. */
static const struct {
	const char *first, *second, *lowest;
} orders[] = {
	{ NAME("0000000001"), NAME("0000000002"), NAME("0000000001") },
	{ NAME("0000000010"), NAME("0000000009"), NAME("0000000009") },
	{ NAME("0000000003"), NAME("0000000003"), NAME("0000000003") },
	/* The counter has gone round. */
	{ NAME("-2147483648"), NAME("2147483647"), NAME("2147483647") },
	{ NAME("2147483647"), NAME("-2147483648"), NAME("2147483647") },
	{ NAME("-2147483648"), NAME("-2147483647"), NAME("-2147483648") },
	/* No holds. */
	{ "lock-0000000000", NAME("0000000002"), NAME("0000000002") },
	{ NAME("000000001"), NAME("0000000002"), NAME("0000000002") },
	{ NAME("00000000000"), NAME("0000000002"), NAME("00000000000") },
	{ NAME("99999999999"), NAME("0000000002"), NAME("0000000002") },
	{ NAME("000000000000"), NAME("0000000002"), NAME("0000000002") },
	{ NAME("00000000x0"), NAME("0000000002"), NAME("0000000002") },
	{ NAME("2147483648"), NAME("0000000002"), NAME("0000000002") },
	{ "", "hold-", "" },
	{ NAME(""), NAME("-"), "" },
};

static void the_lowest_sequence_is_first(void)
{
	for (size_t i = 0; i < HF_LEN(orders); i++) {
		char lowest[ZK_NAME_MAX + 1] = "";

		(void)zk_node_keep_lowest(lowest, hf_slice_of(orders[i].first));
		(void)zk_node_keep_lowest(lowest,
					  hf_slice_of(orders[i].second));
		CU_ASSERT_STRING_EQUAL(lowest, orders[i].lowest);
	}
}

/* A server could name a node so, and a copy of it would end there. */
static void a_name_with_a_nul_is_no_holds(void)
{
	char name[] = NAME("0000000001"), lowest[ZK_NAME_MAX + 1] = "";
	struct hf_slice bytes = { name, sizeof(name) - 1 };

	CU_ASSERT_TRUE(zk_node_keep_lowest(lowest, bytes));
	lowest[0] = '\0';
	name[7] = '\0';
	CU_ASSERT_FALSE(zk_node_keep_lowest(lowest, bytes));
	CU_ASSERT_STRING_EQUAL(lowest, "");
}

static void an_attempt_knows_its_own_nodes(void)
{
	char name[ZK_NAME_MAX + 1];

	zk_node_name(name, ATTEMPT);
	CU_ASSERT_STRING_EQUAL(name, NAME(""));
	CU_ASSERT(zk_node_is_of(NAME("0000000001"), ATTEMPT));
	CU_ASSERT_FALSE(zk_node_is_of("", ATTEMPT));
	CU_ASSERT_FALSE(zk_node_is_of(NAME("0000000001"),
				      "1123456789abcdef0123456789abcdef"));
}

static void a_value_tells_time_and_client(void)
{
	char room[ZK_VALUE_MAX + 1];
	struct hf_slice client;
	int64_t ttl_ms;

	CU_ASSERT(zk_node_read_value(zk_node_value(room, 86400000, "a:b\n"),
				     &ttl_ms, &client));
	CU_ASSERT_EQUAL(ttl_ms, 86400000);
	CU_ASSERT(hf_slice_eq(client, HF_SLICE("a:b\n")));
}

static void data_that_is_no_holds_is_refused(void)
{
	static const char *const bad[] = {
		"",       ":",      "5",
		"x:ann",  "-1:ann", "0:a",
		" 5:ann", "05:a",   "9223372036854775807:ann",
	};
	struct hf_slice client;
	int64_t ttl_ms;

	for (size_t i = 0; i < HF_LEN(bad); i++) {
		if (zk_node_read_value(hf_slice_of(bad[i]), &ttl_ms, &client))
			CU_FAIL(bad[i]);
	}
}

static const struct hf_test tests[] = {
	HF_TEST(a_ticket_may_be_named_by_any_bytes),
	HF_TEST(the_longest_paths_fit),
	HF_TEST(the_lowest_sequence_is_first),
	HF_TEST(a_name_with_a_nul_is_no_holds),
	HF_TEST(an_attempt_knows_its_own_nodes),
	HF_TEST(a_value_tells_time_and_client),
	HF_TEST(data_that_is_no_holds_is_refused),
	HF_TEST_END,
};

const struct hf_suite test_zk_node_suite = { "fcgi/zk_node", tests, NULL,
					     NULL };
