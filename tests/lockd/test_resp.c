#include "config.h"

#include "libhold/mem.h"
#include "lockd/resp.h"

#include "tests/lockd/suites.h"

#include <stdio.h>
#include <stdlib.h>

/* The arguments of one request as text: "[SET][k][v]". */
static void render(const struct resp_reader *reader, struct hf_buf *out)
{
	for (size_t i = 0; i < reader->argc; i++) {
		hf_buf_add_char(out, '[');
		hf_buf_add_slice(out, reader->argv[i]);
		hf_buf_add_char(out, ']');
	}
	hf_buf_add_char(out, ';');
}

static size_t request_max; /* of feed()'s reader; 0: none */

/*
 * Feeds input as a server would: first bytes up to split, then the rest; each
 * piece in a block of its exact size, so that a sanitizer sees a read too
 * far. Gives all requests rendered, and "!error" when it was bad.
 */
static void feed(struct hf_slice input, size_t split, struct hf_buf *out)
{
	struct resp_reader reader;
	size_t begin = 0;

	resp_reader_init(&reader, request_max);
	for (size_t upto = split;; upto = input.len) {
		enum resp_result result = RESP_DONE;

		while (result == RESP_DONE && begin < upto) {
			char *block =
			    hf_memdup(input.data + begin, upto - begin);
			size_t used = 0;

			result = resp_read(
			    &reader, (struct hf_slice){ block, upto - begin },
			    &used);
			if (result == RESP_DONE) {
				render(&reader, out);
				resp_reader_reset(&reader);
				begin += used;
			}
			free(block);
		}
		if (result == RESP_BAD) {
			hf_buf_printf(out, "!%s", reader.error);
			break;
		}
		if (upto == input.len)
			break;
	}
	resp_reader_fini(&reader);
}

static const struct {
	struct hf_slice input;
	const char *requests;
} rows[] = {
	{ HF_SLICE_INIT("*1\r\n$4\r\nPING\r\n"), "[PING];" },
	{ HF_SLICE_INIT("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\n"),
	  "[SET][k][];" },
	{ HF_SLICE_INIT("*2\r\n$3\r\nGET\r\n$4\r\na\r\nb\r\nPING\r\n"),
	  "[GET][a\r\nb];[PING];" },
	{ HF_SLICE_INIT("*0\r\n*-1\r\nPING\r\n"), ";;[PING];" },
	{ HF_SLICE_INIT("\r\n\n  \r\nPING\n"), ";;;[PING];" },
	{ HF_SLICE_INIT("SET k \"a b\\x41\\n\\\"\" 'it\\'s'\r\n"),
	  "[SET][k][a bA\n\"][it's];" },
	{ HF_SLICE_INIT("GET \"\"\r\n"), "[GET][];" },
	{ HF_SLICE_INIT("GET ab\"c d\"\r\n"), "[GET][abc d];" },
	{ HF_SLICE_INIT("GET \"open\r\n"),
	  "!ERR Protocol error: unbalanced quotes in request" },
	{ HF_SLICE_INIT("GET \"a\"b\r\n"),
	  "!ERR Protocol error: unbalanced quotes in request" },
	{ HF_SLICE_INIT("*x\r\n"),
	  "!ERR Protocol error: invalid multibulk length" },
	{ HF_SLICE_INIT("*1048577\r\n"),
	  "!ERR Protocol error: invalid multibulk length" },
	{ HF_SLICE_INIT("*99999999999999999999999999999999\r\n"),
	  "!ERR Protocol error: too big mbulk count string" },
	{ HF_SLICE_INIT("*01\r\n$4\r\nPING\r\n"),
	  "!ERR Protocol error: invalid multibulk length" },
	{ HF_SLICE_INIT("*\r\n$4\r\nPING\r\n"),
	  "!ERR Protocol error: invalid multibulk length" },
	{ HF_SLICE_INIT("*1\r\n$04\r\nPING\r\n"),
	  "!ERR Protocol error: invalid bulk length" },
	{ HF_SLICE_INIT("*1\r\n$\r\nPING\r\n"),
	  "!ERR Protocol error: invalid bulk length" },
	{ HF_SLICE_INIT("*1\r\n$-1\r\n"),
	  "!ERR Protocol error: invalid bulk length" },
	{ HF_SLICE_INIT("*1\r\n$536870913\r\n"),
	  "!ERR Protocol error: invalid bulk length" },
	{ HF_SLICE_INIT("*1\r\n$18446744073709551615\r\n"),
	  "!ERR Protocol error: invalid bulk length" },
	{ HF_SLICE_INIT("*1\r\n:4\r\n"),
	  "!ERR Protocol error: expected '$', got ':'" },
	{ HF_SLICE_INIT("*2\r\n$3\r\nGET\r\n"), "" },
};

