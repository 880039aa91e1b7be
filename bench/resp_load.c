/*
 * How many locks a second a RESP server gives: SET key value NX PX from n
 * clients over a Unix socket, one command in flight each.
 */
#include "config.h"

#include "bench/load.h"
#include "libhold/conf.h"
#include "libhold/err.h"
#include "libhold/log.h"
#include "libhold/mem.h"

#include <stdio.h>
#include <stdlib.h>

struct settings {
	const char *unix_path;
	int64_t clients, keys, ttl_ms, warm_up_ms, run_ms;
};

#define FIELD(f) offsetof(struct settings, f)
static const struct hf_conf_setting table[] = {
	{ "unix", HF_CONF_STRING, FIELD(unix_path), "", 0, 0, NULL, "PATH",
	  "the server's socket" },
	{ "clients", HF_CONF_INT, FIELD(clients), "50", 1, 10000, NULL, "N",
	  "connections, one command in flight each" },
	{ "keys", HF_CONF_INT, FIELD(keys), "100000", 1, 100000000, NULL, "N",
	  "how many keys the commands are spread over" },
	{ "ttl-ms", HF_CONF_INT, FIELD(ttl_ms), "1000", 1, 86400000, NULL, "MS",
	  "how long each lock lasts" },
	{ "warm-up-ms", HF_CONF_INT, FIELD(warm_up_ms), "1000", 0, 600000, NULL,
	  "MS", "load that is not counted" },
	{ "run-ms", HF_CONF_INT, FIELD(run_ms), "5000", 1, 600000, NULL, "MS",
	  "load that is counted" },
	{ 0 },
};
static const struct hf_conf conf = {
	"resp_load", "SET key value NX PX from many clients at once", table
};

struct locks {
	const struct settings *settings;
	char ttl[24];
	size_t ttl_len;
	bool complained;
	uint64_t random;
};

/* xorshift64*: S. Vigna, "An experimental exploration of Marsaglia's
 * xorshift generators, scrambled", 2016. */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(0x2545f4914f6cdd1d);
}

static bool ask_lock(void *arg, unsigned client, bool first, struct hf_buf *out)
{
	struct locks *locks = arg;
	uint64_t key =
	    next_random(&locks->random) % (uint64_t)locks->settings->keys;

	HF_UNUSED(first);
	hf_buf_printf(out,
		      "*6\r\n$3\r\nSET\r\n$16\r\nlock:%011llu\r\n"
		      "$8\r\n%08u\r\n$2\r\nNX\r\n$2\r\nPX\r\n$%zu\r\n%s\r\n",
		      (unsigned long long)key, client, locks->ttl_len,
		      locks->ttl);
	return true;
}

/* Taken ("+OK") and held ("$-1", or "_" in RESP3) are both good answers. */
static enum load_verdict judge_lock(void *arg, unsigned client,
				    struct hf_slice in,
				    struct load_reply *reply_out)
{
	struct locks *locks = arg;
	const char *end = memchr(in.data, '\n', in.len);

	HF_UNUSED(client);
	if (end == NULL)
		return LOAD_MORE;
	reply_out->used_bytes = (size_t)(end - in.data) + 1;
	if (in.data[0] == '+' || in.data[0] == '$' || in.data[0] == '_')
		return LOAD_DONE;
	if (!locks->complained)
		hf_warnx("first refused: %.*s", (int)reply_out->used_bytes,
			 in.data);
	locks->complained = true;
	return in.data[0] == '-' ? LOAD_FAILED : LOAD_BROKEN;
}

static int run(const struct settings *settings)
{
	struct locks locks = {
		.settings = settings,
		.random = UINT64_C(88172645463325252),
	};
	struct load_kind kind = { ask_lock, judge_lock, &locks };
	struct load_plan plan = {
		.unix_path = settings->unix_path,
		.clients = (unsigned)settings->clients,
		.warm_up_ms = settings->warm_up_ms,
		.run_ms = settings->run_ms,
	};
	struct load_result *result = hf_new(struct load_result);
	int rc;

	locks.ttl_len = (size_t)snprintf(locks.ttl, sizeof(locks.ttl), "%lld",
					 (long long)settings->ttl_ms);
	rc = load_run(&plan, &kind, result);
	if (rc == 0)
		load_print(result);
	else
		hf_warnx("%s: %s", settings->unix_path, hf_strerror(rc));
	free(result);
	return rc == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	struct settings settings = { 0 };
	enum hf_conf_ask asked;

	hf_log_init("resp_load", HF_LOG_INFO);
	if (hf_conf_parse(&conf, argc, argv, &settings, &asked) < 0)
		return EXIT_FAILURE;
	if (asked != HF_CONF_RUN)
		return EXIT_SUCCESS;
	return run(&settings);
}
