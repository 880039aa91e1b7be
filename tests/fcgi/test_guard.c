#include "config.h"

#include "fcgi/guard.h"
#include "libhold/buf.h"
#include "libhold/mem.h"

#include "tests/fcgi/suites.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define BODY_MAX 1000
#define FOREVER  (INT64_MAX / 2) /* ms */

enum { BEGIN = 1, ABORT = 2, PARAMS = 4, STDIN = 5, GET_VALUES = 9 };

static struct hf_buf request;

static void setup(void)
{
	hf_buf_init(&request, 1 << 20);
}

static void teardown(void)
{
	hf_buf_fini(&request);
}

static void add_record(unsigned type, unsigned id, const char *content,
		       size_t len, unsigned padding)
{
	const char head[8] = { 1,
			       (char)type,
			       (char)(id >> 8),
			       (char)id,
			       (char)(len >> 8),
			       (char)len,
			       (char)padding,
			       0 };
	static const char zeros[255];

	hf_buf_add(&request, head, sizeof(head));
	hf_buf_add(&request, content, len);
	hf_buf_add(&request, zeros, padding);
}

static void add_begin(void)
{
	add_record(BEGIN, 1, "\0\1\0\0\0\0\0\0", 8, 0);
}

static void add_whole_request(void)
{
	add_begin();
	add_record(PARAMS, 1, "\4\3NAMEval\1\0Q", 12, 4);
	add_record(PARAMS, 1, "", 0, 0);
	add_record(STDIN, 1, "{}", 2, 6);
	add_record(STDIN, 1, "", 0, 0);
}

/* Fed in two pieces, each in a block of its exact size. */
static enum guard_result look(size_t split)
{
	struct guard *guard = hf_new(struct guard);
	struct hf_slice all = hf_buf_slice(&request);
	char *piece = hf_memdup(all.data, split);
	enum guard_result result =
	    guard_look(guard, (struct hf_slice){ piece, split }, BODY_MAX);

	free(piece);
	if (result == GUARD_MORE) {
		piece = hf_memdup(all.data, all.len);
		result = guard_look(guard, (struct hf_slice){ piece, all.len },
				    BODY_MAX);
		free(piece);
	}
	free(guard);
	return result;
}

static void what_nginx_sends_is_fine_however_it_is_cut(void)
{
	add_whole_request();
	for (size_t i = 0; i <= hf_buf_len(&request); i++)
		CU_ASSERT_EQUAL(look(i), GUARD_FINE);
}

static void a_cut_request_is_never_fine(void)
{
	add_whole_request();
	for (size_t len = hf_buf_len(&request) - 1; len > 0; len--) {
		hf_buf_truncate(&request, len);
		CU_ASSERT_EQUAL(look(len / 2), GUARD_MORE);
	}
}

static void management_records_are_refused_anywhere(void)
{
	add_record(GET_VALUES, 0, "\16\0FCGI_MAX_CONNS", 16, 0);
	CU_ASSERT_EQUAL(look(0), GUARD_WRONG);
	hf_buf_truncate(&request, 0);
	add_begin();
	add_record(GET_VALUES, 0, "\16\0FCGI_MAX_CONNS", 16, 0);
	CU_ASSERT_EQUAL(look(0), GUARD_WRONG);
}

static void lengths_larger_than_their_stream_are_refused(void)
{
	static const struct {
		const char *params;
		size_t len;
	} rows[] = {
		{ "\377\377\377\377\377\377\377\377", 8 },
		{ "\4\3NAMEva", 8 },
		{ "\4", 1 },
		{ "\200\0\0", 3 },
		{ "\0\200\0\0\1", 5 },
	};

	for (size_t i = 0; i < HF_LEN(rows); i++) {
		hf_buf_truncate(&request, 0);
		add_begin();
		add_record(PARAMS, 1, rows[i].params, rows[i].len, 0);
		add_record(PARAMS, 1, "", 0, 0);
		CU_ASSERT_EQUAL(look(0), GUARD_WRONG);
	}
}

static void too_many_parameters_are_refused(void)
{
	char *zeros = hf_alloc(GUARD_PARAMS_MAX);

	add_begin();
	add_record(PARAMS, 1, zeros, GUARD_PARAMS_MAX, 0);
	CU_ASSERT_EQUAL(look(0), GUARD_MORE);
	add_record(PARAMS, 1, zeros, 2, 0);
	CU_ASSERT_EQUAL(look(0), GUARD_WRONG);
	free(zeros);
}