static void requests_are_read_whole_and_cut_at_every_byte(void)
{
	for (size_t i = 0; i < HF_LEN(rows); i++) {
		for (size_t cut = 0; cut <= rows[i].input.len; cut++) {
			struct hf_buf out;

			hf_buf_init(&out, 4096);
			feed(rows[i].input, cut, &out);
			hf_buf_add_char(&out, '\0');
			CU_ASSERT_STRING_EQUAL(hf_buf_slice(&out).data,
					       rows[i].requests);
			hf_buf_fini(&out);
		}
	}
}

static void many_arguments_are_kept_and_let_go(void)
{
	struct hf_buf in, out;

	hf_buf_init(&in, 1 << 20);
	hf_buf_init(&out, 1 << 20);
	hf_buf_printf(&in, "*%d\r\n", 5000);
	for (int i = 0; i < 5000; i++)
		hf_buf_printf(&in, "$1\r\n%c\r\n", 'a' + i % 26);
	feed(hf_buf_slice(&in), hf_buf_len(&in) / 2, &out);
	CU_ASSERT_EQUAL(hf_buf_len(&out), 5000 * 3 + 1);
	hf_buf_fini(&in);
	hf_buf_fini(&out);
}

static void a_length_may_have_any_number_of_digits(void)
{
	for (size_t len = 9; len < 1000000;
	     len = len % 9 == 0 ? len + 1 : len * 10 - 1) {
		struct hf_buf in, out;

		hf_buf_init(&in, 2000000);
		hf_buf_init(&out, 2000000);
		hf_buf_printf(&in, "*2\r\n$3\r\nGET\r\n$%zu\r\n", len);
		for (size_t i = 0; i < len; i++)
			hf_buf_add_char(&in, 'k');
		hf_buf_add(&in, "\r\n", 2);
		feed(hf_buf_slice(&in), hf_buf_len(&in) / 2, &out);
		CU_ASSERT_EQUAL(hf_buf_len(&out), len + strlen("[GET][];"));
		hf_buf_fini(&in);
		hf_buf_fini(&out);
	}
}

/* Is input refused for its length, with this limit? */
static bool is_too_long(struct hf_slice input, size_t split, size_t max)
{
	struct hf_buf out;
	bool refused;

	hf_buf_init(&out, 1000);
	request_max = max;
	feed(input, split, &out);
	request_max = 0;
	hf_buf_add_char(&out, '\0');
	refused = strstr(hf_buf_slice(&out).data, "--max-request") != NULL;
	hf_buf_fini(&out);
	return refused;
}

static void a_request_is_taken_up_to_its_limit_and_not_a_byte_longer(void)
{
	const struct hf_slice inputs[] = {
		HF_SLICE("*2\r\n$4\r\nECHO\r\n$2\r\nhi\r\n"),
		HF_SLICE("*0\r\n"),
		HF_SLICE("ECHO hi\r\n"),
	};

	for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
		size_t len = inputs[i].len;

		for (size_t split = 0; split <= len; split++) {
			CU_ASSERT_FALSE(is_too_long(inputs[i], split, len));
			CU_ASSERT_TRUE(is_too_long(inputs[i], split, len - 1));
		}
	}
}

