#include "config.h"

#include "fcgi/settings.h"

#include "fcgi/post.h"
#include "fcgi/redis_url.h"
#include "fcgi/zk_url.h"
#include "libhold/err.h"
#include "libhold/service.h"
#include "libhold/slice.h"

#include <stdio.h>
#include <stdlib.h>

#define FIELD(name) offsetof(struct settings, name)

static const char *const log_levels[] = { "debug", "info", "warn", NULL };

static const struct hf_conf_setting table[] = {
	{ .name = "socket",
	  .kind = HF_CONF_STRING,
	  .offset = FIELD(socket_path),
	  .value_name = "PATH",
	  .help = "the Unix socket that nginx connects to; not needed where "
		  "the service manager passes one" },
	{ .name = "threads",
	  .kind = HF_CONF_INT,
	  .offset = FIELD(threads),
	  .preset = "8",
	  .min = 1,
	  .max = 256,
	  .value_name = "N",
	  .help = "requests served at once" },
	{ .name = "log-level",
	  .kind = HF_CONF_CHOICE,
	  .offset = FIELD(log_level),
	  .preset = "info",
	  .choices = log_levels,
	  .value_name = "LEVEL",
	  .help = "the least that is logged" },
	{ .name = NULL },
};

const struct hf_conf worker_conf = {
	.program = "ticketing.fcgi",
	.summary = "Reserves and books tickets, behind nginx. Environment: "
		   "LOCK_TYPE, LOCK_URL or\nNODE_URL, DATABASE_URL, "
		   "HOLD_SECONDS, PUBLISH_URL, SECRET_FILE.",
	.settings = table,
};

static int complain(const char *name, const char *what)
{
	fprintf(stderr, "ticketing.fcgi: %s %s\n", name, what);
	return HF_EUSAGE;
}

static int parse_lock_type(struct settings *settings)
{
	const char *type = getenv("LOCK_TYPE");

	settings->lock_type = LOCK_DISTRIBUTED;
	if (type == NULL || strcmp(type, "distributed_lock") == 0)
		return 0;
	settings->lock_type = LOCK_EPHEMERAL;
	if (strcmp(type, "ephemeral_node") == 0)
		return 0;
	return complain("LOCK_TYPE", "takes distributed_lock or "
				     "ephemeral_node");
}

static int parse_hold_seconds(struct settings *settings)
{
	const char *text = getenv("HOLD_SECONDS");
	int64_t seconds = 120;

	if (text != NULL && (hf_slice_int64(hf_slice_of(text), &seconds) < 0 ||
			     seconds < 1 || seconds > 86400))
		return complain("HOLD_SECONDS",
				"takes a whole number from 1 to 86400");
	settings->hold_ms = seconds * 1000;
	return 0;
}

/* Without one the published calls work, and there are no identities. */
static int parse_secret(struct settings *settings)
{
	const char *path = getenv("SECRET_FILE");
	const char *reason = NULL;

	if (path == NULL || path[0] == '\0')
		return 0;
	settings->secret = secret_load(path, &reason);
	return settings->secret != NULL
		   ? 0
		   : complain("SECRET_FILE cannot be used:", reason);
}

static int parse_node_url(struct settings *settings)
{
	struct zk_url parsed;
	const char *reason = NULL;

	settings->lock_url = getenv("NODE_URL");
	if (settings->lock_url == NULL)
		return complain("NODE_URL", "is needed: unix:///path or "
					    "zk://host:port,.../chroot");
	if (zk_url_parse(settings->lock_url, &parsed, &reason) < 0)
		return complain("NODE_URL cannot be read:", reason);
	zk_url_fini(&parsed);
	return 0;
}

/* Looked at here, so that a wrong one ends the worker before it listens. */
static int parse_lock_url(struct settings *settings)
{
	struct redis_url parsed;
	const char *reason = NULL;

	if (settings->lock_type == LOCK_EPHEMERAL)
		return parse_node_url(settings);
	settings->lock_url = getenv("LOCK_URL");
	if (settings->lock_url == NULL)
		return complain("LOCK_URL", "is needed: unix:///path, "
					    "redis://, redis+sentinel:// or "
					    "redis+cluster://");
	if (redis_url_parse(settings->lock_url, &parsed, &reason) < 0)
		return complain("LOCK_URL cannot be read:", reason);
	redis_url_fini(&parsed);
	return 0;
}

/* Without one nobody is told, and all else is the same. */
static int parse_publish_url(struct settings *settings)
{
	const char *url = getenv("PUBLISH_URL");
	const char *reason;
	char *path = NULL;

	if (url == NULL || url[0] == '\0')
		return 0;
	reason = post_url_parse(url, &path);
	free(path);
	if (reason != NULL)
		return complain("PUBLISH_URL cannot be read:", reason);
	settings->publish_url = url;
	return 0;
}

int settings_from_environment(struct settings *settings)
{
	if (settings->socket_path == NULL && hf_service_fds() == 0)
		return complain("--socket PATH", "is needed");
	if (parse_lock_type(settings) < 0 || parse_lock_url(settings) < 0 ||
	    parse_hold_seconds(settings) < 0)
		return HF_EUSAGE;
	settings->database_url = getenv("DATABASE_URL");
	if (settings->database_url == NULL)
		return complain("DATABASE_URL", "is needed: "
						"postgresql://…");
	if (parse_publish_url(settings) < 0)
		return HF_EUSAGE;
	return parse_secret(settings);
}

void settings_fini(struct settings *settings)
{
	secret_free(&settings->secret);
}