static void records_out_of_order_are_refused(void)
{
	static const struct {
		unsigned type, id;
	} rows[] = { { PARAMS, 1 }, { STDIN, 1 }, { BEGIN, 0 },
		     { ABORT, 1 },  { 77, 1 },    { PARAMS, 2 } };

	for (size_t i = 0; i < HF_LEN(rows); i++) {
		hf_buf_truncate(&request, 0);
		add_record(rows[i].type, rows[i].id, "\0\1\0\0\0\0\0\0", 8, 0);
		if (rows[i].type == PARAMS && rows[i].id == 2) {
			hf_buf_truncate(&request, 0);
			add_begin();
			add_record(PARAMS, 2, "", 0, 0);
		}
		CU_ASSERT_EQUAL(look(0), GUARD_WRONG);
	}
	hf_buf_truncate(&request, 0);
	add_begin();
	add_begin();
	CU_ASSERT_EQUAL(look(0), GUARD_WRONG);
	hf_buf_truncate(&request, 0);
	hf_buf_add(&request, "GET / HTTP/1.1\r\n", 16);
	CU_ASSERT_EQUAL(look(0), GUARD_WRONG);
}

static void a_body_over_the_limit_needs_no_end(void)
{
	char *body = hf_alloc(BODY_MAX + 1);

	add_begin();
	add_record(PARAMS, 1, "", 0, 0);
	add_record(STDIN, 1, body, BODY_MAX, 0);
	CU_ASSERT_EQUAL(look(0), GUARD_MORE);
	add_record(STDIN, 1, body, 1, 0);
	CU_ASSERT_EQUAL(look(0), GUARD_FINE);
	free(body);
}

static void peeking_takes_nothing_away(void)
{
	struct guard_room *room = guard_room_new();
	struct hf_slice all;
	char got[4096];
	int pair[2];

	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	add_whole_request();
	all = hf_buf_slice(&request);
	CU_ASSERT_EQUAL(send(pair[0], all.data, 30, 0), 30);
	CU_ASSERT_EQUAL(send(pair[0], all.data + 30, all.len - 30, 0),
			(ssize_t)all.len - 30);
	CU_ASSERT(guard_peer(room, pair[1], BODY_MAX, FOREVER));
	CU_ASSERT_EQUAL(recv(pair[1], got, sizeof(got), 0), (ssize_t)all.len);
	CU_ASSERT_EQUAL(memcmp(got, all.data, all.len), 0);
	CU_ASSERT_EQUAL(send(pair[0], all.data, 30, 0), 30);
	close(pair[0]);
	CU_ASSERT_FALSE(guard_peer(room, pair[1], BODY_MAX, FOREVER));
	close(pair[1]);
	guard_room_free(&room);
}

struct trickler {
	int from, to; /* two ends of a socket pair */
	atomic_bool stop;
};

/* Sends the rest when the guard has looked at the first 30 bytes. */
static void *send_the_rest(void *arg)
{
	struct trickler *t = arg;
	struct hf_slice all = hf_buf_slice(&request);
	int peeked = 0;
	socklen_t len = sizeof(peeked);

	while (!atomic_load(&t->stop) && peeked != 30) {
		getsockopt(t->to, SOL_SOCKET, SO_PEEK_OFF, &peeked, &len);
		sched_yield();
	}
	send(t->from, all.data + 30, all.len - 30, 0);
	return NULL;
}

static bool guard_a_trickle(int64_t within_ms)
{
	struct guard_room *room = guard_room_new();
	struct trickler t = { 0 };
	pthread_t thread;
	int pair[2];
	bool fine;

	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	add_whole_request();
	CU_ASSERT_EQUAL(send(pair[0], hf_buf_slice(&request).data, 30, 0), 30);
	t.from = pair[0];
	t.to = pair[1];
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, send_the_rest, &t),
			      0);
	fine = guard_peer(room, pair[1], BODY_MAX, within_ms);
	atomic_store(&t.stop, true);
	pthread_join(thread, NULL);
	close(pair[0]);
	close(pair[1]);
	guard_room_free(&room);
	return fine;
}

static void a_request_in_pieces_has_a_deadline_as_a_whole(void)
{
	CU_ASSERT(guard_a_trickle(FOREVER));
	hf_buf_truncate(&request, 0);
	CU_ASSERT_FALSE(guard_a_trickle(0));
}

static const struct hf_test tests[] = {
	HF_TEST(what_nginx_sends_is_fine_however_it_is_cut),
	HF_TEST(a_cut_request_is_never_fine),
	HF_TEST(management_records_are_refused_anywhere),
	HF_TEST(lengths_larger_than_their_stream_are_refused),
	HF_TEST(too_many_parameters_are_refused),
	HF_TEST(records_out_of_order_are_refused),
	HF_TEST(a_body_over_the_limit_needs_no_end),
	HF_TEST(peeking_takes_nothing_away),
	HF_TEST(a_request_in_pieces_has_a_deadline_as_a_whole),
	HF_TEST_END,
};

const struct hf_suite test_guard_suite = { "fcgi/guard", tests, setup,
					   teardown };
