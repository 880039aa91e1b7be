/*
 * ephemerald's settings and the table that reads them.
 */
#ifndef EPHEMERALD_SETTINGS_H
#define EPHEMERALD_SETTINGS_H

#include "libhold/access.h"
#include "libhold/conf.h"

enum durability { DURABILITY_ALWAYS, DURABILITY_EVERYSEC, DURABILITY_NONE };

struct settings {
	struct hf_conf_file config;
	const char *unix_path;   /* NULL: no Unix socket */
	int64_t unix_mode;       /* its permission bits */
	const char *unix_group;  /* NULL: the process's */
	const char *allow_uid;   /* NULL: whom the permissions let */
	struct hf_access access; /* what these two name */
	const char *tcp;         /* "ADDR:PORT"; NULL: no TCP */
	const char *dir;         /* where the journal lives */
	bool repair;             /* take what can be read of a damaged one */
	int durability;          /* enum durability */
	int log_level;           /* enum hf_log_level */
	int64_t min_session_timeout_ms;
	int64_t max_session_timeout_ms;
	int64_t max_request_bytes; /* ZooKeeper's jute.maxbuffer */
	int64_t max_output_bytes;
	int64_t max_clients;
	int64_t max_clients_per_address; /* 0: any number */
	int64_t max_nodes;
	int64_t max_memory_bytes;
	int64_t max_watches;
	int64_t max_sessions;
	int64_t container_check_ms;
	int64_t connect_timeout_ms;
	int64_t disk_timeout_ms;
	int ttl_nodes;           /* 0 or 1 */
	int enforce_quota;       /* 0 or 1 */
	const char *four_letter; /* words, with commas between; "*": all */
	int64_t ready_fd;        /* -1: none */
};

extern const struct hf_conf ephemerald_conf;

/* What the table cannot check; one line on standard error. 0 or HF_EUSAGE. */
int settings_check(struct settings *settings) HF_MUSTUSE;

#endif
