/*
 * The RESP reader: however bytes arrive, the same requests come out.
 *
 * The first byte says in what pieces the rest is handed over; that is
 * compared with the rest as a whole.
 */
#include "config.h"

#include "libhold/buf.h"
#include "lockd/resp.h"

#include <stdlib.h>

#define SEEN_MAX (64 * 1024 * 1024)

/* What a reader made of it all, as text that can be compared. */
static void note(struct hf_buf *seen, const struct resp_reader *reader)
{
	hf_buf_printf(seen, "%zu:", reader->argc);
	for (size_t i = 0; i < reader->argc; i++) {
		hf_buf_printf(seen, "%zu=", reader->argv[i].len);
		hf_buf_add_slice(seen, reader->argv[i]);
	}
}

/* As the server does it: what is left of a piece is handed over again. */
static void read_all(struct hf_slice bytes, size_t piece, struct hf_buf *seen)
{
	struct resp_reader reader;
	size_t done = 0, there = 0, used = 0;
	enum resp_result result = RESP_MORE;

	resp_reader_init(&reader, 0);
	while (result != RESP_BAD) {
		struct hf_slice rest = { bytes.data + done, there - done };

		result = resp_read(&reader, rest, &used);
		if (result == RESP_DONE) {
			if (used == 0 || used > rest.len)
				abort();
			note(seen, &reader);
			resp_reader_reset(&reader);
			done += used;
		} else if (result == RESP_MORE) {
			if (there == bytes.len)
				break;
			there += piece < bytes.len - there ? piece
							   : bytes.len - there;
		}
	}
	hf_buf_printf(seen, "%d%s", (int)result,
		      result == RESP_BAD ? reader.error : "");
	resp_reader_fini(&reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct hf_buf whole, pieces;
	struct hf_slice bytes;

	if (len < 1)
		return 0;
	bytes = (struct hf_slice){ (const char *)data + 1, len - 1 };
	hf_buf_init(&whole, SEEN_MAX);
	hf_buf_init(&pieces, SEEN_MAX);
	read_all(bytes, len, &whole);
	read_all(bytes, 1 + data[0] % 16, &pieces);
	if (!hf_slice_eq(hf_buf_slice(&whole), hf_buf_slice(&pieces)))
		abort();
	hf_buf_fini(&whole);
	hf_buf_fini(&pieces);
	return 0;
}
