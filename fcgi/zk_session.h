/*
 * A session with a ZooKeeper service, and the file that keeps it over a
 * restart of the worker.
 *
 * The file (0600: who reads it can take the session) is bound to the URL it
 * was made for and locked while in use. What cannot be read of it is no
 * session. Nothing of it needs to survive a power cut: the session would not.
 */
#ifndef FCGI_ZK_SESSION_H
#define FCGI_ZK_SESSION_H

#include "libhold/zkcodes.h"

enum { ZK_SESSION_URL_MAX = 4096 }; /* bytes of the URL's text */

struct zk_session {
	int64_t id; /* 0: none */
	unsigned char password[ZK_PASSWORD_BYTES];
};

struct zk_session_file;

/*
 * The session that path keeps for url, or one with id 0. NULL, and one line in
 * the log, when the file cannot be had or another process uses it; the worker
 * then goes on, but its holds will not outlive it.
 */
struct zk_session_file *zk_session_open(const char *path, const char *url,
					struct zk_session *session_out);

/* Keeps session from now on. file may be NULL. */
void zk_session_save(struct zk_session_file *file,
		     const struct zk_session *session);

/* The file stays. Harmless when *file is NULL; sets it to NULL. */
void zk_session_close(struct zk_session_file **file);

#endif
