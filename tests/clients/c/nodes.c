/* libzookeeper, one call at a time: nodes, their ACLs, names and limits. */
#include "config.h"

#include "stage.h"

#include <stdlib.h>

bool nodes_are_made_read_changed_and_removed(struct stage *s)
{
	const char *path = below(s, "node");
	char data[32];
	int len = sizeof(data);
	struct Stat stat;

	EXPECT(zoo_exists(s->zh, path, 0, &stat) == ZNONODE);
	EXPECT(zoo_create(s->zh, path, "one", 3, &ZOO_OPEN_ACL_UNSAFE, 0, NULL,
			  0) == ZOK);
	EXPECT(zoo_get(s->zh, path, 0, data, &len, &stat) == ZOK);
	EXPECT(len == 3 && memcmp(data, "one", 3) == 0);
	EXPECT(stat.version == 0 && stat.dataLength == 3);
	EXPECT(stat.czxid == stat.mzxid && stat.ephemeralOwner == 0);
	EXPECT(zoo_set2(s->zh, path, "three", 5, 0, &stat) == ZOK);
	EXPECT(stat.version == 1 && stat.mzxid > stat.czxid);
	EXPECT(zoo_set(s->zh, path, NULL, -1, 1) == ZOK);
	len = sizeof(data);
	EXPECT(zoo_get(s->zh, path, 0, data, &len, &stat) == ZOK && len == -1);
	EXPECT(zoo_delete(s->zh, path, 2) == ZOK);
	EXPECT(zoo_exists(s->zh, path, 0, NULL) == ZNONODE);
	return true;
}

bool errors_have_their_codes(struct stage *s)
{
	const char *mine = below(s, "mine"), *child = below(s, "mine/child");

	EXPECT(make(s->zh, mine, ZOO_EPHEMERAL) == ZOK);
	EXPECT(make(s->zh, mine, 0) == ZNODEEXISTS);
	EXPECT(make(s->zh, child, 0) == ZNOCHILDRENFOREPHEMERALS);
	EXPECT(make(s->zh, below(s, "no/child"), 0) == ZNONODE);
	EXPECT(zoo_delete(s->zh, s->top, -1) == ZNOTEMPTY);
	EXPECT(zoo_delete(s->zh, mine, 7) == ZBADVERSION);
	EXPECT(zoo_set(s->zh, mine, "", 0, 7) == ZBADVERSION);
	EXPECT(zoo_set(s->zh, child, "", 0, -1) == ZNONODE);
	EXPECT(zoo_delete(s->zh, "/zookeeper", -1) == ZBADARGUMENTS);
	return true;
}

bool names_are_numbered(struct stage *s)
{
	char made[PATH_BYTES], want[2 * PATH_BYTES];
	struct Stat stat;

	for (int i = 0; i < 3; i++) {
		EXPECT(zoo_create2(s->zh, below(s, "n-"), "x", 1,
				   &ZOO_OPEN_ACL_UNSAFE,
				   ZOO_EPHEMERAL_SEQUENTIAL, made, sizeof(made),
				   &stat) == ZOK);
		snprintf(want, sizeof(want), "%s/n-%010d", s->top, i);
		EXPECT(strcmp(made, want) == 0);
		EXPECT(stat.ephemeralOwner == zoo_client_id(s->zh)->client_id);
		EXPECT(stat.dataLength == 1 && stat.version == 0);
	}
	EXPECT(zoo_delete(s->zh, made, -1) == ZOK);
	EXPECT(zoo_create(s->zh, below(s, "p-"), "", 0, &ZOO_OPEN_ACL_UNSAFE,
			  ZOO_PERSISTENT_SEQUENTIAL, made,
			  sizeof(made)) == ZOK);
	EXPECT(strstr(made, "/p-0000000003") != NULL);
	return true;
}

bool containers_and_ttls(struct stage *s)
{
	struct Stat stat;

	EXPECT(make(s->zh, below(s, "container"), ZOO_CONTAINER) == ZOK);
	EXPECT(zoo_exists(s->zh, below(s, "container"), 0, &stat) == ZOK);
	EXPECT(stat.ephemeralOwner == 0);
	EXPECT(make(s->zh, below(s, "container/child"), 0) == ZOK);
	EXPECT(zoo_create2_ttl(s->zh, below(s, "ttl"), "x", 1,
			       &ZOO_OPEN_ACL_UNSAFE, ZOO_PERSISTENT_WITH_TTL,
			       60000, NULL, 0, &stat) == ZOK);
	EXPECT(stat.ephemeralOwner == 0 && stat.dataLength == 1);
	EXPECT(zoo_create_ttl(
		   s->zh, below(s, "ttl-"), "", 0, &ZOO_OPEN_ACL_UNSAFE,
		   ZOO_PERSISTENT_SEQUENTIAL_WITH_TTL, 60000, NULL, 0) == ZOK);
	EXPECT(zoo_exists(s->zh, below(s, "ttl-0000000002"), 0, NULL) == ZOK);
	return true;
}

