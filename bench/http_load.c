/*
 * Load over HTTP on kept connections: reserve and book pairs, each of a
 * ticket nobody had before, or one GET again and again.
 *
 * A GET may have one more header, a star in its path becomes another number
 * each time, and the status that counts as done may be another than 200.
 */
#include "config.h"

#include "bench/http_reply.h"
#include "bench/load.h"
#include "libhold/conf.h"
#include "libhold/err.h"
#include "libhold/log.h"
#include "libhold/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct settings {
	int64_t port, clients, tickets, warm_up_ms, run_ms, status, star;
	const char *get, *header;
};

#define FIELD(f) offsetof(struct settings, f)
static const struct hf_conf_setting table[] = {
	{ "port", HF_CONF_INT, FIELD(port), "6005", 1, 65535, NULL, "PORT",
	  "on 127.0.0.1" },
	{ "clients", HF_CONF_INT, FIELD(clients), "32", 1, 10000, NULL, "N",
	  "connections, one request in flight each" },
	{ "get", HF_CONF_STRING, FIELD(get), "", 0, 0, NULL, "PATH",
	  "ask for this path only (without it: reserve and book)" },
	{ "star", HF_CONF_INT, FIELD(star), "0", 0, INT64_MAX, NULL, "N",
	  "what a star in the path becomes first; then one less each time" },
	{ "header", HF_CONF_STRING, FIELD(header), "", 0, 0, NULL, "LINE",
	  "one more header of a GET, as Accept-Encoding: gzip" },
	{ "status", HF_CONF_INT, FIELD(status), "200", 100, 599, NULL, "N",
	  "the status that counts as done" },
	{ "tickets", HF_CONF_INT, FIELD(tickets), "10", 1, 100000000, NULL, "N",
	  "sell 1 to N, each once, then end" },
	{ "warm-up-ms", HF_CONF_INT, FIELD(warm_up_ms), "1000", 0, 600000, NULL,
	  "MS", "load that is not counted" },
	{ "run-ms", HF_CONF_INT, FIELD(run_ms), "5000", 1, 600000, NULL, "MS",
	  "load that is counted" },
	{ 0 },
};
static const struct hf_conf conf = {
	"http_load", "reserve and book, or GET, from many clients at once",
	table
};

struct pair {
	int64_t ticket;
	bool booking; /* what is in flight: the book, or the reserve */
};

struct sale {
	const struct settings *settings;
	int64_t sold;       /* the highest ticket that was asked for */
	int64_t star;       /* the next number for the path's star */
	struct pair *pairs; /* by client */
	bool complained;
};

static void add_post(struct hf_buf *out, const char *path, int64_t ticket,
		     unsigned client)
{
	char body[96];
	int len = snprintf(body, sizeof(body),
			   "{\"ticket_id\":\"%lld\",\"client_id\":\"c%u\"}",
			   (long long)ticket, client);

	hf_buf_printf(out,
		      "POST %s HTTP/1.1\r\nHost: localhost\r\n"
		      "Content-Type: application/json\r\n"
		      "Content-Length: %d\r\n\r\n%s",
		      path, len, body);
}

static bool ask_sale(void *arg, unsigned client, bool first, struct hf_buf *out)
{
	struct sale *sale = arg;
	struct pair *pair = &sale->pairs[client];

	pair->booking = !first;
	if (pair->booking) {
		add_post(out, "/book_ticket", pair->ticket, client);
		return true;
	}
	if (sale->sold == sale->settings->tickets)
		return false;
	pair->ticket = ++sale->sold;
	add_post(out, "/reserve_ticket", pair->ticket, client);
	return true;
}

static bool ask_get(void *arg, unsigned client, bool first, struct hf_buf *out)
{
	struct sale *sale = arg;
	const struct settings *settings = sale->settings;
	size_t before = strcspn(settings->get, "*");

	HF_UNUSED(client);
	HF_UNUSED(first);
	hf_buf_printf(out, "GET %.*s", (int)before, settings->get);
	if (settings->get[before] == '*')
		hf_buf_printf(out, "%lld%s", (long long)sale->star--,
			      settings->get + before + 1);
	hf_buf_printf(out, " HTTP/1.1\r\nHost: localhost\r\n%s%s\r\n",
		      settings->header,
		      settings->header[0] != '\0' ? "\r\n" : "");
	return true;
}

/* The first answer that was none of the wanted says enough. */
static void complain(struct sale *sale, struct hf_slice reply)
{
	if (sale->complained)
		return;
	sale->complained = true;
	hf_warnx("first refused: %.*s", (int)reply.len, reply.data);
}

static enum load_verdict judge_any(struct sale *sale, struct hf_slice in,
				   struct load_reply *reply_out)
{
	struct http_reply reply;
	int rc = http_reply_parse(in, &reply);

	if (rc < 0)
		return LOAD_BROKEN;
	if (rc == 0)
		return LOAD_MORE;
	reply_out->used_bytes = reply.used_bytes;
	reply_out->closes = reply.closes;
	if (reply.status == (int)sale->settings->status)
		return LOAD_DONE;
	complain(sale, (struct hf_slice){ in.data, reply.used_bytes });
	return LOAD_FAILED;
}

static enum load_verdict judge_get(void *arg, unsigned client,
				   struct hf_slice in,
				   struct load_reply *reply_out)
{
	HF_UNUSED(client);
	return judge_any(arg, in, reply_out);
}

static enum load_verdict judge_sale(void *arg, unsigned client,
				    struct hf_slice in,
				    struct load_reply *reply_out)
{
	struct sale *sale = arg;
	enum load_verdict verdict = judge_any(sale, in, reply_out);

	if (verdict == LOAD_DONE && !sale->pairs[client].booking)
		return LOAD_STEP;
	return verdict;
}

static int run(const struct settings *settings)
{
	struct sale sale = {
		.settings = settings,
		.star = settings->star,
		.pairs = hf_new_array(struct pair, (size_t)settings->clients),
	};
	bool gets = settings->get[0] != '\0';
	struct load_kind kind = { gets ? ask_get : ask_sale,
				  gets ? judge_get : judge_sale, &sale };
	struct load_plan plan = {
		.port = (uint16_t)settings->port,
		.clients = (unsigned)settings->clients,
		.warm_up_ms = settings->warm_up_ms,
		.run_ms = settings->run_ms,
	};
	struct load_result *result = hf_new(struct load_result);
	int rc = load_run(&plan, &kind, result);

	if (rc == 0)
		load_print(result, 1);
	else
		hf_warnx("port %d: %s", (int)plan.port, hf_strerror(rc));
	free(result);
	free(sale.pairs);
	return rc == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	struct settings settings = { 0 };
	enum hf_conf_ask asked;

	hf_log_init("http_load", HF_LOG_INFO);
	if (hf_conf_parse(&conf, argc, argv, &settings, &asked) < 0)
		return EXIT_FAILURE;
	if (asked != HF_CONF_RUN)
		return EXIT_SUCCESS;
	return run(&settings);
}
