#include "config.h"

#include "libhold/err.h"
#include "libhold/mem.h"
#include "lockd/pubsub.h"
#include "lockd/resp.h"

#include "tests/lockd/suites.h"

#include <stdlib.h>

#define MANY 1000

/* A client whose output is looked at. */
struct ear {
	struct client client;
	struct hf_buf heard;
	struct resp_writer writer;
};

static struct pubsub *ps;
static struct ear ears[4];
static struct ear *const a = &ears[0], *const b = &ears[1], *const c = &ears[2];

static struct reply *reach(struct client *client)
{
	return &HF_CONTAINER_OF(client, struct ear, client)->writer.reply;
}

static const struct client_ops ops = { .reach = reach };

static void setup(void)
{
	const struct pubsub_limits limits = { .per_client = MANY,
					      .bytes_per_client = 16 * MANY };

	ps = pubsub_new(7, &limits);
	for (size_t i = 0; i < HF_LEN(ears); i++) {
		ears[i] = (struct ear){ .client = { .ops = &ops } };
		hf_buf_init(&ears[i].heard, 1 << 20);
		resp_writer_init(&ears[i].writer, &ears[i].heard, 2);
	}
}

static void teardown(void)
{
	for (size_t i = 0; i < HF_LEN(ears); i++) {
		pubsub_drop(ps, &ears[i].client);
		hf_buf_fini(&ears[i].heard);
	}
	pubsub_free(&ps);
}

static void listen(struct ear *ear, enum pubsub_kind kind, const char *name)
{
	CU_ASSERT_EQUAL(
	    pubsub_subscribe(ps, &ear->client, kind, hf_slice_of(name)), 0);
}

static size_t publish(const char *channel, const char *text)
{
	return pubsub_publish(ps, PUBSUB_CHANNEL, hf_slice_of(channel),
			      hf_slice_of(text));
}

static void heard(struct ear *ear, const char *what)
{
	CU_ASSERT(hf_slice_eq(hf_buf_slice(&ear->heard), hf_slice_of(what)));
	hf_buf_reset(&ear->heard, 0);
}

#define A_MESSAGE "$7\r\nmessage\r\n$1\r\nc\r\n$2\r\nhi\r\n"

static void who_listens_hears_and_nobody_else(void)
{
	CU_ASSERT_EQUAL(publish("c", "hi"), 0);
	listen(a, PUBSUB_CHANNEL, "c");
	listen(b, PUBSUB_CHANNEL, "c");
	listen(c, PUBSUB_CHANNEL, "d");
	CU_ASSERT_EQUAL(publish("c", "hi"), 2);
	heard(a, "*3\r\n" A_MESSAGE);
	heard(b, "*3\r\n" A_MESSAGE);
	heard(c, "");
}

static void with_resp3_a_message_is_a_push(void)
{
	a->writer.reply.protocol = 3;
	listen(a, PUBSUB_CHANNEL, "c");
	publish("c", "hi");
	heard(a, ">3\r\n" A_MESSAGE);
}

static void listening_twice_is_listening_once(void)
{
	listen(a, PUBSUB_CHANNEL, "c");
	listen(a, PUBSUB_CHANNEL, "c");
	CU_ASSERT_EQUAL(pubsub_count(&a->client, PUBSUB_CHANNEL), 1);
	CU_ASSERT_EQUAL(publish("c", "hi"), 1);
}

static void each_matching_pattern_is_heard(void)
{
	listen(a, PUBSUB_PATTERN, "c*");
	listen(a, PUBSUB_PATTERN, "*");
	listen(a, PUBSUB_PATTERN, "d*");
	CU_ASSERT_EQUAL(publish("c", "hi"), 2);
	heard(a, "*4\r\n$8\r\npmessage\r\n$2\r\nc*\r\n$1\r\nc\r\n$2\r\nhi\r\n"
		 "*4\r\n$8\r\npmessage\r\n$1\r\n*\r\n$1\r\nc\r\n$2\r\nhi\r\n");
}

static void shard_channels_are_a_namespace_of_their_own(void)
{
	listen(a, PUBSUB_SHARD, "c");
	listen(b, PUBSUB_PATTERN, "*");
	CU_ASSERT_EQUAL(publish("c", "hi"), 1);
	heard(a, "");
	hf_buf_reset(&b->heard, 0);
	CU_ASSERT_EQUAL(
	    pubsub_publish(ps, PUBSUB_SHARD, HF_SLICE("c"), HF_SLICE("hi")), 1);
	heard(a, "*3\r\n$8\r\nsmessage\r\n$1\r\nc\r\n$2\r\nhi\r\n");
	heard(b, "");
}

static void who_left_hears_nothing_and_leaves_nothing(void)
{
	listen(a, PUBSUB_CHANNEL, "c");
	listen(b, PUBSUB_CHANNEL, "c");
	CU_ASSERT(
	    pubsub_unsubscribe(ps, &a->client, PUBSUB_CHANNEL, HF_SLICE("c")));
	CU_ASSERT(
	    !pubsub_unsubscribe(ps, &a->client, PUBSUB_CHANNEL, HF_SLICE("c")));
	CU_ASSERT(!pubsub_unsubscribe(ps, &a->client, PUBSUB_CHANNEL,
				      HF_SLICE("nothing")));
	CU_ASSERT_PTR_NULL(a->client.listens);
	CU_ASSERT_EQUAL(publish("c", "hi"), 1);
	heard(a, "");
	pubsub_drop(ps, &b->client);
	CU_ASSERT_EQUAL(publish("c", "hi"), 0);
	CU_ASSERT_EQUAL(pubsub_topics(ps, PUBSUB_CHANNEL), 0);
	CU_ASSERT_EQUAL(pubsub_listeners(ps, PUBSUB_CHANNEL, HF_SLICE("c")), 0);
}

