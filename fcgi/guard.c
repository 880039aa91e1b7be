#include "config.h"

#include "fcgi/guard.h"

#include "libhold/clock.h"
#include "libhold/mem.h"

#include <stdlib.h>
#include <sys/socket.h>

enum { BEGIN_REQUEST = 1, PARAMS = 4, STDIN = 5, RESPONDER = 1 };
enum { HEAD_BYTES = 8, BEGIN_BYTES = 8 };

/* A name or value length at *at: one byte, or four with the top bit set. */
static bool get_length(const unsigned char *p, size_t len, size_t *at,
		       size_t *length_out)
{
	if (*at >= len)
		return false;
	if ((p[*at] & 0x80) == 0) {
		*length_out = p[(*at)++];
		return true;
	}
	if (len - *at < 4)
		return false;
	*length_out = (size_t)(p[*at] & 0x7f) << 24 | (size_t)p[*at + 1] << 16 |
		      (size_t)p[*at + 2] << 8 | p[*at + 3];
	*at += 4;
	return true;
}

/* Are the parameters whole pairs, none longer than their stream? */
static bool pairs_fit(const char *params, size_t len)
{
	const unsigned char *p = (const unsigned char *)params;
	size_t at = 0, name, value;

	while (at < len) {
		if (!get_length(p, len, &at, &name) ||
		    !get_length(p, len, &at, &value))
			return false;
		if (name > len - at || value > len - at - name)
			return false;
		at += name + value;
	}
	return true;
}

static enum guard_result look_at_params(struct guard *g, const char *content,
					size_t len)
{
	if (g->params_ended || len > sizeof(g->params) - g->params_len)
		return GUARD_WRONG;
	if (len == 0) {
		g->params_ended = true;
		return pairs_fit(g->params, g->params_len) ? GUARD_MORE
							   : GUARD_WRONG;
	}
	memcpy(g->params + g->params_len, content, len);
	g->params_len += len;
	return GUARD_MORE;
}

/* One whole record. */
static enum guard_result look_at_record(struct guard *g, unsigned type,
					unsigned id, const char *content,
					size_t len, size_t body_max)
{
	if (type == BEGIN_REQUEST) {
		if (g->id != 0 || id == 0 || len != BEGIN_BYTES ||
		    content[0] != 0 || content[1] != RESPONDER)
			return GUARD_WRONG;
		g->id = id;
		return GUARD_MORE;
	}
	if (g->id == 0 || id != g->id)
		return GUARD_WRONG; /* management records have no id */
	if (type == PARAMS)
		return look_at_params(g, content, len);
	if (type != STDIN || !g->params_ended)
		return GUARD_WRONG;
	g->body_len += len;
	return len == 0 || g->body_len > body_max ? GUARD_FINE : GUARD_MORE;
}

enum guard_result guard_look(struct guard *g, struct hf_slice bytes,
			     size_t body_max)
{
	while (bytes.len - g->at >= HEAD_BYTES) {
		const unsigned char *head =
		    (const unsigned char *)bytes.data + g->at;
		size_t len = (size_t)head[4] << 8 | head[5];
		size_t whole = HEAD_BYTES + len + head[6];
		enum guard_result result;

		if (head[0] != 1)
			return GUARD_WRONG;
		if (bytes.len - g->at < whole)
			return GUARD_MORE;
		result = look_at_record(
		    g, head[1], (unsigned)head[2] << 8 | head[3],
		    bytes.data + g->at + HEAD_BYTES, len, body_max);
		if (result != GUARD_MORE)
			return result;
		g->at += whole;
	}
	return GUARD_MORE;
}

struct guard_room {
	struct guard guard;
	char bytes[GUARD_REQUEST_MAX];
};

struct guard_room *guard_room_new(void)
{
	return hf_new(struct guard_room);
}

void guard_room_free(struct guard_room **room)
{
	free(*room);
	*room = NULL;
}

/* Only what is looked at before it is written. */
static void begin(struct guard *g)
{
	g->at = 0;
	g->params_len = 0;
	g->body_len = 0;
	g->id = 0;
	g->params_ended = false;
}

bool guard_peer(struct guard_room *room, int fd, size_t body_max,
		int64_t within_ms)
{
	enum guard_result result = GUARD_MORE;
	int64_t until_ms = hf_clock_ms() + within_ms;
	int offset = 0;
	size_t len = 0;

	begin(&room->guard);
	if (setsockopt(fd, SOL_SOCKET, SO_PEEK_OFF, &offset, sizeof(offset)) <
	    0)
		return false;
	while (result == GUARD_MORE && len < sizeof(room->bytes)) {
		/* Goes on behind what was peeked at before. */
		ssize_t n = recv(fd, room->bytes + len,
				 sizeof(room->bytes) - len, MSG_PEEK);

		if (n <= 0)
			break; /* ended, failed, or silent for too long */
		len += (size_t)n;
		result =
		    guard_look(&room->guard,
			       (struct hf_slice){ room->bytes, len }, body_max);
		/* Nearly all come whole at once, and cost no look here. */
		if (result == GUARD_MORE && hf_clock_ms() >= until_ms)
			break;
	}
	return result == GUARD_FINE;
}
