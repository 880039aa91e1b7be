#include "config.h"

#include "ephemerald/settings.h"

#include "libhold/err.h"
#include "libhold/service.h"

#include <stdio.h>

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
	  .preset = "ephemerald.state",
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
	{ .name = "min-session-timeout",
	  .kind = HF_CONF_INT,
	  .offset = FIELD(min_session_timeout_ms),
	  .preset = "1000",
	  .min = 1,
	  .max = INT32_MAX,
	  .value_name = "MS",
	  .help = "the shortest session timeout that is given" },
	{ .name = "max-session-timeout",
	  .kind = HF_CONF_INT,
	  .offset = FIELD(max_session_timeout_ms),
	  .preset = "600000",
	  .min = 1,
	  .max = INT32_MAX,
	  .value_name = "MS",
	  .help = "the longest session timeout that is given" },
	{ .name = "max-request",
	  .kind = HF_CONF_INT,
	  .offset = FIELD(max_request_bytes),
	  .preset = "1048575",
	  .min = 1024,
	  .max = 64 * MIB,
	  .value_name = "BYTES",
	  .help = "the largest request (ZooKeeper's jute.maxbuffer)" },
	{ .name = "max-output",
	  .kind = HF_CONF_INT,
	  .offset = FIELD(max_output_bytes),
	  .preset = "67108864",
	  .min = 1024,
	  .max = 1024 * MIB,
	  .value_name = "BYTES",
	  .help = "unread replies and events after which a client is "
		  "dropped" },
	{ .name = "max-clients",
	  .kind = HF_CONF_INT,
	  .offset = FIELD(max_clients),
	  .preset = "10000",
	  .min = 1,
	  .max = 1000000,
	  .value_name = "N",
	  .help = "connections at once" },
	{ .name = "max-clients-per-address",
	  .kind = HF_CONF_INT,
	  .offset = FIELD(max_clients_per_address),
	  .preset = "60",
	  .min = 0,
	  .max = 1000000,
	  .value_name = "N",
	  .help = "TCP connections of one address; 0: any number" },
	{ .name = "max-nodes",
	  .kind = HF_CONF_INT,
	  .offset = FIELD(max_nodes),
	  .preset = "10000000",
	  .min = 16,
	  .max = 1000000000,
	  .value_name = "N",
	  .help = "nodes at once" },
	{ .name = "max-memory",
	  .kind = HF_CONF_INT,
	  .offset = FIELD(max_memory_bytes),
	  .preset = "4294967296",
	  .min = MIB,
	  .max = INT64_MAX,
	  .value_name = "BYTES",
	  .help = "memory of all nodes and their data" },
	{ .name = "max-watches",
	  .kind = HF_CONF_INT,
	  .offset = FIELD(max_watches),
	  .preset = "1000000",
	  .min = 1,
	  .max = 1000000000,
	  .value_name = "N",
	  .help = "watches of all clients" },
	{ .name = "container-check",
	  .kind = HF_CONF_INT,
	  .offset = FIELD(container_check_ms),
	  .preset = "60000",
	  .min = 10,
	  .max = INT32_MAX,
	  .value_name = "MS",
	  .help = "how often empty containers and nodes whose time is over "
		  "are looked for" },
	{ .name = "connect-timeout",
	  .kind = HF_CONF_INT,
	  .offset = FIELD(connect_timeout_ms),
	  .preset = "10000",
	  .min = 10,
	  .max = INT32_MAX,
	  .value_name = "MS",
	  .help = "time that a connection has to begin a session" },
	{ .name = "ttl-nodes",
	  .kind = HF_CONF_CHOICE,
	  .offset = FIELD(ttl_nodes),
	  .preset = "no",
	  .choices = no_yes,
	  .value_name = "no|yes",
	  .help = "createTTL may be used (ZooKeeper's extendedTypesEnabled)" },
	{ .name = "enforce-quota",
	  .kind = HF_CONF_CHOICE,
	  .offset = FIELD(enforce_quota),
	  .preset = "no",
	  .choices = no_yes,
	  .value_name = "no|yes",
	  .help = "hard limits of quotas refuse (ZooKeeper's enforceQuota)" },
	{ .name = "four-letter-words",
	  .kind = HF_CONF_STRING,
	  .offset = FIELD(four_letter),
	  .preset = "srvr,ruok,isro,mntr",
	  .value_name = "LIST",
	  .help = "which are answered, with commas between; *: all" },
	{ .name = "log-level",
	  .kind = HF_CONF_CHOICE,
	  .offset = FIELD(log_level),
	  .preset = "info",
	  .choices = log_levels,
	  .value_name = "LEVEL",
	  .help = "the least that is logged" },
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

const struct hf_conf ephemerald_conf = {
	.program = "ephemerald",
	.summary = "A server of ephemeral nodes that speaks the ZooKeeper "
		   "protocol.",
	.settings = table,
};

static int complain(const char *text)
{
	fprintf(stderr, "ephemerald: %s\n", text);
	return HF_EUSAGE;
}

int settings_check(struct settings *settings)
{
	if (settings->unix_path == NULL && settings->tcp == NULL &&
	    hf_service_fds() == 0)
		return complain("nothing to listen on: give --unix PATH or "
				"--tcp ADDR:PORT");
	if (settings->min_session_timeout_ms > settings->max_session_timeout_ms)
		return complain("--min-session-timeout is above "
				"--max-session-timeout");
	return hf_access_read(&settings->access, ephemerald_conf.program,
			      settings->unix_group, settings->allow_uid);
}
