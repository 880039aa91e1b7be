#include "config.h"

#include "lockd/monitor.h"

#include "libhold/buf.h"
#include "libhold/clock.h"

#define LINE_MAX_BYTES ((size_t)256 * 1024 * 1024)

/* As redis-cli reads it: quoted, what cannot be printed escaped. */
static void add_quoted(struct hf_buf *line, struct hf_slice text)
{
	static const char from[] = "\n\r\t\a\b\"\\", to[] = "nrtab\"\\";

	hf_buf_add_char(line, '"');
	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];
		const char *known = c != '\0' ? strchr(from, c) : NULL;

		if (known != NULL) {
			hf_buf_add_char(line, '\\');
			hf_buf_add_char(line, to[known - from]);
		} else if (c >= ' ' && c <= '~') {
			hf_buf_add_char(line, c);
		} else {
			hf_buf_printf(line, "\\x%02x", (unsigned char)c);
		}
	}
	hf_buf_add_char(line, '"');
}

static void add_head(struct hf_buf *line, struct call *call)
{
	int64_t now_us = hf_wall_us();
	struct client_place place;

	if (!call->in_script)
		client_place(call->client, &place);
	hf_buf_printf(line, "%lld.%06lld [0 %s]", (long long)(now_us / 1000000),
		      (long long)(now_us % 1000000),
		      call->in_script ? "lua" : place.addr);
}

void monitor_tell(struct call *call)
{
	struct hf_buf line;

	hf_buf_init(&line, LINE_MAX_BYTES);
	add_head(&line, call);
	for (size_t i = 0; i < call->argc; i++) {
		hf_buf_add_char(&line, ' ');
		add_quoted(&line, command_shown_arg(call, i));
	}
	HF_LIST_FOREACH (node, &call->lockd->monitors)
		reply_status(
		    client_reach(HF_CONTAINER_OF(node, struct client, monitor)),
		    hf_buf_slice(&line));
	hf_buf_fini(&line);
}
