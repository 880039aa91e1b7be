/*
 * The worker's ZooKeeper client: whatever a server answers, each answer is
 * read within its bounds, or the connection is given up.
 *
 * A batch of each kind of request waits; the input is what comes back.
 */
#include "config.h"

#include "fcgi/zk_calls.h"
#include "fcgi/zk_node.h"
#include "fcgi/zkc_inner.h"

static volatile unsigned sum;

static void touch(struct hf_slice bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		sum += (unsigned char)bytes.data[i];
}

static struct zkc_batch *ask(struct zkc *zkc)
{
	struct zkc_batch *batch = zkc_batch_new();
	struct hf_buf *multi;

	zk_add_exists(batch, "/a");
	zk_add_get_children(batch, "/a");
	zk_add_get_data(batch, "/a");
	zk_add_get_ephemerals(batch, "/a");
	multi = zk_begin_multi(batch);
	zk_multi_create(multi, ZK_EPHEMERAL_SEQUENTIAL, "/a/hold-",
			HF_SLICE("1:x"));
	zk_multi_set_data(multi, "/a", HF_SLICE("2"), -1);
	zk_end_multi(multi);
	zkc_batch_seal(batch, 1);
	batch->refs++;
	batch->sent_ms = 1;
	hf_list_append(&zkc->sent, &batch->on);
	return batch;
}

static void read_names(struct hf_rd rd)
{
	struct zk_vector names = zk_read_names(&rd);
	char lowest[ZK_NAME_MAX + 1] = "", path[ZK_TICKET_PATH_MAX + 1],
				  held[ZK_NAME_MAX + 1];
	struct hf_slice name;

	while (zk_next_text(&names, &name)) {
		touch(name);
		if (name.data == NULL)
			continue;
		(void)zk_node_keep_lowest(lowest, name);
		(void)zk_node_split(name, path, held);
	}
	touch(hf_slice_of(lowest));
}

static void read_data(struct hf_rd rd)
{
	struct zk_get_data_response record;
	struct hf_slice client;
	int64_t ttl_ms;

	zk_get_get_data_response(&rd, &record);
	if (record.data.data != NULL &&
	    zk_node_read_value(record.data, &ttl_ms, &client))
		touch(client);
}

static void read_multi(struct hf_rd rd)
{
	for (int i = 0; i < 2 && !rd.bad; i++) {
		bool stat;

		if (zk_read_multi(&rd, &stat) != 0)
			continue;
		if (i == 0)
			touch(zk_get_text(&rd));
		if (stat)
			sum += (unsigned)zk_read_stat(&rd).version;
	}
	zk_read_multi_end(&rd);
}

static void read_all(const struct zkc_batch *batch)
{
	static void (*const readers[])(struct hf_rd) = { read_names, read_data,
							 read_multi };

	for (size_t i = 0; i < batch->answered; i++) {
		struct hf_rd body = zkc_batch_body(batch, i);

		touch((struct hf_slice){ (const char *)body.at, body.left });
		for (size_t r = 0; r < HF_LEN(readers); r++)
			readers[r](body);
	}
}

static void nobody(void *arg, bool fresh)
{
	HF_UNUSED(arg);
	HF_UNUSED(fresh);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct zkc zkc = { .up = nobody, .fd = -1 };
	struct zkc_batch *batch;
	size_t done = 0;
	int rc = 0;

	pthread_mutex_init(&zkc.lock, NULL);
	hf_list_init(&zkc.queue);
	hf_list_init(&zkc.sent);
	hf_buf_init(&zkc.in, (size_t)ZKC_FRAME_MAX + 4 + ZKC_READ_BYTES);
	batch = ask(&zkc);
	while (rc == 0 && done < len) {
		size_t piece = len - done < 7 ? len - done : 7;

		hf_buf_add(&zkc.in, data + done, piece);
		done += piece;
		rc = zkc_take_frames(&zkc);
	}
	read_all(batch);
	if (!batch->finished)
		zkc_finish_all(&zkc, &zkc.sent, ZKC_LOST);
	zkc_batch_unref(batch);
	hf_buf_fini(&zkc.in);
	pthread_mutex_destroy(&zkc.lock);
	return 0;
}