static void dropping_a_client_ends_all_kinds(void)
{
	struct hf_slice name;

	listen(a, PUBSUB_CHANNEL, "c");
	listen(a, PUBSUB_PATTERN, "c");
	listen(a, PUBSUB_SHARD, "c");
	pubsub_drop(ps, &a->client);
	for (int kind = 0; kind < PUBSUB_KINDS; kind++) {
		CU_ASSERT_EQUAL(pubsub_topics(ps, (enum pubsub_kind)kind), 0);
		CU_ASSERT(
		    !pubsub_oldest(&a->client, (enum pubsub_kind)kind, &name));
	}
	pubsub_drop(ps, &a->client); /* harmless */
}

static void the_oldest_is_told_first(void)
{
	struct hf_slice name;

	listen(a, PUBSUB_CHANNEL, "x");
	listen(a, PUBSUB_CHANNEL, "y");
	CU_ASSERT(pubsub_oldest(&a->client, PUBSUB_CHANNEL, &name));
	CU_ASSERT(hf_slice_eq(name, HF_SLICE("x")));
	pubsub_unsubscribe(ps, &a->client, PUBSUB_CHANNEL, name);
	CU_ASSERT(pubsub_oldest(&a->client, PUBSUB_CHANNEL, &name));
	CU_ASSERT(hf_slice_eq(name, HF_SLICE("y")));
}

static void one_client_has_a_bounded_number(void)
{
	char name[16];

	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		listen(a, i % 2 == 0 ? PUBSUB_CHANNEL : PUBSUB_PATTERN, name);
	}
	CU_ASSERT_EQUAL(pubsub_subscribe(ps, &a->client, PUBSUB_SHARD,
					 HF_SLICE("one more")),
			HF_ELIMIT);
	listen(a, PUBSUB_CHANNEL, "n0"); /* it has that already */
	listen(b, PUBSUB_CHANNEL, "one more");
	CU_ASSERT_EQUAL(pubsub_topics(ps, PUBSUB_SHARD), 0);
}

static void one_client_has_bounded_bytes_of_names(void)
{
	static char name[16 * MANY + 1];
	struct hf_slice all = { name, 16 * MANY };
	struct hf_slice over = { name, 16 * MANY + 1 };

	CU_ASSERT_EQUAL(pubsub_subscribe(ps, &a->client, PUBSUB_CHANNEL, over),
			HF_ELIMIT);
	CU_ASSERT_PTR_NULL(a->client.listens);
	listen(a, PUBSUB_SHARD, ""); /* something that stays */
	CU_ASSERT_EQUAL(pubsub_subscribe(ps, &a->client, PUBSUB_CHANNEL, all),
			0);
	CU_ASSERT_EQUAL(
	    pubsub_subscribe(ps, &a->client, PUBSUB_CHANNEL, HF_SLICE("x")),
	    HF_ELIMIT);
	CU_ASSERT(pubsub_unsubscribe(ps, &a->client, PUBSUB_CHANNEL, all));
	listen(a, PUBSUB_CHANNEL, "x");
}

static void join(void *arg, struct hf_slice name)
{
	hf_buf_add_slice(arg, name);
}

static void names_are_walked_in_order(void)
{
	struct hf_buf names;

	hf_buf_init(&names, 100);
	listen(a, PUBSUB_CHANNEL, "x");
	listen(b, PUBSUB_CHANNEL, "y");
	listen(b, PUBSUB_CHANNEL, "x");
	pubsub_each(ps, PUBSUB_CHANNEL, join, &names);
	CU_ASSERT(hf_slice_eq(hf_buf_slice(&names), HF_SLICE("xy")));
	CU_ASSERT_EQUAL(pubsub_listeners(ps, PUBSUB_CHANNEL, HF_SLICE("x")), 2);
	hf_buf_fini(&names);
}

static const struct hf_test tests[] = {
	HF_TEST(who_listens_hears_and_nobody_else),
	HF_TEST(with_resp3_a_message_is_a_push),
	HF_TEST(listening_twice_is_listening_once),
	HF_TEST(each_matching_pattern_is_heard),
	HF_TEST(shard_channels_are_a_namespace_of_their_own),
	HF_TEST(who_left_hears_nothing_and_leaves_nothing),
	HF_TEST(dropping_a_client_ends_all_kinds),
	HF_TEST(the_oldest_is_told_first),
	HF_TEST(one_client_has_a_bounded_number),
	HF_TEST(one_client_has_bounded_bytes_of_names),
	HF_TEST(names_are_walked_in_order),
	HF_TEST_END,
};

const struct hf_suite test_pubsub_suite = { "lockd/pubsub", tests, setup,
					    teardown };
