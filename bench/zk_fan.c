/*
 * Watch fan-out: n sessions watch one node, another writes it; from the write
 * that leaves to the event that reaches the last of them. Then all watch again.
 */
#include "config.h"

#include "bench/load.h"
#include "bench/zk_work.h"
#include "libhold/clock.h"
#include "libhold/conf.h"
#include "libhold/err.h"
#include "libhold/log.h"
#include "libhold/mem.h"

#include <stdlib.h>

#define NODE "/bench-fan"

struct settings {
	int64_t port, sessions, run_ms;
};

#define FIELD(f) offsetof(struct settings, f)
static const struct hf_conf_setting table[] = {
	{ "port", HF_CONF_INT, FIELD(port), "2181", 1, 65535, NULL, "PORT",
	  "on 127.0.0.1" },
	{ "sessions", HF_CONF_INT, FIELD(sessions), "1000", 1, 10000, NULL, "N",
	  "that watch" },
	{ "run-ms", HF_CONF_INT, FIELD(run_ms), "2000", 1, 600000, NULL, "MS",
	  "how long" },
	{ 0 },
};
static const struct hf_conf conf = {
	"zk_fan", "how long an event takes to all who watch a node", table
};

struct fan {
	struct zk_crowd *crowd;
	unsigned writer; /* its session; those before it watch */
	unsigned armed;  /* watches that are set */
	unsigned told;   /* who have had the event */
	int64_t wrote_us;
	struct load_result *result;
};

static void watch(struct fan *fan, unsigned session)
{
	zk_put_path_watch(zk_crowd_ask(fan->crowd, ZK_OP_GET_DATA),
			  &(struct zk_path_watch){ HF_SLICE(NODE), true });
	zk_crowd_send(fan->crowd, session);
}

static void write_node(struct fan *fan)
{
	zk_put_set_data_request(zk_crowd_ask(fan->crowd, ZK_OP_SET_DATA),
				&(struct zk_set_data_request){
				    HF_SLICE(NODE), HF_SLICE("news"), -1 });
	fan->armed = fan->told = 0;
	fan->wrote_us = hf_clock_us();
	zk_crowd_send(fan->crowd, fan->writer);
}

static void watch_all(struct fan *fan)
{
	for (unsigned i = 0; i < fan->writer; i++)
		watch(fan, i);
}

static void hear_event(struct fan *fan)
{
	if (++fan->told < fan->writer)
		return;
	hf_hist_add(&fan->result->took_us,
		    (uint64_t)(hf_clock_us() - fan->wrote_us));
	fan->result->done += fan->writer;
	watch_all(fan);
}

static void hear(void *arg, struct zk_heard *heard)
{
	struct fan *fan = arg;

	if (heard->header.xid == ZK_XID_NOTIFICATION) {
		hear_event(fan);
		return;
	}
	if (heard->header.err != ZK_OK && heard->header.err != ZK_NODE_EXISTS)
		fan->result->failed++;
	if (heard->session == fan->writer) {
		if (fan->wrote_us == 0)
			watch_all(fan);
	} else if (++fan->armed == fan->writer) {
		write_node(fan);
	}
}

static int measure(struct fan *fan, int64_t run_ms)
{
	int64_t began_us = hf_clock_us();
	int rc;

	zk_put_create(zk_crowd_ask(fan->crowd, ZK_OP_CREATE), NODE, 0,
		      ZK_PERSISTENT);
	zk_crowd_send(fan->crowd, fan->writer);
	rc = zk_crowd_run(fan->crowd, began_us + run_ms * 1000);
	fan->result->elapsed_us = hf_clock_us() - began_us;
	return rc;
}

static int run(const struct settings *settings)
{
	struct fan fan = {
		.writer = (unsigned)settings->sessions,
		.result = hf_new(struct load_result),
	};
	int rc = zk_crowd_open((uint16_t)settings->port, fan.writer + 1, hear,
			       &fan, &fan.crowd);

	if (rc == 0) {
		rc = measure(&fan, settings->run_ms);
		zk_crowd_close(&fan.crowd);
	}
	if (rc == 0)
		load_print(fan.result, 1);
	else
		hf_warnx("port=%d: %s", (int)settings->port, hf_strerror(rc));
	free(fan.result);
	return rc == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	struct settings settings = { 0 };
	enum hf_conf_ask asked;

	hf_log_init("zk_fan", HF_LOG_INFO);
	if (hf_conf_parse(&conf, argc, argv, &settings, &asked) < 0)
		return EXIT_FAILURE;
	if (asked != HF_CONF_RUN)
		return EXIT_SUCCESS;
	return run(&settings);
}
