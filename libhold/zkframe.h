/*
 * ZooKeeper's frames: an i32 length, then so many bytes.
 */
#ifndef HOLD_ZKFRAME_H
#define HOLD_ZKFRAME_H

#include "libhold/buf.h"

enum { ZK_FRAME_HEAD_BYTES = 4 };

enum zk_frame {
	ZK_FRAME_DONE, /* a whole one */
	ZK_FRAME_MORE, /* its rest is still to come */
	ZK_FRAME_BAD,  /* negative, or longer than max_bytes */
};

/*
 * The first frame of bytes: its content in *frame_out, and how many bytes it
 * takes with its length in *used_out; both only when DONE.
 */
enum zk_frame zk_frame_read(struct hf_slice bytes, size_t max_bytes,
			    struct hf_slice *frame_out, size_t *used_out);

/*
 * Writes a frame piece by piece: what is added to out between the two is its
 * content. begin() gives what end() takes. Frames do not nest, and nothing may
 * be consumed from out in between. In a buffer that has failed they do nothing.
 */
size_t zk_frame_begin(struct hf_buf *out);
void zk_frame_end(struct hf_buf *out, size_t begun);

#endif
