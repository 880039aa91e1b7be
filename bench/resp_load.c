/*
 * How much of one kind of work a RESP server does in a second: n clients over
 * a Unix socket, one batch of requests in flight each.
 */
#include "config.h"

#include "bench/load.h"
#include "bench/resp_reply.h"
#include "bench/resp_work.h"
#include "libhold/conf.h"
#include "libhold/err.h"
#include "libhold/log.h"
#include "libhold/mem.h"

#include <stdlib.h>

struct settings {
	const char *unix_path;
	int work;
	struct resp_words words;
	int64_t clients, pipeline, keys, warm_up_ms, run_ms;
};

#define FIELD(f) offsetof(struct settings, f)
static const struct hf_conf_setting table[] = {
	{ "unix", HF_CONF_STRING, FIELD(unix_path), "", 0, 0, NULL, "PATH",
	  "the server's socket" },
	{ "work", HF_CONF_CHOICE, FIELD(work), "set", 0, 0, resp_work_names,
	  "WHAT", "what is asked for; fill and release: each key once" },
	{ "clients", HF_CONF_INT, FIELD(clients), "50", 1, 10000, NULL, "N",
	  "connections, one batch in flight each" },
	{ "pipeline", HF_CONF_INT, FIELD(pipeline), "1", 1, 256, NULL, "N",
	  "requests in a batch" },
	{ "keys", HF_CONF_INT, FIELD(keys), "100000", 1, 100000000, NULL, "N",
	  "how many keys the requests are spread over" },
	{ "ttl-ms", HF_CONF_INT, FIELD(words.ttl_ms), "1000", 1, 86400000, NULL,
	  "MS", "how long each lock lasts" },
	{ "until-ms", HF_CONF_INT, FIELD(words.until_ms), "0", 0, INT64_MAX,
	  NULL, "MS", "instead: when all end, by the wall clock" },
	{ "sha", HF_CONF_STRING, FIELD(words.sha), "", 0, 0, NULL, "SHA1",
	  "the script that compares and deletes" },
	{ "warm-up-ms", HF_CONF_INT, FIELD(warm_up_ms), "1000", 0, 600000, NULL,
	  "MS", "load that is not counted" },
	{ "run-ms", HF_CONF_INT, FIELD(run_ms), "5000", 1, 600000, NULL, "MS",
	  "load that is counted" },
	{ 0 },
};
static const struct hf_conf conf = {
	"resp_load", "one kind of a lock server's work from many clients", table
};

/* A client's batch: the same keys again in the work's second step. */
struct batch {
	size_t step;
	uint64_t first;  /* of keys that come once */
	uint64_t random; /* what the batch's keys come of */
	int64_t size;
	int64_t left; /* replies to come */
	bool refused;
};

struct job {
	const struct settings *settings;
	const struct resp_work *work;
	struct resp_request requests[RESP_STEPS_MAX];
	struct batch *batches; /* by client */
	uint64_t next;         /* key that had no turn yet */
	uint64_t random;
	bool complained;
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

/* False: no key is left. */
static bool begin_batch(struct job *job, struct batch *batch)
{
	int64_t left = job->settings->keys - (int64_t)job->next;

	*batch = (struct batch){ .size = job->settings->pipeline,
				 .first = job->next };
	if (job->work->each_key_once) {
		batch->size = left < batch->size ? left : batch->size;
		job->next += (uint64_t)batch->size;
		return batch->size > 0;
	}
	batch->random = next_random(&job->random);
	return true;
}

static bool ask_batch(void *arg, unsigned client, bool first,
		      struct hf_buf *out)
{
	struct job *job = arg;
	struct batch *batch = &job->batches[client];
	uint64_t random, keys = (uint64_t)job->settings->keys;

	if (first && !begin_batch(job, batch))
		return false;
	random = batch->random;
	batch->left = batch->size;
	for (int64_t i = 0; i < batch->size; i++) {
		uint64_t key = job->work->each_key_once
				   ? batch->first + (uint64_t)i
				   : next_random(&random) % keys;

		resp_request_add(&job->requests[batch->step], key, out);
	}
	return true;
}

static void complain(struct job *job, struct hf_slice reply)
{
	if (!job->complained)
		hf_warnx("first refused: %.*s", (int)reply.len, reply.data);
	job->complained = true;
}

static enum load_verdict end_step(struct job *job, struct batch *batch)
{
	if (batch->refused)
		return LOAD_FAILED;
	batch->step++;
	return batch->step < HF_LEN(job->work->steps) &&
		       job->work->steps[batch->step] != RESP_STEP_NONE
		   ? LOAD_STEP
		   : LOAD_DONE;
}

/* Whatever is no error is a good answer: taken and held alike. */
static enum load_verdict judge_batch(void *arg, unsigned client,
				     struct hf_slice in,
				     struct load_reply *reply_out)
{
	struct job *job = arg;
	struct batch *batch = &job->batches[client];
	struct resp_reply reply;
	size_t at = 0;
	int rc = 1;

	while (batch->left > 0) {
		struct hf_slice rest = { in.data + at, in.len - at };

		rc = rest.len > 0 ? resp_reply_parse(rest, &reply) : 0;
		if (rc <= 0)
			break;
		at += reply.used_bytes;
		batch->left--;
		batch->refused |= reply.kind == '-';
		if (reply.kind == '-')
			complain(job, (struct hf_slice){ rest.data,
							 reply.used_bytes });
	}
	reply_out->used_bytes = at;
	if (rc < 0)
		return LOAD_BROKEN;
	return batch->left > 0 ? LOAD_MORE : end_step(job, batch);
}

static int run(const struct settings *settings)
{
	struct job job = {
		.settings = settings,
		.work = resp_work_of(settings->work),
		.random = UINT64_C(88172645463325252),
		.batches = hf_new_array(struct batch, settings->clients),
	};
	struct load_kind kind = { ask_batch, judge_batch, &job };
	struct load_plan plan = {
		.unix_path = settings->unix_path,
		.clients = (unsigned)settings->clients,
		.warm_up_ms = settings->warm_up_ms,
		.run_ms = settings->run_ms,
	};
	struct load_result *result = hf_new(struct load_result);
	int rc;

	for (size_t i = 0; i < HF_LEN(job.requests); i++)
		resp_request_make(&job.requests[i], job.work->steps[i],
				  &settings->words);
	rc = load_run(&plan, &kind, result);
	if (rc == 0)
		load_print(result, (uint64_t)settings->pipeline);
	else
		hf_warnx("%s: %s", settings->unix_path, hf_strerror(rc));
	free(result);
	free(job.batches);
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
