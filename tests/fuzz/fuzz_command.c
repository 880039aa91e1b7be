/*
 * The command table and scripts: whatever a client sends, replies are whole.
 *
 * The input is what a client sends, inline or RESP; every command of it runs
 * on one small lockd without sockets. What comes back must be a whole number
 * of well-formed replies.
 */
#include "config.h"

#include "lockd/command.h"
#include "lockd/resp.h"

#include <stdlib.h>

#define MIB (1024 * 1024)

static struct lockd lockd;
static struct client client;
static struct hf_buf out;
static struct resp_writer writer;
/* As in the server, what is pushed comes behind the answer, not within. */
static struct hf_buf pushed;
static struct resp_writer push_writer;

static struct reply *reach(struct client *c)
{
	push_writer.reply.protocol = c->protocol;
	return &push_writer.reply;
}

static void nothing(struct client *c)
{
	HF_UNUSED(c);
}

static void no_place(struct client *c, struct client_place *place)
{
	HF_UNUSED(c);
	*place = (struct client_place){ .fd = -1 };
}

static bool alive(struct client *c)
{
	HF_UNUSED(c);
	return true;
}

static uint32_t no_process(struct client *c)
{
	HF_UNUSED(c);
	return 0;
}

static const struct client_ops ops = {
	reach,   reach,    nothing, nothing,    nothing,
	nothing, no_place, alive,   no_process,
};

/*
 * Walks over one reply and all that is in it; gives its end, or NULL. RESP2
 * and RESP3 have one shape: a type, a line, then bytes or parts.
 * https://redis.io/docs/latest/develop/reference/protocol-spec/
 */
static const char *skip_reply(const char *p, const char *end)
{
	size_t parts = 1;

	for (; parts > 0; parts--) {
		const char *type = p, *cr;
		long n;

		if (p == end || strchr("+-:$*_#,%~>=(", *type) == NULL)
			return NULL;
		cr = memchr(p, '\r', (size_t)(end - p));
		if (cr == NULL || end - cr < 2 || cr[1] != '\n')
			return NULL;
		n = strtol(type + 1, NULL, 10);
		p = cr + 2;
		if (n < 0)
			continue;
		if (strchr("*~>", *type) != NULL)
			parts += (size_t)n;
		if (*type == '%')
			parts += 2 * (size_t)n;
		if (*type != '$' && *type != '=')
			continue;
		if (end - p < n + 2 || p[n] != '\r' || p[n + 1] != '\n')
			return NULL;
		p += n + 2;
	}
	return p;
}

static void check_replies(const struct hf_buf *buf)
{
	struct hf_slice bytes = hf_buf_slice(buf);
	const char *p = bytes.data, *end = bytes.data + bytes.len;

	if (hf_buf_failed(buf))
		return; /* the server drops such a client */
	while (p < end) {
		p = skip_reply(p, end);
		if (p == NULL)
			abort();
	}
}

static void run(const struct resp_reader *reader)
{
	struct call call = { .lockd = &lockd,
			     .client = &client,
			     .reply = &writer.reply,
			     .argv = reader->argv,
			     .argc = reader->argc,
			     .now_ms = 1000 };

	command_run(&call);
	lockd.shutdown = false;
	check_replies(&out);
	check_replies(&pushed);
	hf_buf_reset(&out, MIB);
	hf_buf_reset(&pushed, MIB);
}

static void prepare(void)
{
	const struct settings settings = { .max_output_bytes = MIB,
					   .max_transaction_bytes = MIB,
					   .script_memory_bytes = 4 * MIB,
					   .script_instructions = 100000,
					   .script_time_ms = 1000 };

	if (lockd.keys != NULL)
		lockd_fini(&lockd);
	lockd_init(&lockd, &settings);
	client = (struct client){ .ops = &ops };
	client_opened(&lockd, &client);
	resp_writer_init(&writer, &out, 2);
	resp_writer_init(&push_writer, &pushed, 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct resp_reader reader;
	struct hf_slice bytes = { (const char *)data, len };
	size_t used;

	if (out.max == 0) {
		hf_buf_init(&out, 64 * MIB);
		hf_buf_init(&pushed, 64 * MIB);
	}
	prepare();
	resp_reader_init(&reader, 0);
	while (resp_read(&reader, bytes, &used) == RESP_DONE) {
		if (reader.argc > 0)
			run(&reader);
		resp_reader_reset(&reader);
		bytes.data += used;
		bytes.len -= used;
	}
	resp_reader_fini(&reader);
	client_closed(&lockd, &client);
	return 0;
}
