#include "config.h"

#include "libhold/err.h"
#include "lockd/command.h"
#include "lockd/notify.h"
#include "lockd/pubsub.h"
#include "lockd/resp.h"

#include "tests/lockd/suites.h"

#define NOW 1000

static struct lockd lockd;
static struct client ear; /* listens to all events */
static struct hf_buf heard;
static struct resp_writer writer;

static struct reply *reach(struct client *client)
{
	HF_UNUSED(client);
	return &writer.reply;
}

static const struct client_ops ops = { .reach = reach };

static void setup(void)
{
	const struct pubsub_limits limits = { 10, 1000 };

	lockd = (struct lockd){ .keys = keyspace_new(7),
				.pubsub = pubsub_new(7, &limits) };
	lockd.notify = notify_new(&lockd);
	ear = (struct client){ .ops = &ops };
	hf_buf_init(&heard, 1 << 20);
	resp_writer_init(&writer, &heard, 2);
	CU_ASSERT_EQUAL(
	    pubsub_subscribe(lockd.pubsub, &ear, PUBSUB_PATTERN, HF_SLICE("*")),
	    0);
}

static void teardown(void)
{
	notify_free(&lockd.notify);
	keyspace_free(&lockd.keys);
	pubsub_drop(lockd.pubsub, &ear);
	pubsub_free(&lockd.pubsub);
	hf_buf_fini(&heard);
}

static void tell(const char *letters)
{
	unsigned flags;

	CU_ASSERT_EQUAL(notify_parse(hf_slice_of(letters), &flags), 0);
	notify_set(lockd.notify, flags);
}

/* Makes the change as if words[0] did it; NULL: nobody. */
static void change(const char *command, struct ks_change change)
{
	struct hf_slice argv[] = { hf_slice_of(command != NULL ? command : ""),
				   HF_SLICE("from"), HF_SLICE("k") };
	struct call call = { .lockd = &lockd, .argv = argv, .argc = 3 };

	change.key = HF_SLICE("k");
	lockd.running = command != NULL ? &call : NULL;
	keyspace_apply(lockd.keys, &change, NOW);
	lockd.running = NULL;
}

static struct ks_change set_change(enum ks_type type)
{
	return (struct ks_change){ .kind = KS_SET,
				   .type = type,
				   .value = HF_SLICE("v"),
				   .due_ms = HF_NEVER };
}

/* The channel's last part and the message of each, "event key," by event. */
static bool heard_is(const char *wanted)
{
	static const char head[] = "*4\r\n$8\r\npmessage\r\n$1\r\n*\r\n";
	struct hf_slice all = hf_buf_slice(&heard);
	struct hf_buf got;
	bool same;

	hf_buf_init(&got, 10000);
	for (size_t i = 0; i + sizeof(head) < all.len; i++) {
		const char *at = all.data + i, *colon, *end, *text;

		if (memcmp(at, head, sizeof(head) - 1) != 0)
			continue;
		colon = memchr(at, ':', all.len - i);
		end = memchr(colon, '\r', all.len - (size_t)(colon - all.data));
		text = (const char *)memchr(end + 2, '\n', 8) + 1;
		hf_buf_printf(&got, "%.*s %.*s,", (int)(end - colon - 1),
			      colon + 1, (int)strcspn(text, "\r"), text);
	}
	same = hf_slice_eq(hf_buf_slice(&got), hf_slice_of(wanted));
	hf_buf_fini(&got);
	hf_buf_reset(&heard, 0);
	return same;
}

static void letters_go_to_flags_and_back(void)
{
	static const char *const rows[][2] = {
		{ "", "" },       { "KEA", "AKE" },      { "Ex", "xE" },
		{ "Elg", "glE" }, { "$K", "$K" },        { "KK", "K" },
		{ "ghK", "ghK" }, { "A", "A" },          { "Ag", "A" },
		{ "E", "E" },     { "dtezhsl$xg", "A" }, { "zK", "zK" },
	};

	for (size_t i = 0; i < HF_LEN(rows); i++) {
		char text[NOTIFY_TEXT_MAX];
		unsigned flags;

		CU_ASSERT_EQUAL(notify_parse(hf_slice_of(rows[i][0]), &flags),
				0);
		notify_format(flags, text);
		CU_ASSERT_STRING_EQUAL(text, rows[i][1]);
	}
}

static void unknown_letters_are_refused(void)
{
	unsigned flags = 77;

	CU_ASSERT_EQUAL(notify_parse(HF_SLICE("Kq"), &flags), HF_EBAD);
	CU_ASSERT_EQUAL(notify_parse(HF_SLICE("K E"), &flags), HF_EBAD);
	CU_ASSERT_EQUAL(flags, 77);
}

