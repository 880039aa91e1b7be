#include "config.h"

#include "lockd/settings.h"

#include "libhold/err.h"
#include "libhold/journal_file.h"
#include "libhold/service.h"

#include <stdio.h>
#include <string.h>

#define FIELD(name) offsetof(struct settings, name)
#define MIB         (INT64_C(1024) * 1024)

static const char *const durabilities[] = { "always", "everysec", "none",
					    NULL };
static const char *const log_levels[] = { "debug", "info", "warn", NULL };

static const char *const no_yes[] = { "no", "yes", NULL };

static const struct hf_conf_setting table[] = {
	{ .name = "config",
	  .kind = HF_CONF_FILE,
	  .offset = FIELD(config),
	  .value_name = "FILE",
	  .help = "lines \"name value\" with these settings; flags win" },
	{ .name = "unix",
	  .kind = HF_CONF_STRING,
	  .offset = FIELD(unix_path),
	  .value_name = "PATH",
	  .help = "listen on a Unix socket" },
	{ .name = "unix-mode",
	  .kind = HF_CONF_OCTAL,
	  .offset = FIELD(unix_mode),
	  .preset = "660",
	  .min = 0,
	  .max = 0777,
	  .value_name = "OCTAL",
	  .help = "permissions of the Unix socket" },
	{ .name = "unix-group",
	  .kind = HF_CONF_STRING,
	  .offset = FIELD(unix_group),
	  .value_name = "GROUP",
	  .help = "the group of the Unix socket, by name or number" },
	{ .name = "allow-uid",
	  .kind = HF_CONF_STRING,
	  .offset = FIELD(allow_uid),
	  .value_name = "UID[,UID...]",
	  .help = "users who may connect to Unix sockets, by name or number; "
		  "none given: whom the permissions let" },
	{ .name = "tcp",
	  .kind = HF_CONF_STRING,
	  .offset = FIELD(tcp),
	  .value_name = "ADDR:PORT",
	  .help = "listen on TCP; port 0 takes any" },
	{ .name = "dir",
	  .kind = HF_CONF_STRING,
	  .offset = FIELD(dir),
	  .preset = "lockd.state",
	  .value_name = "DIR",
	  .help = "where the journal lives; made if it is not there" },
	{ .name = "repair",
	  .kind = HF_CONF_BOOL,
	  .offset = FIELD(repair),
	  .help = "start with what can be read of a damaged journal" },
	{ .name = "durability",
	  .kind = HF_CONF_CHOICE,
	  .offset = FIELD(durability),
	  .preset = "always",
	  .choices = durabilities,
	  .value_name = "WHEN",
	  .help = "when a reply may leave: after the disk has its change, "
		  "before (at most a second is lost), or nothing is kept" },
	{ .name = "max-clients",
	  .kind = HF_CONF_INT,
	  .offset = FIELD(max_clients),
	  .preset = "10000",
	  .min = 1,
	  .max = 1000000,
	  .value_name = "N",
	  .help = "connections at once" },
	{ .name = "max-memory",
	  .kind = HF_CONF_INT,
	  .offset = FIELD(max_memory_bytes),
	  .preset = "0",
	  .min = 0,
	  .max = INT64_MAX,
	  .value_name = "BYTES",
	  .help = "of keys, guards, locks and who waits for them, open "
		  "transactions; past it what would add to them is refused, "
		  "nothing is evicted; 0: no limit" },
	{ .name = "max-request",
	  .kind = HF_CONF_INT,
	  .offset = FIELD(max_request_bytes),
	  .preset = "67108864",
	  .min = 1024,
	  /* A change must fit into a record of the journal. */
	  .max = JOURNAL_RECORD_MAX - MIB,
	  .value_name = "BYTES",
	  .help = "the largest request" },
	{ .name = "max-output",
	  .kind = HF_CONF_INT,
	  .offset = FIELD(max_output_bytes),
	  .preset = "67108864",
	  .min = 1024,
	  .max = 1024 * MIB,
	  .value_name = "BYTES",
	  .help = "unread replies after which a client is dropped" },
	{ .name = "max-transaction",
	  .kind = HF_CONF_INT,
	  .offset = FIELD(max_transaction_bytes),
	  .preset = "67108864",
	  .min = 1024,
	  .max = 1024 * MIB,
	  .value_name = "BYTES",
	  .help = "what one client may queue after MULTI, and may watch" },
	{ .name = "script-memory",
	  .kind = HF_CONF_INT,
	  .offset = FIELD(script_memory_bytes),
	  .preset = "67108864",
	  .min = MIB,
	  .max = 4096 * MIB,
	  .value_name = "BYTES",
	  .help = "memory of all scripts" },
	{ .name = "script-instructions",
	  .kind = HF_CONF_INT,
	  .offset = FIELD(script_instructions),
	  .preset = "50000000",
	  .min = 1000,
	  .max = INT64_MAX,
	  .value_name = "N",
	  .help = "Lua instructions of one run" },
	{ .name = "script-time",
	  .kind = HF_CONF_INT,
	  .offset = FIELD(script_time_ms),
	  .preset = "5000",
	  .min = 1,
	  .max = INT64_MAX,
	  .value_name = "MS",
	  .help = "time of one script's run" },
	{ .name = "log-level",
	  .kind = HF_CONF_CHOICE,
	  .offset = FIELD(log_level),
	  .preset = "info",
	  .choices = log_levels,
	  .value_name = "LEVEL",
	  .help = "the least that is logged" },
	{ .name = "password-file",
	  .kind = HF_CONF_STRING,
	  .offset = FIELD(password_file),
	  .value_name = "FILE",
	  .help = "clients have to give the password on its first line" },
	{ .name = "debug-commands",
	  .kind = HF_CONF_CHOICE,
	  .offset = FIELD(debug_commands),
	  .preset = "no",
	  .choices = no_yes,
	  .value_name = "no|yes",
	  .help = "DEBUG may be used: for tests only" },
	{ .name = "ready-fd",
	  .kind = HF_CONF_INT,
	  .offset = FIELD(ready_fd),
	  .preset = "-1",
	  .min = -1,
	  .max = 1 << 20,
	  .value_name = "FD",
	  .help = "gets a newline when connections are taken" },
	{ .name = NULL },
};

const struct hf_conf lockd_conf = {
	.program = "lockd",
	.summary = "A lock server that speaks the Redis protocol.",
	.settings = table,
};

int settings_check(struct settings *settings)
{
	if (settings->unix_path == NULL && settings->tcp == NULL &&
	    hf_service_fds() == 0) {
		fprintf(stderr, "lockd: nothing to listen on: give --unix PATH "
				"or --tcp ADDR:PORT\n");
		return HF_EUSAGE;
	}
	return hf_access_read(&settings->access, lockd_conf.program,
			      settings->unix_group, settings->allow_uid);
}
