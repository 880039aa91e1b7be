#include "config.h"

#include "ephemerald/session.h"

#include "libhold/mem.h"

#include <assert.h>
#include <stdlib.h>

struct sessions {
	struct hf_table *by_id;
	struct hf_heap due;
	uint64_t seed;
	int64_t last_id;
	int64_t shift_ms;
};

static struct session *of_item(struct hf_heap_item *item)
{
	return HF_CONTAINER_OF(item, struct session, due);
}

static struct hf_slice id_bytes(const int64_t *id)
{
	return (struct hf_slice){ (const char *)id, sizeof(*id) };
}

static bool same_id(const struct hf_table_node *link, struct hf_slice key)
{
	const struct session *session =
	    HF_CONTAINER_OF(link, const struct session, link);

	return memcmp(&session->id, key.data, sizeof(session->id)) == 0;
}

static uint32_t hash_of(const struct sessions *sessions, const int64_t *id)
{
	return hf_table_hash(sessions->seed, id_bytes(id));
}

struct sessions *sessions_new(uint64_t seed)
{
	struct sessions *sessions = hf_new(struct sessions);

	sessions->by_id = hf_table_new();
	sessions->seed = seed;
	hf_heap_init(&sessions->due);
	return sessions;
}

void sessions_free(struct sessions **sessions)
{
	struct hf_heap_item *item;

	while ((item = hf_heap_first(&(*sessions)->due)) != NULL)
		session_remove(*sessions, of_item(item));
	hf_heap_fini(&(*sessions)->due);
	hf_table_free(&(*sessions)->by_id);
	free(*sessions);
	*sessions = NULL;
}

size_t sessions_count(const struct sessions *sessions)
{
	return hf_table_count(sessions->by_id);
}

size_t sessions_memory(const struct sessions *sessions)
{
	return sessions_count(sessions) * sizeof(struct session) +
	       hf_table_memory(sessions->by_id);
}

/* The upper byte is 1: no owner that is no session looks like that. */
int64_t sessions_next_id(struct sessions *sessions, int64_t wall_ms)
{
	const uint64_t clock_mask = UINT64_C(0xffffffffffff) << 12;
	uint64_t id = (uint64_t)wall_ms << 12 & clock_mask;

	id = (id & UINT64_C(0x00ffffffffffffff)) | UINT64_C(1) << 56;
	if ((int64_t)id <= sessions->last_id)
		id = (uint64_t)sessions->last_id + 1;
	sessions->last_id = (int64_t)id;
	return sessions->last_id;
}

struct session *session_add(struct sessions *sessions, int64_t id,
			    struct hf_slice password, int32_t timeout_ms,
			    int64_t now_ms)
{
	struct session *session = hf_new(struct session);

	assert(password.len == sizeof(session->password));
	session->id = id;
	memcpy(session->password, password.data, password.len);
	session->timeout_ms = timeout_ms;
	session->heard_ms = now_ms - sessions->shift_ms;
	hf_table_insert(sessions->by_id, &session->link,
			hash_of(sessions, &id));
	hf_heap_set(&sessions->due, &session->due,
		    session->heard_ms + timeout_ms);
	if (id > sessions->last_id)
		sessions->last_id = id;
	return session;
}

void session_remove(struct sessions *sessions, struct session *session)
{
	hf_heap_remove(&sessions->due, &session->due);
	hf_table_remove(sessions->by_id, &session->link);
	free(session);
}

struct session *session_find(struct sessions *sessions, int64_t id)
{
	struct hf_table_node *link = hf_table_find(
	    sessions->by_id, hash_of(sessions, &id), same_id, id_bytes(&id));

	return link == NULL ? NULL
			    : HF_CONTAINER_OF(link, struct session, link);
}

bool session_password_is(const struct session *session,
			 struct hf_slice password)
{
	unsigned differs = 0;

	if (password.len != sizeof(session->password))
		return false;
	for (size_t i = 0; i < password.len; i++)
		differs |=
		    (unsigned char)(session->password[i] ^ password.data[i]);
	return differs == 0;
}

void session_heard(struct sessions *sessions, struct session *session,
		   int64_t now_ms)
{
	session->heard_ms = now_ms - sessions->shift_ms;
}

void session_set_timeout(struct sessions *sessions, struct session *session,
			 int32_t timeout_ms)
{
	session->timeout_ms = timeout_ms;
	hf_heap_set(&sessions->due, &session->due,
		    session->heard_ms + timeout_ms);
}

int64_t session_due_ms(const struct sessions *sessions,
		       const struct session *session)
{
	return session->heard_ms + session->timeout_ms + sessions->shift_ms;
}

struct session *sessions_due(struct sessions *sessions, int64_t now_ms)
{
	int64_t ours_ms = now_ms - sessions->shift_ms;
	struct hf_heap_item *item;

	while ((item = hf_heap_first(&sessions->due)) != NULL &&
	       item->due_ms <= ours_ms) {
		struct session *session = of_item(item);
		int64_t due_ms = session->heard_ms + session->timeout_ms;

		if (due_ms <= item->due_ms)
			return session;
		hf_heap_set(&sessions->due, item, due_ms);
	}
	return NULL;
}

int64_t sessions_next_due_ms(const struct sessions *sessions)
{
	int64_t next_ms = hf_heap_next_ms(&sessions->due);

	return next_ms == HF_NEVER ? HF_NEVER : next_ms + sessions->shift_ms;
}

void sessions_shift(struct sessions *sessions, int64_t by_ms)
{
	sessions->shift_ms += by_ms;
}

struct hear {
	struct sessions *sessions;
	int64_t now_ms;
};

static void hear(void *arg, struct session *session)
{
	struct hear *all = arg;

	session_heard(all->sessions, session, all->now_ms);
	session_set_timeout(all->sessions, session, session->timeout_ms);
}

void sessions_hear_all(struct sessions *sessions, int64_t now_ms)
{
	struct hear all = { sessions, now_ms };
	uint64_t cursor = 0;

	do {
		cursor = sessions_scan(sessions, cursor, hear, &all);
	} while (cursor != 0);
}

struct scan {
	session_each_fn *each;
	void *arg;
};

static void give(void *arg, struct hf_table_node *link)
{
	struct scan *scan = arg;

	scan->each(scan->arg, HF_CONTAINER_OF(link, struct session, link));
}

uint64_t sessions_scan(struct sessions *sessions, uint64_t cursor,
		       session_each_fn *each, void *arg)
{
	struct scan scan = { each, arg };

	return hf_table_scan(sessions->by_id, cursor, give, &scan);
}
