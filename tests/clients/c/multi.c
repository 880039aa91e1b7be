/* libzookeeper's transactions. */
#include "config.h"

#include "stage.h"

enum { OPS = 4 };

static int run(struct stage *s, zoo_op_t *ops, zoo_op_result_t *results, int n)
{
	for (int i = 0; i < n; i++)
		results[i] = (zoo_op_result_t){ .err = 77 };
	return zoo_multi(s->zh, n, ops, results);
}

bool transactions_are_whole(struct stage *s)
{
	const char *path = below(s, "node");
	char made[PATH_BYTES];
	struct Stat stat;
	zoo_op_result_t results[OPS];
	zoo_op_t ops[OPS];

	zoo_create_op_init(&ops[0], path, "one", 3, &ZOO_OPEN_ACL_UNSAFE, 0,
			   made, sizeof(made));
	zoo_set_op_init(&ops[1], path, "two", 3, 0, &stat);
	zoo_check_op_init(&ops[2], path, 1);
	zoo_delete_op_init(&ops[3], path, 1);
	EXPECT(run(s, ops, results, OPS) == ZOK);
	for (int i = 0; i < OPS; i++)
		EXPECT(results[i].err == ZOK);
	EXPECT(strcmp(made, path) == 0);
	EXPECT(stat.version == 1 && stat.czxid == stat.mzxid);
	EXPECT(zoo_exists(s->zh, path, 0, NULL) == ZNONODE);
	return true;
}

bool a_failed_transaction_tells_why(struct stage *s)
{
	static const int want[OPS] = { ZOK, ZBADVERSION, ZRUNTIMEINCONSISTENCY,
				       ZRUNTIMEINCONSISTENCY };
	char made[PATH_BYTES];
	zoo_op_result_t results[OPS];
	zoo_op_t ops[OPS];

	zoo_create_op_init(&ops[0], below(s, "a"), "", 0, &ZOO_OPEN_ACL_UNSAFE,
			   0, made, sizeof(made));
	zoo_set_op_init(&ops[1], below(s, "a"), "x", 1, 9, NULL);
	zoo_delete_op_init(&ops[2], below(s, "a"), 0);
	zoo_check_op_init(&ops[3], s->top, 0);
	EXPECT(run(s, ops, results, OPS) == ZBADVERSION);
	for (int i = 0; i < OPS; i++)
		EXPECT(results[i].err == want[i]);
	EXPECT(zoo_exists(s->zh, below(s, "a"), 0, NULL) == ZNONODE);
	return true;
}
