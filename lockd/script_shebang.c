#include "config.h"

#include "lockd/script_shebang.h"

#include "libhold/err.h"

#define SHOWN_MAX 64 /* bytes of a client's word in an error */

/* The bytes of *rest up to one of stops; *rest goes on behind that. */
static struct hf_slice next(struct hf_slice *rest, const char *stops)
{
	struct hf_slice word = { rest->data, 0 };

	while (word.len < rest->len &&
	       memchr(stops, word.data[word.len], strlen(stops)) == NULL)
		word.len++;
	rest->data += word.len + (word.len < rest->len ? 1 : 0);
	rest->len -= word.len + (word.len < rest->len ? 1 : 0);
	return word;
}

static int refuse(struct reply *reply, const char *what, struct hf_slice word)
{
	reply_error(reply, "ERR %s: %.*s", what,
		    (int)(word.len < SHOWN_MAX ? word.len : SHOWN_MAX),
		    word.data);
	return HF_EBAD;
}

static int read_flags(struct hf_slice flags, struct reply *reply,
		      struct script_head *out)
{
	static const char *const idle[] = { "allow-stale", "no-cluster",
					    "allow-cross-slot-keys" };

	while (flags.len > 0) {
		struct hf_slice flag = next(&flags, ",");
		bool no_writes = hf_slice_ieq(flag, "no-writes");
		bool allow_oom = hf_slice_ieq(flag, "allow-oom");
		bool known = no_writes || allow_oom;

		out->no_writes = out->no_writes || no_writes;
		out->allow_oom = out->allow_oom || allow_oom;
		for (size_t i = 0; i < HF_LEN(idle); i++)
			known = known || hf_slice_ieq(flag, idle[i]);
		if (!known)
			return refuse(
			    reply, "Unexpected flag in script shebang", flag);
	}
	return 0;
}

static int read_options(struct hf_slice line, struct reply *reply,
			struct script_head *out)
{
	const struct hf_slice flags = HF_SLICE("flags=");
	int rc = 0;

	while (rc == 0 && line.len > 0) {
		struct hf_slice word = next(&line, " \t");

		if (word.len == 0)
			continue;
		if (word.len < flags.len ||
		    memcmp(word.data, flags.data, flags.len) != 0)
			return refuse(reply, "Unknown lua shebang option",
				      word);
		word.data += flags.len;
		word.len -= flags.len;
		rc = read_flags(word, reply, out);
	}
	return rc;
}

int script_shebang_read(struct hf_slice text, struct reply *reply,
			struct script_head *out)
{
	struct hf_slice rest = text, line, engine;

	*out = (struct script_head){ .body = text };
	if (text.len < 2 || memcmp(text.data, "#!", 2) != 0)
		return 0;
	line = next(&rest, "\n");
	if (line.len == text.len) {
		reply_error(reply, "ERR Invalid script shebang");
		return HF_EBAD;
	}
	/* With the newline: lines keep their numbers. */
	out->body =
	    (struct hf_slice){ line.data + line.len, text.len - line.len };
	out->declared = true;
	engine = next(&line, " \t");
	if (!hf_slice_eq(engine, HF_SLICE("#!lua")))
		return refuse(reply, "Unexpected engine in script shebang",
			      engine);
	return read_options(line, reply, out);
}