bool children_come_with_a_stat(struct stage *s)
{
	struct String_vector names;
	struct Stat stat;

	EXPECT(make(s->zh, below(s, "a"), 0) == ZOK);
	EXPECT(make(s->zh, below(s, "b"), 0) == ZOK);
	EXPECT(zoo_get_children(s->zh, s->top, 0, &names) == ZOK);
	EXPECT(names.count == 2);
	deallocate_String_vector(&names);
	EXPECT(zoo_get_children2(s->zh, s->top, 0, &names, &stat) == ZOK);
	EXPECT(names.count == 2 && stat.numChildren == 2 && stat.cversion == 2);
	deallocate_String_vector(&names);
	return true;
}

static bool try_acls(struct stage *s, zhandle_t *stranger)
{
	const char *path = below(s, "mine");
	struct ACL_vector acl;
	struct Stat stat;

	EXPECT(zoo_add_auth(s->zh, "digest", "me:secret", 9, NULL, NULL) ==
	       ZOK);
	EXPECT(zoo_create(s->zh, path, "x", 1, &ZOO_CREATOR_ALL_ACL, 0, NULL,
			  0) == ZOK);
	EXPECT(zoo_get_acl(s->zh, path, &acl, &stat) == ZOK);
	EXPECT(acl.count == 1 && strcmp(acl.data[0].id.scheme, "digest") == 0);
	EXPECT(strncmp(acl.data[0].id.id, "me:", 3) == 0);
	deallocate_ACL_vector(&acl);
	EXPECT(zoo_set(stranger, path, "y", 1, -1) == ZNOAUTH);
	EXPECT(zoo_set_acl(s->zh, path, 0, &ZOO_READ_ACL_UNSAFE) == ZOK);
	EXPECT(zoo_exists(stranger, path, 0, &stat) == ZOK);
	EXPECT(stat.aversion == 1);
	EXPECT(zoo_set(s->zh, path, "y", 1, -1) == ZNOAUTH);
	EXPECT(zoo_create(stranger, below(s, "theirs"), "", 0,
			  &ZOO_CREATOR_ALL_ACL, 0, NULL, 0) == ZINVALIDACL);
	return true;
}

bool acls_are_for_whom_they_name(struct stage *s)
{
	struct ears ears = EARS_INIT;
	zhandle_t *stranger =
	    stage_connect(s->hosts, NULL, &ears, ZOO_CONNECTED_STATE);
	bool well;

	EXPECT(stranger != NULL);
	well = try_acls(s, stranger);
	return zookeeper_close(stranger) == ZOK && well;
}

static bool try_chroot(struct stage *s, zhandle_t *zh)
{
	char made[PATH_BYTES];

	EXPECT(zoo_create(zh, "/inside", "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, made,
			  sizeof(made)) == ZOK);
	EXPECT(strcmp(made, "/inside") == 0);
	EXPECT(zoo_exists(s->zh, below(s, "inside"), 0, NULL) == ZOK);
	return true;
}

bool a_chroot_is_stripped(struct stage *s)
{
	struct ears ears = EARS_INIT;
	char hosts[2 * PATH_BYTES];
	zhandle_t *zh;
	bool well;

	snprintf(hosts, sizeof(hosts), "%s%s", s->hosts, s->top);
	zh = stage_connect(hosts, NULL, &ears, ZOO_CONNECTED_STATE);
	EXPECT(zh != NULL);
	well = try_chroot(s, zh);
	return zookeeper_close(zh) == ZOK && well;
}

bool the_config_is_empty(struct stage *s)
{
	char data[256];
	int len = sizeof(data);
	struct Stat stat;

	EXPECT(zoo_getconfig(s->zh, 0, data, &len, &stat) == ZOK);
	EXPECT(len == 0);
	len = sizeof(data);
	EXPECT(zoo_reconfig(s->zh, "server.9=h:1:2;3", NULL, NULL, -1, data,
			    &len, &stat) == ZRECONFIGDISABLED);
	return true;
}

bool data_may_be_large_but_not_larger(struct stage *s)
{
	enum { LARGE = 1000 * 1000, LARGER = 1024 * 1024 };
	char *data = calloc(1, LARGER);
	int len = LARGER, made, got, refused;

	made = zoo_create(s->zh, below(s, "large"), data, LARGE,
			  &ZOO_OPEN_ACL_UNSAFE, 0, NULL, 0);
	got = zoo_get(s->zh, below(s, "large"), 0, data, &len, NULL);
	refused = zoo_set(s->zh, below(s, "large"), data, LARGER, -1);
	free(data);
	EXPECT(made == ZOK && got == ZOK && len == LARGE);
	EXPECT(refused == ZCONNECTIONLOSS);
	return true;
}
