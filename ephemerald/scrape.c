#include "config.h"

#include "ephemerald/scrape.h"

#include "ephemerald/words.h"
#include "ephemerald/words_table.h"

enum { PAGE_MAX = 64 * 1024 };

/* Of mntr's numbers those that only grow; all others are gauges. */
static const char *const counters[] = {
	"zk_packets_received",
	"zk_packets_sent",
	"zk_bytes_received_count",
	"zk_connection_request_count",
	"zk_connection_rejected",
	"zk_connection_drop_count",
	"zk_auth_failed_count",
	"zk_stale_sessions_expired",
	"zk_stalls",
	"zk_snap_count",
	"zk_cnt_fsynctime",
	"zk_journal_failures",
	"zk_disk_timeouts",
	"zk_journal_snapshot_pieces",
};

static bool is_counter(struct hf_slice name)
{
	for (size_t i = 0; i < HF_LEN(counters); i++) {
		if (hf_slice_eq(name, hf_slice_of(counters[i])))
			return true;
	}
	return false;
}

/* A line of mntr: name, tab, value. Words instead of numbers are left out. */
static void add_sample(struct hf_buf *page, struct hf_slice line)
{
	const char *tab = memchr(line.data, '\t', line.len);
	struct hf_slice name, value;

	if (tab == NULL)
		return;
	name = (struct hf_slice){ line.data, (size_t)(tab - line.data) };
	value = (struct hf_slice){ tab + 1, line.len - name.len - 1 };
	if (value.len == 0 || strspn(value.data, "0123456789.") < value.len)
		return;
	hf_buf_printf(page, "# TYPE %.*s %s\n", (int)name.len, name.data,
		      is_counter(name) ? "counter" : "gauge");
	hf_buf_printf(page, "%.*s %.*s\n", (int)name.len, name.data,
		      (int)value.len, value.data);
}

static void add_page(struct ephemerald *e, struct hf_buf *page, int64_t now_ms)
{
	struct hf_slice rest;
	struct hf_buf text;

	hf_buf_init(&text, PAGE_MAX);
	word_mntr(e, &text, now_ms);
	rest = hf_buf_slice(&text);
	while (rest.len > 0) {
		const char *end = memchr(rest.data, '\n', rest.len);
		size_t len = end != NULL ? (size_t)(end - rest.data) : rest.len;

		add_sample(page, (struct hf_slice){ rest.data, len });
		len += end != NULL;
		rest.data += len;
		rest.len -= len;
	}
	hf_buf_fini(&text);
}

static bool begins(struct hf_slice bytes, const char *text)
{
	size_t len = strlen(text);

	return bytes.len >= len && memcmp(bytes.data, text, len) == 0;
}

bool scrape_begins(struct hf_slice bytes)
{
	return begins(bytes, "GET ");
}

static bool is_for_metrics(struct hf_slice head)
{
	return begins(head, "GET /metrics ") || begins(head, "GET /metrics?");
}

static void answer(struct ephemerald *e, struct client *client,
		   struct hf_slice head, int64_t now_ms)
{
	struct hf_buf *out = client->ops->out(client, CLIENT_REPLY, 0);
	const char *status = "200 OK";
	struct hf_buf page;

	hf_buf_init(&page, PAGE_MAX);
	if (!is_for_metrics(head))
		status = "404 Not Found";
	else if (!words_allow(e, "mntr"))
		status = "403 Forbidden";
	else
		add_page(e, &page, now_ms);
	hf_buf_printf(out,
		      "HTTP/1.1 %s\r\n"
		      "Content-Type: text/plain; version=0.0.4\r\n"
		      "Content-Length: %zu\r\nConnection: close\r\n\r\n",
		      status, hf_buf_len(&page));
	hf_buf_add_slice(out, hf_buf_slice(&page));
	hf_buf_fini(&page);
}

size_t scrape_run(struct ephemerald *e, struct client *client,
		  struct hf_slice bytes, int64_t now_ms)
{
	bool whole = memmem(bytes.data, bytes.len, "\r\n\r\n", 4) != NULL;

	if (!whole && bytes.len <= SCRAPE_HEAD_MAX)
		return 0;
	e->stats.received++;
	if (whole)
		answer(e, client, bytes, now_ms);
	e->stats.sent += whole;
	client_end(client);
	return bytes.len;
}