static void a_length_past_the_limit_is_refused_before_it_has_come(void)
{
	/* 4 + 5 + 88 + 2 bytes are less than 100 */
	CU_ASSERT_FALSE(is_too_long(HF_SLICE("*1\r\n$88\r\n"), 0, 100));
	CU_ASSERT_FALSE(is_too_long(HF_SLICE("*1\r\n$89\r\n"), 0, 100));
	CU_ASSERT_TRUE(is_too_long(HF_SLICE("*1\r\n$90\r\n"), 0, 100));
}

static void an_inline_request_has_a_limit(void)
{
	char *text = hf_alloc(RESP_INLINE_MAX + 1);
	struct hf_buf out;

	memset(text, 'a', RESP_INLINE_MAX + 1);
	text[RESP_INLINE_MAX - 1] = '\n';
	hf_buf_init(&out, 1 << 20);
	feed((struct hf_slice){ text, RESP_INLINE_MAX }, 0, &out);
	CU_ASSERT_EQUAL(hf_buf_len(&out), RESP_INLINE_MAX - 1 + 3);
	text[RESP_INLINE_MAX - 1] = 'a';
	text[RESP_INLINE_MAX] = '\n';
	hf_buf_truncate(&out, 0);
	feed((struct hf_slice){ text, RESP_INLINE_MAX + 1 }, 0, &out);
	CU_ASSERT(hf_slice_eq(
	    hf_buf_slice(&out),
	    HF_SLICE("!ERR Protocol error: too big inline request")));
	hf_buf_fini(&out);
	free(text);
}

/* One of everything. */
static void write_all(struct reply *r)
{
	reply_ok(r);
	reply_error(r, "ERR two\r\nlines");
	reply_integer(r, INT64_MIN);
	reply_integer(r, INT64_MAX);
	reply_bulk(r, HF_SLICE("a\0b"));
	reply_null(r);
	reply_null_array(r);
	reply_array(r, 10);
	reply_map(r, 2);
	reply_set(r, 3);
	reply_push(r, 4);
	reply_boolean(r, true);
	reply_boolean(r, false);
	reply_real(r, 0.5);
	reply_verbatim(r, HF_SLICE("text"));
}

static void replies_have_the_form_of_their_protocol(void)
{
	struct resp_writer writer;
	struct hf_buf out;

	hf_buf_init(&out, 4096);
	resp_writer_init(&writer, &out, 2);
	write_all(&writer.reply);
	CU_ASSERT(hf_slice_eq(
	    hf_buf_slice(&out),
	    HF_SLICE("+OK\r\n-ERR two  lines\r\n:-9223372036854775808\r\n"
		     ":9223372036854775807\r\n$3\r\na\0b\r\n$-1\r\n*-1\r\n"
		     "*10\r\n*4\r\n*3\r\n*4\r\n:1\r\n:0\r\n$3\r\n0.5\r\n"
		     "$4\r\ntext\r\n")));
	CU_ASSERT_EQUAL(writer.reply.errors, 1);
	hf_buf_truncate(&out, 0);
	writer.reply.protocol = 3;
	write_all(&writer.reply);
	CU_ASSERT(hf_slice_eq(
	    hf_buf_slice(&out),
	    HF_SLICE("+OK\r\n-ERR two  lines\r\n:-9223372036854775808\r\n"
		     ":9223372036854775807\r\n$3\r\na\0b\r\n_\r\n_\r\n"
		     "*10\r\n%2\r\n~3\r\n>4\r\n#t\r\n#f\r\n,0.5\r\n"
		     "=8\r\ntxt:text\r\n")));
	hf_buf_fini(&out);
}

static const struct hf_test tests[] = {
	HF_TEST(requests_are_read_whole_and_cut_at_every_byte),
	HF_TEST(many_arguments_are_kept_and_let_go),
	HF_TEST(a_length_may_have_any_number_of_digits),
	HF_TEST(a_request_is_taken_up_to_its_limit_and_not_a_byte_longer),
	HF_TEST(a_length_past_the_limit_is_refused_before_it_has_come),
	HF_TEST(an_inline_request_has_a_limit),
	HF_TEST(replies_have_the_form_of_their_protocol),
	HF_TEST_END,
};

const struct hf_suite test_resp_suite = { "lockd/resp", tests, NULL, NULL };
