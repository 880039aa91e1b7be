/*
 * ZooKeeper's frames and records: what was read can be written, and what was
 * written reads the same.
 *
 * The first byte picks the record; the rest is cut into frames, whole and in
 * pieces, and the record is read from each.
 */
#include "config.h"

#include "libhold/zkframe.h"
#include "libhold/zkrec.h"

#include <stdlib.h>

enum { FRAME_MAX = 65536, PIECE_BYTES = 3 };

/* A record that was read is written, read and written again. */
#define DEFINE(name, FIELDS)                                                \
	static void round_##name(struct hf_slice bytes)                     \
	{                                                                   \
		struct hf_rd rd = hf_rd_of(bytes), again;                   \
		struct zk_##name record;                                    \
		struct hf_buf one, two;                                     \
                                                                            \
		zk_get_##name(&rd, &record);                                \
		hf_buf_init(&one, SIZE_MAX / 2);                            \
		hf_buf_init(&two, SIZE_MAX / 2);                            \
		zk_put_##name(&one, &record);                               \
		again = hf_rd_of(hf_buf_slice(&one));                       \
		zk_get_##name(&again, &record);                             \
		zk_put_##name(&two, &record);                               \
		if (!hf_rd_ok(&again) ||                                    \
		    !hf_slice_eq(hf_buf_slice(&one), hf_buf_slice(&two)) || \
		    (!rd.bad && hf_buf_len(&one) != bytes.len - rd.left))   \
			abort();                                            \
		hf_buf_fini(&one);                                          \
		hf_buf_fini(&two);                                          \
	}
ZK_RECORDS(DEFINE)
#undef DEFINE

static volatile unsigned sum;

/* Each element of a vector of any kind, byte by byte. */
static void walk(struct hf_slice bytes)
{
	struct hf_rd rd = hf_rd_of(bytes);
	struct zk_set_watches2 lists;
	struct hf_slice text;
	struct zk_acl acl;
	struct zk_set_acl_request acls;

	zk_get_set_watches2(&rd, &lists);
	while (zk_next_text(&lists.recursive, &text))
		for (size_t i = 0; i < text.len; i++)
			sum += (unsigned char)text.data[i];
	rd = hf_rd_of(bytes);
	zk_get_set_acl_request(&rd, &acls);
	while (zk_next_acl(&acls.acl, &acl))
		for (size_t i = 0; i < acl.id.id.len; i++)
			sum += (unsigned char)acl.id.id.data[i];
}

static void run(uint8_t which, struct hf_slice frame)
{
	static void (*const rounds[])(struct hf_slice) = {
#define ROW(name, FIELDS) round_##name,
		ZK_RECORDS(ROW)
#undef ROW
		    walk,
	};
	/* A block of its own size, so that a sanitizer sees each step over. */
	char *exact = malloc(frame.len + (frame.len == 0));

	if (exact == NULL)
		abort();
	memcpy(exact, frame.data, frame.len);
	rounds[which % HF_LEN(rounds)]((struct hf_slice){ exact, frame.len });
	free(exact);
}

/* With so many bytes more at a time, as a connection brings them. */
static size_t frames(uint8_t which, struct hf_slice bytes, size_t piece)
{
	size_t done = 0, there = 0, used = 0, n = 0;

	while (there < bytes.len) {
		struct hf_slice frame;

		there += piece < bytes.len - there ? piece : bytes.len - there;
		for (;;) {
			struct hf_slice rest = { bytes.data + done,
						 there - done };
			enum zk_frame got =
			    zk_frame_read(rest, FRAME_MAX, &frame, &used);

			if (got == ZK_FRAME_BAD)
				return n;
			if (got == ZK_FRAME_MORE)
				break;
			if (used != frame.len + ZK_FRAME_HEAD_BYTES)
				abort();
			run(which, frame);
			done += used;
			n++;
		}
	}
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct hf_slice bytes;

	if (len < 1)
		return 0;
	bytes = (struct hf_slice){ (const char *)data + 1, len - 1 };
	run(data[0], bytes);
	if (frames(data[0], bytes, bytes.len) !=
	    frames(data[0], bytes, PIECE_BYTES))
		abort();
	return 0;
}
