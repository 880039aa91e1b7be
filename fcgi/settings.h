/*
 * The worker's settings: flags for what differs from worker to worker,
 * environment for what is the site's.
 */
#ifndef FCGI_SETTINGS_H
#define FCGI_SETTINGS_H

#include "fcgi/secret.h"
#include "libhold/conf.h"

enum lock_type { LOCK_DISTRIBUTED, LOCK_EPHEMERAL };

struct settings {
	const char *socket_path;
	int64_t threads;
	int log_level; /* enum hf_log_level */
	/* From the environment; strings live as long as it. */
	enum lock_type lock_type;
	const char *lock_url; /* LOCK_URL or NODE_URL, by the type */
	const char *database_url;
	const char *publish_url; /* NULL: nobody watches */
	int64_t hold_ms;
	struct secret *secret; /* from SECRET_FILE; NULL: none is set */
};

extern const struct hf_conf worker_conf;

/*
 * Fills in what the environment says. 0, or HF_EUSAGE after a line on
 * standard error that says what to set.
 */
int settings_from_environment(struct settings *settings) HF_MUSTUSE;
void settings_fini(struct settings *settings);

#endif
