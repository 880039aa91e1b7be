#include "config.h"

#include "fcgi/zkc_batch.h"

#include "libhold/mem.h"

#include <assert.h>
#include <stdlib.h>

struct zkc_batch *zkc_batch_new(void)
{
	struct zkc_batch *batch = hf_new(struct zkc_batch);

	hf_list_init(&batch->on);
	batch->refs = 1;
	hf_buf_init(&batch->requests, ZKC_BATCH_BYTES_MAX);
	hf_buf_init(&batch->answers, ZKC_ANSWERS_BYTES_MAX);
	return batch;
}

void zkc_batch_unref(struct zkc_batch *batch)
{
	assert(batch->refs > 0);
	if (--batch->refs > 0)
		return;
	hf_buf_fini(&batch->requests);
	hf_buf_fini(&batch->answers);
	free(batch);
}

struct hf_buf *zkc_batch_begin(struct zkc_batch *batch, int32_t op)
{
	assert(batch->n < ZKC_BATCH_MAX);
	batch->starts[batch->n++] = hf_buf_len(&batch->requests);
	hf_wr_u32(&batch->requests, 0); /* length, see zkc_batch_seal() */
	hf_wr_u32(&batch->requests, 0); /* id */
	hf_wr_u32(&batch->requests, (uint32_t)op);
	return &batch->requests;
}

static void put_u32(char *at, uint32_t value)
{
	for (int i = 3; i >= 0; i--, value >>= 8)
		at[i] = (char)(value & 0xff);
}

void zkc_batch_seal(struct zkc_batch *batch, int32_t xid)
{
	char *bytes = batch->requests.data + batch->requests.start;

	/* Tickets, clients and their number are bounded (basket.h). */
	assert(!hf_buf_failed(&batch->requests));
	batch->xid = xid;
	batch->starts[batch->n] = hf_buf_len(&batch->requests);
	for (size_t i = 0; i < batch->n; i++) {
		char *frame = bytes + batch->starts[i];
		size_t len = batch->starts[i + 1] - batch->starts[i] - 4;

		put_u32(frame, (uint32_t)len);
		put_u32(frame + 4, (uint32_t)(xid + (int32_t)i));
	}
}

struct hf_rd zkc_batch_body(const struct zkc_batch *batch, size_t i)
{
	struct hf_slice all = hf_buf_slice(&batch->answers);

	assert(i < batch->answered);
	return hf_rd_of((struct hf_slice){ all.data + batch->got[i].at,
					   batch->got[i].len });
}
