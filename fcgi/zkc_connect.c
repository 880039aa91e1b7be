#include "config.h"

#include "fcgi/zkc_inner.h"

#include "fcgi/zkc_dial.h"
#include "libhold/clock.h"
#include "libhold/err.h"
#include "libhold/log.h"

#include <unistd.h>

static void begin_connection(struct zkc *zkc, bool fresh)
{
	hf_buf_reset(&zkc->in, ZKC_READ_BYTES);
	hf_buf_reset(&zkc->out, ZKC_READ_BYTES);
	zkc->xid = 1;
	zkc->answered = false;
	zkc->heard_ms = zkc->spoke_ms = hf_clock_ms();
	zk_session_save(zkc->file, &zkc->session);
	zkc->up(zkc->arg, fresh);
}

/* 0, HF_ENOTFOUND (the session has expired), HF_EUNREACHABLE. */
static int try_server(struct zkc *zkc, size_t i)
{
	struct zk_session session = zkc->session;
	struct zkc_dial dial = {
		.wake_fd = zkc->wake_fd,
		.stopping = &zkc->stopping,
		.until_ms = hf_clock_ms() + ZKC_ANSWER_MS,
	};
	int rc = HF_EUNREACHABLE;

	zkc->fd = zkc_dial(&dial, &zkc->url, i);
	if (zkc->fd >= 0)
		rc = zkc_greet(&dial, zkc->fd, &session, ZKC_SESSION_MS,
			       &zkc->timeout_ms);
	if (rc == 0) {
		zkc->session = session;
		return 0;
	}
	if (zkc->fd >= 0)
		close(zkc->fd);
	zkc->fd = -1;
	return rc == HF_ENOTFOUND ? rc : zkc_lost(zkc, dial.why, NULL);
}

static int try_session(struct zkc *zkc, size_t i)
{
	bool fresh = zkc->session.id == 0;
	int rc = try_server(zkc, i);

	if (rc == HF_ENOTFOUND && !fresh) {
		hf_warnx("session expired: the holds of this worker are gone");
		zkc->session = (struct zk_session){ 0 };
		fresh = true;
		rc = try_server(zkc, i);
	}
	if (rc == HF_ENOTFOUND)
		return zkc_lost(zkc, "the server gives no session", NULL);
	if (rc == 0)
		begin_connection(zkc, fresh);
	return rc;
}

int zkc_connect(struct zkc *zkc)
{
	size_t n = zkc->url.path != NULL ? 1 : zkc->url.n;
	int rc = HF_EUNREACHABLE;

	for (size_t i = 0; i < n && rc < 0; i++) {
		if (atomic_load(&zkc->stopping))
			break;
		rc = try_session(zkc, zkc->server);
		zkc->server = (zkc->server + 1) % n;
	}
	return rc;
}
