/*
 * How much of one kind of work a ZooKeeper-protocol server does in a second: n
 * sessions on 127.0.0.1, in one thread, one request in flight each.
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

struct settings {
	int work;
	int64_t port, sessions, nodes, warm_up_ms, run_ms;
};

#define FIELD(f) offsetof(struct settings, f)
static const struct hf_conf_setting table[] = {
	{ "port", HF_CONF_INT, FIELD(port), "2181", 1, 65535, NULL, "PORT",
	  "on 127.0.0.1" },
	{ "work", HF_CONF_CHOICE, FIELD(work), "lock", 0, 0, zk_work_names,
	  "WHAT", "what is asked for; fill: each node once" },
	{ "sessions", HF_CONF_INT, FIELD(sessions), "50", 1, 10000, NULL, "N",
	  "one request in flight each" },
	{ "nodes", HF_CONF_INT, FIELD(nodes), "100000", 1, 100000000, NULL, "N",
	  "how many fill makes" },
	{ "warm-up-ms", HF_CONF_INT, FIELD(warm_up_ms), "1000", 0, 600000, NULL,
	  "MS", "load that is not counted" },
	{ "run-ms", HF_CONF_INT, FIELD(run_ms), "5000", 1, 600000, NULL, "MS",
	  "load that is counted" },
	{ 0 },
};
static const struct hf_conf conf = {
	"zk_load", "one kind of work of many ZooKeeper sessions", table
};

enum phase { PREPARING, WORKING, WAITING, RESTING };

struct worker {
	struct zk_client client;
	enum phase phase;
	unsigned prepared; /* nodes that are there */
	int step;
	bool fired; /* the watch, before the reply to who set it */
	int64_t began_us;
};

struct job {
	const struct settings *settings;
	const struct zk_work *work;
	struct zk_crowd *crowd;
	struct worker *workers;
	struct load_result *result;
	unsigned resting; /* workers */
	uint64_t next_node;
	int64_t released_us; /* by the last who left; 0: by nobody yet */
	bool complained;
};

/* ---- asking ------------------------------------------------------------- */

static void ask(struct job *job, struct worker *worker, int step)
{
	const struct zk_step *what = &job->work->steps[step];

	worker->phase = WORKING;
	worker->step = step;
	what->put(&worker->client, zk_crowd_ask(job->crowd, what->op));
	if (what->op == ZK_OP_DELETE)
		job->released_us = hf_clock_us();
	zk_crowd_send(job->crowd, worker->client.number);
}

static void rest(struct job *job, struct worker *worker)
{
	worker->phase = RESTING;
	if (++job->resting == job->settings->sessions)
		zk_crowd_stop(job->crowd);
}

static void begin_unit(struct job *job, struct worker *worker)
{
	worker->client.turn++;
	if (job->work->each_node_once) {
		if (job->next_node == (uint64_t)job->settings->nodes) {
			rest(job, worker);
			return;
		}
		worker->client.node = job->next_node++;
	}
	worker->fired = false;
	worker->began_us = hf_clock_us();
	ask(job, worker, 0);
}

static void prepare(struct job *job, struct worker *worker)
{
	char path[ZK_NAME_MAX];

	if (!zk_work_prepare(&worker->client, worker->prepared, path)) {
		rest(job, worker);
		return;
	}
	zk_put_create(zk_crowd_ask(job->crowd, ZK_OP_CREATE), path,
		      ZK_DATA_BYTES, ZK_PERSISTENT);
	zk_crowd_send(job->crowd, worker->client.number);
}

/* ---- hearing ------------------------------------------------------------ */

static void note(struct job *job, int64_t since_us)
{
	hf_hist_add(&job->result->took_us,
		    (uint64_t)(hf_clock_us() - since_us));
}

static void end_unit(struct job *job, struct worker *worker, bool good)
{
	if (good)
		job->result->done++;
	else
		job->result->failed++;
	if (good && !job->work->hand_over)
		note(job, worker->began_us);
	begin_unit(job, worker);
}

