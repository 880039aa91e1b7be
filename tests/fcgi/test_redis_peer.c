#include "config.h"

#include "fcgi/redis_peer.h"

#include "tests/fcgi/suites.h"

#include <stdlib.h>
#include <string.h>

/* Read in a block of its exact size. */
static bool place_of(const char *text, int type, struct redis_place *place)
{
	size_t size = strlen(text) + 1;
	char *copy = malloc(size);
	redisReply reply = { .type = type, .str = copy, .len = size - 1 };
	bool is;

	CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
	memcpy(copy, text, size);
	is = redis_reply_place(&reply, "asked", place);
	free(copy);
	return is;
}

#define X63  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X255 X63 "." X63 "." X63 "." X63

static const struct {
	const char *text, *host;
	int port;
} sent[] = {
	{ "MOVED 3999 127.0.0.1:6381", "127.0.0.1", 6381 },
	{ "MOVED 0 node.example:1", "node.example", 1 },
	{ "MOVED 3999 2001:db8::1:6381", "2001:db8::1", 6381 },
	{ "MOVED 3999 :6381", "asked", 6381 },
	{ "ASK 16383 10.0.0.1:65535", "10.0.0.1", 65535 },
	{ "MOVED 1 " X255 ":7", X255, 7 },
};

static void a_redirect_names_host_and_port(void)
{
	for (size_t i = 0; i < HF_LEN(sent); i++) {
		struct redis_place place;

		if (!place_of(sent[i].text, REDIS_REPLY_ERROR, &place) ||
		    strcmp(place.host, sent[i].host) != 0 ||
		    place.port != sent[i].port)
			CU_FAIL(sent[i].text);
	}
}

static const char *const none[] = {
	"",
	"MOVED",
	"MOVED ",
	"MOVED 3999",
	"MOVED 3999 ",
	"MOVED 3999 host",
	"MOVED 3999 host:",
	"MOVED 3999 host:0",
	"MOVED 3999 host:65536",
	"MOVED 3999 host:-1",
	"MOVED 3999 host:1x",
	"MOVED 3999 x" X255 ":7",
	"MOVEDX 3999 host:1",
	"ASK",
	"ASKING 3999 host:1",
	"ERR 3999 host:1",
	"TRYAGAIN Multiple keys request during rehashing of slot",
};

static void anything_else_is_no_redirect(void)
{
	struct redis_place place;

	for (size_t i = 0; i < HF_LEN(none); i++) {
		if (place_of(none[i], REDIS_REPLY_ERROR, &place))
			CU_FAIL(none[i]);
	}
	CU_ASSERT_FALSE(place_of(sent[0].text, REDIS_REPLY_STRING, &place));
}

static void an_error_is_known_by_its_first_word(void)
{
	char text[] = "READONLY You can't write";
	redisReply reply = { .type = REDIS_REPLY_ERROR, .str = text };

	CU_ASSERT_TRUE(redis_reply_is(&reply, "READONLY"));
	CU_ASSERT_FALSE(redis_reply_is(&reply, "READ"));
	text[strlen("READONLY")] = '\0';
	CU_ASSERT_TRUE(redis_reply_is(&reply, "READONLY"));
	reply.type = REDIS_REPLY_STATUS;
	CU_ASSERT_FALSE(redis_reply_is(&reply, "READONLY"));
}

static const struct hf_test tests[] = {
	HF_TEST(a_redirect_names_host_and_port),
	HF_TEST(anything_else_is_no_redirect),
	HF_TEST(an_error_is_known_by_its_first_word),
	HF_TEST_END,
};

const struct hf_suite test_redis_peer_suite = { "fcgi/redis_peer", tests, NULL,
						NULL };