static void each_command_has_its_event(void)
{
	static const struct {
		const char *command;
		enum ks_kind kind;
		const char *event;
	} rows[] = {
		{ "set", KS_SET, "set k," },
		{ "GETSET", KS_SET, "set k," },
		{ "INCR", KS_SET, "incrby k," },
		{ "decrby", KS_SET, "incrby k," },
		{ "incrbyfloat", KS_SET, "incrbyfloat k," },
		{ "append", KS_SET, "append k," },
		{ "setrange", KS_SET, "setrange k," },
		{ "rename", KS_SET, "rename_from from,rename_to k," },
		{ "renamenx", KS_DELETE, "" },
		{ "copy", KS_SET, "copy_to k," },
		{ "unlink", KS_DELETE, "del k," },
		{ "persist", KS_DUE, "persist k," },
		{ "getex", KS_DUE, "persist k," },
		{ NULL, KS_DELETE, "del k," },
	};

	for (size_t i = 0; i < HF_LEN(rows); i++) {
		struct ks_change c = set_change(KS_STRING);

		notify_set(lockd.notify, 0);
		change(NULL, c);
		tell("EA");
		c.kind = rows[i].kind;
		change(rows[i].command, c);
		CU_ASSERT(heard_is(rows[i].event));
	}
}

static void a_hash_has_events_of_its_own(void)
{
	tell("Egh");
	change("hmset", set_change(KS_HASH));
	CU_ASSERT(heard_is("hset k,"));
	change("hincrby", set_change(KS_HASH));
	CU_ASSERT(heard_is("hincrby k,"));
	change("hincrbyfloat", set_change(KS_HASH));
	CU_ASSERT(heard_is("hincrbyfloat k,"));
	change("hdel", set_change(KS_HASH));
	CU_ASSERT(heard_is("hdel k,"));
	change("copy", set_change(KS_HASH));
	CU_ASSERT(heard_is("copy_to k,"));
	change("hdel", (struct ks_change){ .kind = KS_DELETE });
	CU_ASSERT(heard_is("hdel k,del k,"));
}

static void a_lock_has_an_event_of_its_own(void)
{
	tell("EA");
	change("lock.acquire", set_change(KS_LOCK));
	CU_ASSERT(heard_is("lock k,"));
	change(NULL, (struct ks_change){ .kind = KS_DELETE });
	CU_ASSERT(heard_is("del k,"));
}

static void a_deadline_given_with_the_value_is_told_too(void)
{
	struct ks_change c = set_change(KS_STRING);

	c.due_ms = NOW + 10;
	tell("EA");
	change("setex", c);
	CU_ASSERT(heard_is("set k,expire k,"));
	change("incr", c); /* it keeps the deadline */
	CU_ASSERT(heard_is("incrby k,"));
	c.kind = KS_DUE;
	change("getex", c);
	CU_ASSERT(heard_is("expire k,"));
	CU_ASSERT_EQUAL(keyspace_expire(lockd.keys, NOW + 10, 10), 1);
	CU_ASSERT(heard_is("expired k,"));
}

static void only_the_classes_asked_for_are_told(void)
{
	tell("Eg");
	change("set", set_change(KS_STRING));
	CU_ASSERT(heard_is(""));
	change("del", (struct ks_change){ .kind = KS_DELETE });
	CU_ASSERT(heard_is("del k,"));
	tell("K$");
	change("set", set_change(KS_STRING));
	CU_ASSERT(heard_is("k set,")); /* by key: the channel has the key */
	tell("A");                     /* neither by key nor by event */
	change("set", set_change(KS_STRING));
	CU_ASSERT(heard_is(""));
}

static void turned_off_it_observes_nothing(void)
{
	struct ks_change all = { .kind = KS_FLUSH };

	tell("KEA");
	keyspace_apply(lockd.keys, &all, NOW); /* of no key: not told */
	notify_set(lockd.notify, 0);
	change("set", set_change(KS_STRING));
	CU_ASSERT(heard_is(""));
	CU_ASSERT_EQUAL(notify_flags(lockd.notify), 0);
}

static const struct hf_test tests[] = {
	HF_TEST(letters_go_to_flags_and_back),
	HF_TEST(unknown_letters_are_refused),
	HF_TEST(each_command_has_its_event),
	HF_TEST(a_hash_has_events_of_its_own),
	HF_TEST(a_lock_has_an_event_of_its_own),
	HF_TEST(a_deadline_given_with_the_value_is_told_too),
	HF_TEST(only_the_classes_asked_for_are_told),
	HF_TEST(turned_off_it_observes_nothing),
	HF_TEST_END,
};

const struct hf_suite test_notify_suite = { "lockd/notify", tests, setup,
					    teardown };
