/* libzookeeper's sessions: resumed, moved, refused, cut. */
#include "config.h"

#include "stage.h"

#include <dirent.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* What another process of this program does: a node, and no good-bye. */
int leave_a_node(const char *hosts, const char *path)
{
	struct ears ears = EARS_INIT;
	zhandle_t *zh = stage_connect(hosts, NULL, &ears, ZOO_CONNECTED_STATE);

	if (zh == NULL || make(zh, path, ZOO_EPHEMERAL) != ZOK)
		return 1;
	fwrite(zoo_client_id(zh), sizeof(clientid_t), 1, stdout);
	fflush(stdout);
	_exit(0);
}

static bool left_a_node(const struct stage *s, const char *path,
			clientid_t *id_out)
{
	char command[4 * PATH_BYTES];
	FILE *other;
	size_t got;

	snprintf(command, sizeof(command), "'%s' '%s' '%s'", s->program,
		 s->hosts, path);
	other = popen(command, "r");
	if (other == NULL)
		return false;
	got = fread(id_out, sizeof(*id_out), 1, other);
	return pclose(other) == 0 && got == 1;
}

static bool try_resumed(struct stage *s, zhandle_t *zh, const char *path,
			int64_t id)
{
	struct Stat stat;

	EXPECT(zoo_client_id(zh)->client_id == id);
	EXPECT(zoo_recv_timeout(zh) == SESSION_MS);
	EXPECT(zoo_exists(s->zh, path, 0, &stat) == ZOK);
	EXPECT(stat.ephemeralOwner == id);
	EXPECT(zoo_delete(zh, path, 0) == ZOK);
	EXPECT(make(zh, path, ZOO_EPHEMERAL) == ZOK);
	return true;
}

bool a_session_outlives_its_process(struct stage *s)
{
	struct ears ears = EARS_INIT;
	const char *path = below(s, "mine");
	clientid_t id;
	zhandle_t *zh;
	bool well;

	EXPECT(left_a_node(s, path, &id));
	zh = stage_connect(s->hosts, &id, &ears, ZOO_CONNECTED_STATE);
	EXPECT(zh != NULL);
	well = try_resumed(s, zh, path, id.client_id);
	EXPECT(zookeeper_close(zh) == ZOK && well);
	EXPECT(zoo_exists(s->zh, path, 0, NULL) == ZNONODE);
	return true;
}

static bool is_refused(const struct stage *s, const clientid_t *id)
{
	struct ears ears = EARS_INIT;
	zhandle_t *zh =
	    stage_connect(s->hosts, id, &ears, ZOO_EXPIRED_SESSION_STATE);

	EXPECT(zh != NULL);
	EXPECT(is_unrecoverable(zh) == ZINVALIDSTATE);
	zookeeper_close(zh);
	return true;
}

/* ZooKeeper cuts the owner's connection before it looks at the password. */
static bool is_unharmed(struct stage *s)
{
	enum { TRIES = 100 };
	int rc = ZCONNECTIONLOSS;

	for (int i = 0; rc == ZCONNECTIONLOSS && i < TRIES; i++)
		rc = zoo_exists(s->zh, s->top, 0, NULL);
	EXPECT(rc == ZOK);
	return true;
}

bool a_wrong_password_gets_no_session(struct stage *s)
{
	clientid_t id = *zoo_client_id(s->zh);

	id.passwd[15] ^= 1;
	EXPECT(is_refused(s, &id));
	EXPECT(is_unharmed(s));
	EXPECT(zoo_client_id(s->zh)->client_id == id.client_id);
	return true;
}

bool an_unknown_session_is_over(struct stage *s)
{
	clientid_t id = *zoo_client_id(s->zh);

	id.client_id ^= 0x5555;
	return is_refused(s, &id);
}

bool a_session_moves_to_who_asks(struct stage *s)
{
	struct ears ears = EARS_INIT;
	const char *path = below(s, "mine");
	clientid_t id;
	zhandle_t *first, *second;

	EXPECT(left_a_node(s, path, &id));
	first = stage_connect(s->hosts, &id, &ears, ZOO_CONNECTED_STATE);
	EXPECT(first != NULL);
	second = stage_connect(s->hosts, zoo_client_id(first), &ears,
			       ZOO_CONNECTED_STATE);
	EXPECT(second != NULL);
	/* They take it from each other; it is never lost by that. */
	EXPECT(zoo_exists(s->zh, path, 0, NULL) == ZOK);
	zookeeper_close(second);
	zookeeper_close(first);
	return true;
}

/* Ends every connection of this process, as a network would. */
static int cut(void)
{
	DIR *folder = opendir("/proc/self/fd");
	struct dirent *entry;
	int cuts = 0;

	while (folder != NULL && (entry = readdir(folder)) != NULL) {
		struct sockaddr_in peer;
		socklen_t len = sizeof(peer);
		int fd = atoi(entry->d_name);

		if (getpeername(fd, (struct sockaddr *)&peer, &len) == 0 &&
		    peer.sin_family == AF_INET && shutdown(fd, SHUT_RDWR) == 0)
			cuts++;
	}
	if (folder != NULL)
		closedir(folder);
	return cuts;
}

static bool try_cut(struct stage *s, zhandle_t *zh, struct ears *state)
{
	struct ears data = EARS_INIT, made = EARS_INIT, names = EARS_INIT;
	int64_t id = zoo_client_id(zh)->client_id;
	struct String_vector found;
	char bytes[8];
	int len = sizeof(bytes), heard;

	EXPECT(zoo_wget(zh, s->top, ears_hear_nodes, &data, bytes, &len,
			NULL) == ZOK);
	EXPECT(zoo_wexists(zh, below(s, "a"), ears_hear_nodes, &made, NULL) ==
	       ZNONODE);
	EXPECT(zoo_wget_children(zh, s->top, ears_hear_nodes, &names, &found) ==
	       ZOK);
	deallocate_String_vector(&found);
	heard = state->heard;
	EXPECT(cut() >= 1);
	EXPECT(ears_wait(state, heard + 2));
	EXPECT(ears_wait_state(state, ZOO_CONNECTED_STATE));
	EXPECT(zoo_client_id(zh)->client_id == id);
	EXPECT(zoo_set(zh, s->top, "x", 1, -1) == ZOK);
	EXPECT(make(zh, below(s, "a"), 0) == ZOK);
	EXPECT(ears_wait(&data, 1) && ears_wait(&made, 1));
	EXPECT(ears_wait(&names, 1));
	return true;
}

bool a_cut_connection_comes_back_with_its_watches(struct stage *s)
{
	struct ears state = EARS_INIT;
	zhandle_t *zh =
	    stage_connect(s->hosts, NULL, &state, ZOO_CONNECTED_STATE);
	bool well;

	EXPECT(zh != NULL);
	well = try_cut(s, zh, &state);
	zookeeper_close(zh);
	return well;
}
