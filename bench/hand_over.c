/*
 * How long a fought-over lock takes from one waiter to the next: n clients in
 * line for one key by LOCK.ACQUIRE WAIT, each releases as soon as it has it
 * and stands at the end of the line again. Measured from the release that
 * leaves to the grant that comes, beside the round trip of a PING on one
 * connection of the same server.
 */
#include "config.h"

#include "libhold/hist.h"
#include "bench/load.h"
#include "bench/resp_reply.h"
#include "libhold/clock.h"
#include "libhold/conf.h"
#include "libhold/err.h"
#include "libhold/log.h"
#include "libhold/mem.h"

#include <stdio.h>
#include <stdlib.h>

#define KEY     "contended"
#define PATIENT "3600000" /* ms: no lock ends, and no wait */

struct settings {
	const char *unix_path;
	int64_t clients, run_ms;
};

#define FIELD(f) offsetof(struct settings, f)
static const struct hf_conf_setting table[] = {
	{ "unix", HF_CONF_STRING, FIELD(unix_path), "", 0, 0, NULL, "PATH",
	  "the server's socket" },
	{ "clients", HF_CONF_INT, FIELD(clients), "50", 2, 10000, NULL, "N",
	  "connections in the line" },
	{ "run-ms", HF_CONF_INT, FIELD(run_ms), "2000", 1, 600000, NULL, "MS",
	  "of each of the two" },
	{ 0 },
};
static const struct hf_conf conf = {
	"hand_over", "a fought-over lock's way to the next waiter", table
};

struct line {
	int64_t released_us; /* 0: not yet by anybody */
	struct hf_hist took_us;
};

static bool ask_line(void *arg, unsigned client, bool first, struct hf_buf *out)
{
	struct line *line = arg;

	if (first) {
		hf_buf_printf(out,
			      "LOCK.ACQUIRE 1 " KEY " owner%u PX " PATIENT
			      " WAIT " PATIENT "\r\n",
			      client);
		return true;
	}
	hf_buf_printf(out, "LOCK.RELEASE 1 " KEY " owner%u\r\n", client);
	line->released_us = hf_clock_us();
	return true;
}

/* [token, remaining ms] is a grant; a number says how many were released. */
static enum load_verdict judge_line(void *arg, unsigned client,
				    struct hf_slice in,
				    struct load_reply *reply_out)
{
	struct line *line = arg;
	struct resp_reply reply;
	int rc = resp_reply_parse(in, &reply);

	HF_UNUSED(client);
	if (rc <= 0)
		return rc == 0 ? LOAD_MORE : LOAD_BROKEN;
	reply_out->used_bytes = reply.used_bytes;
	if (reply.kind == ':')
		return LOAD_DONE;
	if (reply.kind != '*' || reply.null)
		return LOAD_FAILED;
	if (line->released_us > 0)
		hf_hist_add(&line->took_us,
			    (uint64_t)(hf_clock_us() - line->released_us));
	return LOAD_STEP;
}

/* ---- PING --------------------------------------------------------------- */

static bool ask_ping(void *arg, unsigned client, bool first, struct hf_buf *out)
{
	HF_UNUSED(arg);
	HF_UNUSED(client);
	HF_UNUSED(first);
	hf_buf_printf(out, "PING\r\n");
	return true;
}

static enum load_verdict judge_ping(void *arg, unsigned client,
				    struct hf_slice in,
				    struct load_reply *reply_out)
{
	struct resp_reply reply;
	int rc = resp_reply_parse(in, &reply);

	HF_UNUSED(arg);
	HF_UNUSED(client);
	if (rc <= 0)
		return rc == 0 ? LOAD_MORE : LOAD_BROKEN;
	reply_out->used_bytes = reply.used_bytes;
	return reply.kind == '+' ? LOAD_DONE : LOAD_FAILED;
}

/* ---- both --------------------------------------------------------------- */

static int measure(const struct settings *settings, unsigned clients,
		   const struct load_kind *kind, struct load_result *result_out)
{
	struct load_plan plan = { .unix_path = settings->unix_path,
				  .clients = clients,
				  .run_ms = settings->run_ms };

	return load_run(&plan, kind, result_out);
}

static void print(const struct load_result *units, const struct hf_hist *line,
		  const struct load_result *pings)
{
	printf("{\"done\": %llu, \"failed\": %llu, \"p50_us\": %llu, "
	       "\"p99_us\": %llu, \"p999_us\": %llu, "
	       "\"ping_p50_us\": %llu, \"ping_p99_us\": %llu}\n",
	       (unsigned long long)units->done,
	       (unsigned long long)(units->failed + pings->failed),
	       (unsigned long long)hf_hist_percentile(line, 50),
	       (unsigned long long)hf_hist_percentile(line, 99),
	       (unsigned long long)hf_hist_percentile(line, 99.9),
	       (unsigned long long)hf_hist_percentile(&pings->took_us, 50),
	       (unsigned long long)hf_hist_percentile(&pings->took_us, 99));
}

static int run(const struct settings *settings)
{
	struct line *line = hf_new(struct line);
	struct load_result *units = hf_new(struct load_result);
	struct load_result *pings = hf_new(struct load_result);
	struct load_kind waits = { ask_line, judge_line, line };
	struct load_kind ping = { ask_ping, judge_ping, NULL };
	int rc;

	rc = measure(settings, 1, &ping, pings);
	if (rc == 0)
		rc = measure(settings, (unsigned)settings->clients, &waits,
			     units);
	if (rc == 0)
		print(units, &line->took_us, pings);
	else
		hf_warnx("%s: %s", settings->unix_path, hf_strerror(rc));
	free(pings);
	free(units);
	free(line);
	return rc == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	struct settings settings = { 0 };
	enum hf_conf_ask asked;

	hf_log_init("hand_over", HF_LOG_INFO);
	if (hf_conf_parse(&conf, argc, argv, &settings, &asked) < 0)
		return EXIT_FAILURE;
	if (asked != HF_CONF_RUN)
		return EXIT_SUCCESS;
	return run(&settings);
}
