#include "config.h"

#include "fcgi/pack.h"

#include "libhold/log.h"

#include <zlib.h>

enum {
	GZIP_WINDOW = 15 + 16, /* zlib: the largest window, gzip's framing */
	MEMORY_LEVEL = 8,
	LEVEL_ONCE = 9,   /* what is kept for ever is worth the time */
	LEVEL_SECOND = 4, /* as nginx packs */
	PACK_KEEP_BYTES = 64 * 1024,
};

static bool is_worth_it(const struct http_reply *reply)
{
	return (reply->cache == HTTP_SECOND || reply->cache == HTTP_FOREVER) &&
	       hf_buf_len(&reply->body) >= PACK_MIN_BYTES;
}

/* False: out has no room, and something of it. */
static bool pack(struct hf_slice in, int level, struct hf_buf *out)
{
	z_stream z = { 0 };
	size_t room;
	char *to;
	bool done;

	if (deflateInit2(&z, level, Z_DEFLATED, GZIP_WINDOW, MEMORY_LEVEL,
			 Z_DEFAULT_STRATEGY) != Z_OK)
		hf_fatalx("no memory to pack with");
	room = deflateBound(&z, in.len);
	to = hf_buf_reserve(out, room);
	z.next_in = (Bytef *)in.data;
	z.avail_in = (uInt)in.len;
	z.next_out = (Bytef *)to;
	z.avail_out = (uInt)room;
	done = to != NULL && deflate(&z, Z_FINISH) == Z_STREAM_END;
	if (done)
		hf_buf_commit(out, room - z.avail_out);
	deflateEnd(&z);
	return done;
}

void pack_reply(const struct http_request *request, struct http_reply *reply,
		struct hf_buf *spare)
{
	struct hf_buf plain = reply->body;
	int level = reply->cache == HTTP_FOREVER ? LEVEL_ONCE : LEVEL_SECOND;

	if (!request->takes_gzip || !is_worth_it(reply))
		return;
	if (reply->tag == 0)
		reply->tag = http_tag(reply);
	hf_buf_reset(spare, PACK_KEEP_BYTES);
	if (!pack(hf_buf_slice(&plain), level, spare))
		return;
	reply->body = *spare;
	*spare = plain;
	reply->packed = true;
}
