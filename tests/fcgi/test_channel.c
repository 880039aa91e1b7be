#include "config.h"

#include "fcgi/channel.h"

#include "tests/fcgi/suites.h"

#include <stdio.h>

static struct channels channels;
static struct hf_buf frame;

static void setup(void)
{
	channels_init(&channels);
	hf_buf_init(&frame, CHANNEL_FRAME_MAX);
}

static void teardown(void)
{
	channels_fini(&channels);
	hf_buf_fini(&frame);
}

static void note(const char *event, int64_t ordinal, char letter,
		 int64_t version)
{
	const struct channel_seat seat = { ordinal, version, letter };

	channels_note(&channels, event, &seat);
}

/* What the next channel says at now_ms, "" when none has a word. */
static const char *say(int64_t now_ms)
{
	static char text[256];
	struct channel *channel = channels_ready(&channels, now_ms);
	struct hf_slice said;

	if (channel == NULL)
		return "";
	channel_frame(channel, 1234, &frame);
	said = hf_buf_slice(&frame);
	snprintf(text, sizeof(text), "%s %.*s", channel->event, (int)said.len,
		 said.data);
	channel_said(channel, now_ms);
	return text;
}

static void nothing_is_said_when_nothing_changed(void)
{
	CU_ASSERT_STRING_EQUAL(say(0), "");
	CU_ASSERT_EQUAL(channels_next_ms(&channels), HF_NEVER);
}

static void a_frame_has_the_last_state_of_each_seat_in_order(void)
{
	note("arena", 7, 'h', 10);
	note("arena", 3, 'h', 11);
	note("arena", 7, 'b', 12);
	note("arena", 12, 'x', 9);
	note("arena", 7, 'h', 11); /* late: not heard */
	CU_ASSERT_EQUAL(channels_next_ms(&channels), 0);
	CU_ASSERT_STRING_EQUAL(say(0), "arena {\"t\":1234,\"c\":[[3,\"h\",11],"
				       "[7,\"b\",12],[12,\"x\",9]]}");
	CU_ASSERT_STRING_EQUAL(say(1000), "");
}

static void events_speak_for_themselves_and_in_turn(void)
{
	note("a", 1, 'h', 1);
	note("b", 1, 'h', 1);
	CU_ASSERT_STRING_EQUAL(say(0), "a {\"t\":1234,\"c\":[[1,\"h\",1]]}");
	note("a", 2, 'h', 1);
	CU_ASSERT_STRING_EQUAL(say(100), "b {\"t\":1234,\"c\":[[1,\"h\",1]]}");
	CU_ASSERT_STRING_EQUAL(say(100), "a {\"t\":1234,\"c\":[[2,\"h\",1]]}");
}

static void a_channel_pauses_between_two_frames(void)
{
	int64_t now_ms, frames = 0;

	for (now_ms = 0; now_ms < 1000; now_ms++) {
		note("a", now_ms % 5, 'h', now_ms + 1);
		frames += say(now_ms)[0] != '\0';
	}
	CU_ASSERT_EQUAL(frames, 1000 / CHANNEL_PAUSE_MS);
	note("a", 1, 'a', 5000);
	CU_ASSERT_EQUAL(channels_next_ms(&channels), 1000);
}

static void what_was_put_off_is_said_with_what_came_since(void)
{
	struct channel *channel;

	note("a", 1, 'h', 1);
	channel = channels_ready(&channels, 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(channel);
	channel_put_off(channel, 0);
	note("a", 2, 'h', 2);
	CU_ASSERT_PTR_NULL(channels_ready(&channels, CHANNEL_AGAIN_MS - 1));
	CU_ASSERT_STRING_EQUAL(
	    say(CHANNEL_AGAIN_MS),
	    "a {\"t\":1234,\"c\":[[1,\"h\",1],[2,\"h\",2]]}");
}

static void what_was_missed_is_to_be_fetched_anew(void)
{
	note("a", 1, 'h', 1);
	channel_missed(channels_ready(&channels, 0));
	note("a", 2, 'h', 2);
	CU_ASSERT_STRING_EQUAL(say(0), "a {\"t\":1234,\"resync\":true}");
	note("a", 3, 'h', 3);
	CU_ASSERT_STRING_EQUAL(say(100), "a {\"t\":1234,\"c\":[[3,\"h\",3]]}");
	channels_resync(&channels, "never-named");
	CU_ASSERT_STRING_EQUAL(say(100),
			       "never-named {\"t\":1234,\"resync\":true}");
}

static void more_than_a_frame_holds_is_to_be_fetched_anew(void)
{
	struct channel *channel;

	for (int64_t i = CHANNEL_SEATS_MAX; i-- > 0;)
		note("a", i * 1000000, 'h', INT64_MAX - i);
	channel = channels_ready(&channels, 0);
	CU_ASSERT_EQUAL(channel->n, CHANNEL_SEATS_MAX);
	channel_frame(channel, INT64_MAX, &frame);
	CU_ASSERT_FALSE(hf_buf_failed(&frame)); /* it always fits */
	note("a", 0, 'b', INT64_MAX); /* known: still no more of them */
	CU_ASSERT_FALSE(channel->resync);
	note("a", 1, 'h', 1);
	CU_ASSERT_STRING_EQUAL(say(0), "a {\"t\":1234,\"resync\":true}");
}

static void an_id_that_no_event_can_have_is_dropped(void)
{
	char id[CHANNEL_EVENT_MAX + 2];

	memset(id, 'a', sizeof(id));
	id[CHANNEL_EVENT_MAX + 1] = '\0';
	note(id, 1, 'h', 1);
	CU_ASSERT_EQUAL(channels.n, 0);
	note(id + 1, 1, 'h', 1);
	CU_ASSERT_EQUAL(channels.n, 1);
}

static void a_sale_is_told_once_with_or_without_seats(void)
{
	channels_sale(&channels, "gala", "closed", NULL);
	CU_ASSERT_EQUAL(channels_next_ms(&channels), 0);
	CU_ASSERT_STRING_EQUAL(say(0), "gala {\"t\":1234,\"sale\":{\"state\":"
				       "\"closed\",\"opens_at\":null},"
				       "\"c\":[]}");
	CU_ASSERT_EQUAL(channels_next_ms(&channels), HF_NEVER);
	channels_sale(&channels, "gala", "open", NULL);
	channels_sale(&channels, "gala", "not_yet", "2027-05-01T18:00:00.000Z");
	channels_resync(&channels, "gala");
	CU_ASSERT_STRING_EQUAL(say(100),
			       "gala {\"t\":1234,\"sale\":{\"state\":\"not_yet\","
			       "\"opens_at\":\"2027-05-01T18:00:00.000Z\"},"
			       "\"resync\":true}");
}

static const struct hf_test tests[] = {
	HF_TEST(nothing_is_said_when_nothing_changed),
	HF_TEST(a_frame_has_the_last_state_of_each_seat_in_order),
	HF_TEST(events_speak_for_themselves_and_in_turn),
	HF_TEST(a_channel_pauses_between_two_frames),
	HF_TEST(what_was_put_off_is_said_with_what_came_since),
	HF_TEST(what_was_missed_is_to_be_fetched_anew),
	HF_TEST(more_than_a_frame_holds_is_to_be_fetched_anew),
	HF_TEST(an_id_that_no_event_can_have_is_dropped),
	HF_TEST(a_sale_is_told_once_with_or_without_seats),
	HF_TEST_END,
};

const struct hf_suite test_channel_suite = { "fcgi/channel", tests, setup,
					     teardown };
