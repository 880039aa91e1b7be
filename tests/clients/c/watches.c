/* libzookeeper's watches, and its calls that do not wait. */
#include "config.h"

#include "stage.h"

bool watches_fire_once(struct stage *s)
{
	struct ears made = EARS_INIT, data = EARS_INIT, names = EARS_INIT;
	const char *path = below(s, "node");
	struct String_vector found;
	char bytes[8];
	int len = sizeof(bytes);

	EXPECT(zoo_wexists(s->zh, path, ears_hear_nodes, &made, NULL) ==
	       ZNONODE);
	EXPECT(zoo_wget(s->zh, s->top, ears_hear_nodes, &data, bytes, &len,
			NULL) == ZOK);
	EXPECT(zoo_wget_children(s->zh, s->top, ears_hear_nodes, &names,
				 &found) == ZOK);
	deallocate_String_vector(&found);
	for (int i = 0; i < 2; i++) {
		EXPECT(make(s->zh, path, 0) == ZOK);
		EXPECT(zoo_set(s->zh, s->top, "x", 1, -1) == ZOK);
		EXPECT(zoo_delete(s->zh, path, -1) == ZOK);
	}
	EXPECT(ears_wait(&made, 1) && ears_wait(&data, 1));
	EXPECT(ears_wait(&names, 1));
	EXPECT(zoo_exists(s->zh, s->top, 0, NULL) == ZOK);
	EXPECT(made.heard == 1 && data.heard == 1 && names.heard == 1);
	EXPECT(made.types[0] == ZOO_CREATED_EVENT);
	EXPECT(strcmp(made.paths[0], path) == 0);
	EXPECT(data.types[0] == ZOO_CHANGED_EVENT);
	EXPECT(names.types[0] == ZOO_CHILD_EVENT);
	return true;
}

bool watches_can_be_removed(struct stage *s)
{
	struct ears kept = EARS_INIT, removed = EARS_INIT;

	EXPECT(zoo_wexists(s->zh, s->top, ears_hear_nodes, &kept, NULL) == ZOK);
	EXPECT(zoo_wexists(s->zh, below(s, "a"), ears_hear_nodes, &removed,
			   NULL) == ZNONODE);
	EXPECT(zoo_remove_watches(s->zh, below(s, "a"), ZWATCHTYPE_DATA,
				  ears_hear_nodes, &removed, 0) == ZOK);
	EXPECT(zoo_remove_watches(s->zh, below(s, "b"), ZWATCHTYPE_DATA,
				  ears_hear_nodes, &removed, 0) == ZNOWATCHER);
	EXPECT(make(s->zh, below(s, "a"), 0) == ZOK);
	EXPECT(zoo_set(s->zh, s->top, "x", 1, -1) == ZOK);
	EXPECT(ears_wait(&kept, 1));
	for (int i = 0; i < removed.heard; i++)
		EXPECT(removed.types[i] != ZOO_CREATED_EVENT);
	return true;
}

/* ---- calls that do not wait: their answers are heard like events --------- */

static void hear(const void *ears, int rc, const char *text)
{
	ears_hear(NULL, rc, 0, text, (void *)(size_t)ears);
}

static void void_done(int rc, const void *ears)
{
	hear(ears, rc, "void");
}

static void stat_done(int rc, const struct Stat *stat, const void *ears)
{
	hear(ears, rc, rc == ZOK && stat != NULL ? "stat" : "");
}

static void data_done(int rc, const char *data, int len,
		      const struct Stat *stat, const void *ears)
{
	hear(ears, rc,
	     rc == ZOK && len == 1 && *data == 'x' && stat != NULL ? "data"
								   : "");
}

static void string_done(int rc, const char *text, const void *ears)
{
	hear(ears, rc, text);
}

static void names_done(int rc, const struct String_vector *names,
		       const struct Stat *stat, const void *ears)
{
	hear(ears, rc,
	     rc == ZOK && names->count == 1 && stat->numChildren == 1 ? "names"
								      : "");
}

bool an_async_call_of_each_kind(struct stage *s)
{
	static const char *const want[] = { NULL,   "data",  "stat", "stat",
					    "void", "names", NULL,   "void" };
	struct ears ears = EARS_INIT;
	zhandle_t *zh = s->zh;
	const char *path = below(s, "node");

	EXPECT(zoo_acreate(zh, path, "x", 1, &ZOO_OPEN_ACL_UNSAFE, 0,
			   string_done, &ears) == ZOK);
	EXPECT(zoo_aget(zh, path, 0, data_done, &ears) == ZOK);
	EXPECT(zoo_aset(zh, path, "y", 1, 0, stat_done, &ears) == ZOK);
	EXPECT(zoo_aexists(zh, path, 0, stat_done, &ears) == ZOK);
	EXPECT(zoo_adelete(zh, path, 9, void_done, &ears) == ZOK);
	EXPECT(zoo_aget_children2(zh, s->top, 0, names_done, &ears) == ZOK);
	EXPECT(zoo_async(zh, path, string_done, &ears) == ZOK);
	EXPECT(zoo_adelete(zh, path, 1, void_done, &ears) == ZOK);
	EXPECT(ears_wait(&ears, 8));
	for (int i = 0; i < 8; i++) {
		EXPECT(ears.types[i] == (i == 4 ? ZBADVERSION : ZOK));
		EXPECT(strcmp(ears.paths[i], want[i] ? want[i] : path) == 0);
	}
	return true;
}

/* What came in turn, and the first that did not. */
struct turns {
	struct ears ears;
	int next;
	bool mixed;
};

static void in_turn(int rc, const char *path, const void *context)
{
	enum { CALLS = 2000 };
	struct turns *turns = (void *)(size_t)context;
	int number = -1;

	if (rc != ZOK || sscanf(strrchr(path, '-') + 1, "%d", &number) != 1 ||
	    number != turns->next)
		turns->mixed = true;
	if (++turns->next == CALLS)
		ears_hear(NULL, 0, 0, NULL, &turns->ears);
}

bool many_calls_are_answered_in_order(struct stage *s)
{
	enum { CALLS = 2000 };
	struct turns turns = { .ears = EARS_INIT };

	for (int i = 0; i < CALLS; i++)
		EXPECT(zoo_acreate(
			   s->zh, below(s, "n-"), "", 0, &ZOO_OPEN_ACL_UNSAFE,
			   ZOO_EPHEMERAL_SEQUENTIAL, in_turn, &turns) == ZOK);
	EXPECT(ears_wait(&turns.ears, 1));
	EXPECT(!turns.mixed);
	return true;
}
