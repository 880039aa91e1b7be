#include "config.h"

#include "ephemerald/ztree.h"

#include "tests/ephemerald/suites.h"

#include <stdio.h>
#include <string.h>

static struct acl_table *acls;
static struct ztree *tree;

static void setup(void)
{
	acls = acl_table_new(3);
	tree = ztree_new(acls, 3);
}

static void teardown(void)
{
	ztree_free(&tree);
	acl_table_free(&acls); /* asserts that nobody has a list any more */
}

static struct znode *add(struct znode *parent, const char *name, int64_t owner)
{
	struct znode *node = znode_new(hf_slice_of(name), owner);

	node->acl = acl_of_world(acls, ZK_PERM_ALL);
	ztree_attach(tree, parent, node);
	return node;
}

static void drop(struct znode *node)
{
	ztree_detach(tree, node);
	znode_free(tree, node);
}

static bool path_is(const struct znode *node, const char *path)
{
	struct hf_buf out;
	bool is;

	hf_buf_init(&out, 1000);
	znode_path(node, &out);
	is = hf_slice_eq(hf_buf_slice(&out), hf_slice_of(path));
	hf_buf_fini(&out);
	return is;
}

static void a_new_tree_has_what_a_new_zookeeper_has(void)
{
	static const char *const paths[] = { "/", "/zookeeper",
					     "/zookeeper/config",
					     "/zookeeper/quota" };

	CU_ASSERT_EQUAL(ztree_counts(tree)->nodes, HF_LEN(paths));
	for (size_t i = 0; i < HF_LEN(paths); i++) {
		struct znode *node = ztree_find(tree, hf_slice_of(paths[i]));

		CU_ASSERT_PTR_NOT_NULL_FATAL(node);
		CU_ASSERT(path_is(node, paths[i]));
	}
	CU_ASSERT_PTR_EQUAL(ztree_find(tree, HF_SLICE("")), ztree_root(tree));
}

static void a_node_is_found_by_its_whole_path_only(void)
{
	struct znode *a = add(ztree_root(tree), "a", 0), *b = add(a, "b", 0);

	CU_ASSERT_PTR_EQUAL(ztree_find(tree, HF_SLICE("/a/b")), b);
	CU_ASSERT(path_is(b, "/a/b"));
	CU_ASSERT_PTR_NULL(ztree_find(tree, HF_SLICE("/b")));
	CU_ASSERT_PTR_NULL(ztree_find(tree, HF_SLICE("/a/a")));
	CU_ASSERT_PTR_NULL(ztree_find(tree, HF_SLICE("/a/b/")));
	CU_ASSERT_PTR_NULL(ztree_find(tree, HF_SLICE("/a/b/b")));
	CU_ASSERT_PTR_NULL(ztree_find(tree, HF_SLICE("a")));
	drop(b);
	CU_ASSERT_PTR_NULL(ztree_find(tree, HF_SLICE("/a/b")));
}

static void ten_thousand_children_are_told_apart(void)
{
	enum { MANY = 10000 };
	struct znode *top = add(ztree_root(tree), "top", 0);
	size_t seen = 0;
	char name[32];

	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		add(top, name, 0);
	}
	CU_ASSERT_EQUAL(znode_children(top), MANY);
	for (int i = 0; i < MANY; i += 2) {
		snprintf(name, sizeof(name), "n%d", i);
		drop(ztree_child(tree, top, hf_slice_of(name)));
	}
	CU_ASSERT_EQUAL(znode_children(top), MANY / 2);
	CU_ASSERT_PTR_NULL(ztree_find(tree, HF_SLICE("/top/n42")));
	CU_ASSERT_PTR_NOT_NULL(ztree_find(tree, HF_SLICE("/top/n43")));
	for (struct znode *n = znode_next(top, top); n != NULL;
	     n = znode_next(n, top))
		seen++;
	CU_ASSERT_EQUAL(seen, MANY / 2);
}

static void a_walk_meets_each_node_once_and_stays_below_its_top(void)
{
	struct znode *a = add(ztree_root(tree), "a", 0), *node;
	static const char *const order[] = { "/a/b", "/a/b/c", "/a/b/d",
					     "/a/e" };
	struct znode *b = add(a, "b", 0);
	size_t i = 0;

	add(b, "c", 0);
	add(b, "d", 0);
	add(a, "e", 0);
	add(ztree_root(tree), "z", 0);
	for (node = znode_next(a, a); node != NULL; node = znode_next(node, a))
		CU_ASSERT(i < HF_LEN(order) && path_is(node, order[i++]));
	CU_ASSERT_EQUAL(i, HF_LEN(order));
}

static void nodes_are_found_by_their_owner_while_they_have_one(void)
{
	struct znode *root = ztree_root(tree), *a, *b;

	a = add(root, "a", 7);
	b = add(root, "b", 7);
	add(root, "c", ZOWNER_CONTAINER);
	add(root, "d", zowner_of_ttl(5));
	add(root, "e", zowner_of_ttl(500));
	CU_ASSERT_EQUAL(ztree_count_owned(tree, 7), 2);
	CU_ASSERT_EQUAL(ztree_count_owned(tree, ZOWNER_CONTAINER), 1);
	CU_ASSERT_EQUAL(ztree_count_owned(tree, zowner_of_ttl(0)), 2);
	CU_ASSERT_EQUAL(ztree_counts(tree)->ephemerals, 2);
	drop(a);
	ztree_set_owner(tree, b, 8);
	CU_ASSERT_PTR_NULL(ztree_owned(tree, 7));
	CU_ASSERT_EQUAL(ztree_count_owned(tree, 8), 1);
	CU_ASSERT_EQUAL(ztree_counts(tree)->ephemerals, 1);
	ztree_set_owner(tree, b, ZOWNER_NONE);
	CU_ASSERT_EQUAL(ztree_counts(tree)->ephemerals, 0);
}

