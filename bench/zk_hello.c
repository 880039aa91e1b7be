#include "config.h"

#include "bench/zk_hello.h"

#include "libhold/zkframe.h"

#define SESSION_MS 30000

void zk_hello_put(struct hf_buf *out)
{
	static const char nothing[ZK_PASSWORD_BYTES];
	struct zk_connect_request request = {
		.timeout_ms = SESSION_MS,
		.password = { nothing, sizeof(nothing) },
	};
	size_t frame = zk_frame_begin(out);

	zk_put_connect_request(out, &request);
	hf_wr_u8(out, 0); /* not a read-only one */
	zk_frame_end(out, frame);
}

bool zk_hello_accepted(struct hf_slice frame)
{
	struct hf_rd rd = hf_rd_of(frame);
	struct zk_connect_response response;

	zk_get_connect_response(&rd, &response);
	return !rd.bad && response.timeout_ms > 0;
}
