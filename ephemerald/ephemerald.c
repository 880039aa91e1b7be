#include "config.h"

#include "ephemerald/ephemerald.h"

#include "ephemerald/chance.h"
#include "ephemerald/events.h"
#include "ephemerald/persist.h"
#include "ephemerald/reaper.h"
#include "ephemerald/txn.h"
#include "libhold/clock.h"
#include "libhold/log.h"

/* Sessions that end in one turn: a crowd that dies together delays no one. */
enum { EXPIRE_PER_TURN = 64, RETRY_MS = 100 };

void ephemerald_init(struct ephemerald *e, const struct settings *settings)
{
	const struct zdb_limits limits = {
		.max_nodes = (size_t)settings->max_nodes,
		.max_memory = (size_t)settings->max_memory_bytes,
		.max_watches = (size_t)settings->max_watches,
		.max_sessions = (size_t)settings->max_sessions,
		.ttl_nodes = settings->ttl_nodes != 0,
		.enforce_quota = settings->enforce_quota != 0,
	};
	uint64_t seed;

	*e = (struct ephemerald){ .settings = *settings };
	chance_fill(&seed, sizeof(seed));
	zdb_init(&e->db, seed, &limits, events_tell, e);
	hf_list_init(&e->clients);
	hf_list_init(&e->strangers);
	hf_buf_init(&e->body, (size_t)settings->max_output_bytes);
	if (settings->durability != DURABILITY_NONE)
		return;
	/* Nothing is kept: the clock keeps numbers from coming again. */
	e->db.zxid = hf_wall_ms() << 16;
	e->db.zxid_ceiling = INT64_MAX;
}

void ephemerald_fini(struct ephemerald *e)
{
	zdb_fini(&e->db);
	hf_buf_fini(&e->body);
}

bool ephemerald_end_session(struct ephemerald *e, struct session *session)
{
	struct client *client = session->client;
	struct txn txn;

	if (persist_refusing(e->persist) != NULL)
		return false;
	if (client != NULL)
		client->session = NULL;
	session->client = NULL;
	txn_begin(&txn, &e->db, NULL, hf_wall_ms());
	txn_end_session(&txn, session);
	txn_commit(&txn);
	return true;
}

static bool expire_one(struct ephemerald *e, struct session *session)
{
	struct client *client = session->client;
	int64_t id = session->id;

	if (!ephemerald_end_session(e, session))
		return false;
	e->stats.expired++;
	hf_debug("session expired id=0x%llx", (unsigned long long)id);
	if (client != NULL) {
		client->over = true;
		client->ops->kill(client);
	}
	return true;
}

/* Whose answer waits for the disk is silent for that (libzookeeper is). */
static bool waits_for_us(const struct session *session)
{
	struct client *client = session->client;

	return client != NULL && client->ops->waits(client);
}

/* When to come again. */
static int64_t expire(struct ephemerald *e, int64_t now_ms)
{
	struct session *session;

	for (int i = 0; i < EXPIRE_PER_TURN; i++) {
		session = sessions_due(e->db.sessions, now_ms);
		if (session == NULL)
			return sessions_next_due_ms(e->db.sessions);
		if (waits_for_us(session))
			session_heard(e->db.sessions, session, now_ms);
		else if (!expire_one(e, session))
			return now_ms + RETRY_MS;
	}
	return now_ms;
}

/* Who has connected and begins no session. */
static int64_t drop_strangers(struct ephemerald *e, int64_t now_ms)
{
	HF_LIST_FOREACH (it, &e->strangers) {
		struct client *client =
		    HF_CONTAINER_OF(it, struct client, stranger);
		int64_t due_ms =
		    client->opened_ms + e->settings.connect_timeout_ms;

		if (due_ms > now_ms)
			return due_ms;
		hf_list_remove(&client->stranger);
		client->over = true;
		client->ops->kill(client);
	}
	return HF_NEVER;
}

int64_t ephemerald_tick(struct ephemerald *e, int64_t now_ms)
{
	int64_t next_ms = expire(e, now_ms);
	int64_t reap_ms = reaper_tick(e, now_ms);
	int64_t drop_ms = drop_strangers(e, now_ms);

	next_ms = reap_ms < next_ms ? reap_ms : next_ms;
	return drop_ms < next_ms ? drop_ms : next_ms;
}