static void complain(struct job *job, const struct worker *worker,
		     const struct zk_heard *heard)
{
	if (!job->complained)
		hf_warnx("first refused: %s: %s",
			 zk_op_name((int32_t)job->work->steps[worker->step].op),
			 zk_strerror(heard->header.err));
	job->complained = true;
}

static void follow(struct job *job, struct worker *worker,
		   struct zk_heard *heard)
{
	int next = job->work->steps[worker->step].judge(&worker->client, heard);

	if (next == ZK_NEXT_FAILED)
		complain(job, worker, heard);
	if (next >= 0)
		ask(job, worker, next);
	else if (next != ZK_NEXT_WAIT)
		end_unit(job, worker, next == ZK_NEXT_DONE);
	else if (worker->fired)
		ask(job, worker, job->work->after_event);
	else
		worker->phase = WAITING;
}

static void hear_event(struct job *job, struct worker *worker)
{
	if (worker->phase == RESTING)
		return;
	if (job->work->hand_over && job->released_us > 0)
		note(job, job->released_us);
	if (worker->phase == WAITING)
		ask(job, worker, job->work->after_event);
	else
		worker->fired = true;
}

static void hear(void *arg, struct zk_heard *heard)
{
	struct job *job = arg;
	struct worker *worker = &job->workers[heard->session];

	if (heard->header.xid == ZK_XID_NOTIFICATION) {
		hear_event(job, worker);
	} else if (worker->phase == PREPARING) {
		worker->prepared++;
		prepare(job, worker);
	} else {
		follow(job, worker, heard);
	}
}

/* ---- the run ------------------------------------------------------------ */

static int prepare_all(struct job *job)
{
	for (int64_t i = 0; i < job->settings->sessions; i++) {
		job->workers[i].client.number = (unsigned)i;
		job->workers[i].phase = PREPARING;
		prepare(job, &job->workers[i]);
	}
	return zk_crowd_run(job->crowd, INT64_MAX);
}

/* Who goes first is at work while the others begin. */
static int work_for(struct job *job, int64_t ms)
{
	int64_t began_us = hf_clock_us();
	int rc = 0;

	*job->result = (struct load_result){ 0 };
	if (ms > 0)
		rc = zk_crowd_run(job->crowd, began_us + ms * 1000);
	job->result->elapsed_us = hf_clock_us() - began_us;
	return rc;
}

static int measure(struct job *job)
{
	int rc = prepare_all(job);

	if (rc < 0)
		return rc;
	job->resting = 0;
	for (int64_t i = 0; i < job->settings->sessions; i++)
		begin_unit(job, &job->workers[i]);
	rc = work_for(job, job->settings->warm_up_ms);
	return rc < 0 ? rc : work_for(job, job->settings->run_ms);
}

static int run(const struct settings *settings)
{
	struct job job = {
		.settings = settings,
		.work = zk_work_of(settings->work),
		.workers =
		    hf_new_array(struct worker, (size_t)settings->sessions),
		.result = hf_new(struct load_result),
	};
	int rc =
	    zk_crowd_open((uint16_t)settings->port,
			  (unsigned)settings->sessions, hear, &job, &job.crowd);

	if (rc == 0) {
		rc = measure(&job);
		zk_crowd_close(&job.crowd);
	}
	if (rc == 0)
		load_print(job.result, 1);
	else
		hf_warnx("port=%d: %s", (int)settings->port, hf_strerror(rc));
	free(job.result);
	free(job.workers);
	return rc == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	struct settings settings = { 0 };
	enum hf_conf_ask asked;

	hf_log_init("zk_load", HF_LOG_INFO);
	if (hf_conf_parse(&conf, argc, argv, &settings, &asked) < 0)
		return EXIT_FAILURE;
	if (asked != HF_CONF_RUN)
		return EXIT_SUCCESS;
	return run(&settings);
}
