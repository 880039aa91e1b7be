#include "config.h"

#include "libhold/zkframe.h"

#include "libhold/wire.h"

enum zk_frame zk_frame_read(struct hf_slice bytes, size_t max_bytes,
			    struct hf_slice *frame_out, size_t *used_out)
{
	struct hf_rd rd = hf_rd_of(bytes);
	uint32_t len;

	if (bytes.len < ZK_FRAME_HEAD_BYTES)
		return ZK_FRAME_MORE;
	len = hf_rd_u32(&rd);
	if (len > INT32_MAX || len > max_bytes)
		return ZK_FRAME_BAD;
	if (len > rd.left)
		return ZK_FRAME_MORE;
	*frame_out = hf_rd_bytes(&rd, len);
	*used_out = ZK_FRAME_HEAD_BYTES + len;
	return ZK_FRAME_DONE;
}

size_t zk_frame_begin(struct hf_buf *out)
{
	size_t begun = hf_buf_len(out);

	hf_wr_u32(out, 0);
	return begun;
}

void zk_frame_end(struct hf_buf *out, size_t begun)
{
	size_t len;

	if (hf_buf_failed(out))
		return;
	len = hf_buf_len(out) - begun - ZK_FRAME_HEAD_BYTES;
	for (size_t i = 0; i < ZK_FRAME_HEAD_BYTES; i++)
		out->data[out->start + begun + i] =
		    (char)(len >> (8 * (ZK_FRAME_HEAD_BYTES - 1 - i)) & 0xff);
}