static void only_an_ownable_node_can_get_an_owner(void)
{
	struct znode *root = ztree_root(tree), *plain = add(root, "plain", 0);
	struct znode *ownable = znode_new_ownable(HF_SLICE("ownable"));

	ownable->acl = acl_of_world(acls, ZK_PERM_ALL);
	ztree_attach(tree, root, ownable);
	CU_ASSERT_FALSE(ztree_set_owner(tree, plain, 7));
	CU_ASSERT_TRUE(ztree_set_owner(tree, plain, ZOWNER_NONE));
	CU_ASSERT_EQUAL(znode_owner(plain), ZOWNER_NONE);
	CU_ASSERT_EQUAL(znode_owner(ownable), ZOWNER_NONE);
	CU_ASSERT_TRUE(ztree_set_owner(tree, ownable, 7));
	CU_ASSERT_EQUAL(znode_owner(ownable), 7);
	CU_ASSERT_PTR_EQUAL(ztree_find(tree, HF_SLICE("/ownable")), ownable);
	CU_ASSERT_PTR_EQUAL(ztree_find(tree, HF_SLICE("/plain")), plain);
}

static void the_paths_of_an_owners_nodes_are_counted(void)
{
	struct znode *folder = add(ztree_root(tree), "folder", 0);
	struct znode *a = add(folder, "a", 7), *b = add(folder, "bcd", 7);

	CU_ASSERT_EQUAL(ztree_owned_path_bytes(tree, 7),
			strlen("/folder/a") + strlen("/folder/bcd"));
	drop(a);
	ztree_set_owner(tree, b, 8);
	CU_ASSERT_EQUAL(ztree_owned_path_bytes(tree, 7), 0);
	CU_ASSERT_EQUAL(ztree_owned_path_bytes(tree, 8), strlen("/folder/bcd"));
}

static void kinds_of_owners_are_told_apart(void)
{
	CU_ASSERT_TRUE(zowner_is_session(1));
	CU_ASSERT_TRUE(zowner_is_session(INT64_MAX));
	CU_ASSERT_TRUE(zowner_is_session(INT64_C(0x7f00000000000001)));
	CU_ASSERT_FALSE(zowner_is_session(ZOWNER_NONE));
	CU_ASSERT_FALSE(zowner_is_session(ZOWNER_CONTAINER));
	CU_ASSERT_FALSE(zowner_is_session(zowner_of_ttl(1)));
	CU_ASSERT_FALSE(zowner_is_session(zowner_of_ttl(ZOWNER_TTL_BITS)));
	CU_ASSERT_TRUE(zowner_is_ttl(zowner_of_ttl(ZOWNER_TTL_BITS)));
	CU_ASSERT_FALSE(zowner_is_ttl(ZOWNER_CONTAINER));
}

static void data_may_be_empty_or_null_and_is_counted(void)
{
	size_t memory = ztree_memory(tree);
	size_t bytes = ztree_counts(tree)->data_bytes;
	struct znode *a = add(ztree_root(tree), "a", 0);

	znode_set_data(tree, a, ZK_NULL);
	CU_ASSERT_PTR_NULL(znode_data(a).data);
	znode_set_data(tree, a, HF_SLICE(""));
	CU_ASSERT_PTR_NOT_NULL(znode_data(a).data);
	CU_ASSERT_EQUAL(znode_data(a).len, 0);
	znode_set_data(tree, a, HF_SLICE("12345"));
	CU_ASSERT_EQUAL(ztree_counts(tree)->data_bytes, bytes + 2 + 5);
	drop(a);
	CU_ASSERT_EQUAL(ztree_counts(tree)->data_bytes, bytes);
	CU_ASSERT_EQUAL(ztree_memory(tree), memory);
}

static void numbers_of_children_wrap_as_zookeepers(void)
{
	struct znode *a = add(ztree_root(tree), "a", 0);

	CU_ASSERT_EQUAL(znode_next_number(a), 0);
	znode_dir(a)->created = INT32_MAX;
	CU_ASSERT_EQUAL(znode_next_number(a), INT32_MAX);
	a->dir->seq_base = 1;
	CU_ASSERT_EQUAL(znode_next_number(a), INT32_MIN);
}

static const struct hf_test tests[] = {
	HF_TEST(a_new_tree_has_what_a_new_zookeeper_has),
	HF_TEST(a_node_is_found_by_its_whole_path_only),
	HF_TEST(ten_thousand_children_are_told_apart),
	HF_TEST(a_walk_meets_each_node_once_and_stays_below_its_top),
	HF_TEST(nodes_are_found_by_their_owner_while_they_have_one),
	HF_TEST(only_an_ownable_node_can_get_an_owner),
	HF_TEST(the_paths_of_an_owners_nodes_are_counted),
	HF_TEST(kinds_of_owners_are_told_apart),
	HF_TEST(data_may_be_empty_or_null_and_is_counted),
	HF_TEST(numbers_of_children_wrap_as_zookeepers),
	HF_TEST_END,
};

const struct hf_suite test_ztree_suite = { "ephemerald/ztree", tests, setup,
					   teardown };
