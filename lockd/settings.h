/*
 * lockd's settings and the table that reads them.
 */
#ifndef LOCKD_SETTINGS_H
#define LOCKD_SETTINGS_H

#include "libhold/access.h"
#include "libhold/conf.h"

enum durability { DURABILITY_ALWAYS, DURABILITY_EVERYSEC, DURABILITY_NONE };

struct settings {
	struct hf_conf_file config;
	const char *unix_path;              /* NULL: no Unix socket */
	int64_t unix_mode;                  /* its permission bits */
	const char *unix_group, *allow_uid; /* NULL: none */
	struct hf_access access;            /* what these two name */
	const char *tcp;                    /* "ADDR:PORT"; NULL: no TCP */
	const char *dir;                    /* where the journal lives */
	bool repair;    /* take what can be read of a damaged one */
	int durability; /* enum durability */
	int log_level;  /* enum hf_log_level */
	int64_t max_clients;
	int64_t max_memory_bytes; /* 0: no limit */
	int64_t max_request_bytes;
	int64_t max_output_bytes;
	int64_t max_transaction_bytes;
	int64_t script_memory_bytes;
	int64_t script_instructions;
	int64_t script_time_ms;
	const char *password_file; /* NULL: nobody is asked for one */
	int debug_commands;        /* 0, or 1: for tests */
	int64_t ready_fd;          /* -1: none */
};

extern const struct hf_conf lockd_conf;

/* What the table cannot check; one line on standard error. 0 or HF_EUSAGE. */
int settings_check(struct settings *settings) HF_MUSTUSE;

#endif
