#include "config.h"

#include "libhold/zkrec.h"

/* ---- fields -------------------------------------------------------------- */

static void get_i32(struct hf_rd *rd, int32_t *out)
{
	*out = (int32_t)hf_rd_u32(rd);
}

static void put_i32(struct hf_buf *out, const int32_t *in)
{
	hf_wr_u32(out, (uint32_t)*in);
}

static void get_i64(struct hf_rd *rd, int64_t *out)
{
	*out = hf_rd_i64(rd);
}

static void put_i64(struct hf_buf *out, const int64_t *in)
{
	hf_wr_i64(out, *in);
}

/* Java's DataInput: anything but 0 is true. */
static void get_flag(struct hf_rd *rd, bool *out)
{
	*out = hf_rd_u8(rd) != 0;
}

static void put_flag(struct hf_buf *out, const bool *in)
{
	hf_wr_u8(out, *in ? 1 : 0);
}

struct hf_slice zk_get_text(struct hf_rd *rd)
{
	int32_t len = (int32_t)hf_rd_u32(rd);

	if (len == -1)
		return ZK_NULL;
	rd->bad |= len < 0;
	return hf_rd_bytes(rd, rd->bad ? 0 : (size_t)len);
}

void zk_put_text(struct hf_buf *out, struct hf_slice text)
{
	if (text.data == NULL)
		hf_wr_u32(out, UINT32_MAX);
	else
		hf_wr_blob(out, text);
}

static void get_text(struct hf_rd *rd, struct hf_slice *out)
{
	*out = zk_get_text(rd);
}

static void put_text(struct hf_buf *out, const struct hf_slice *in)
{
	zk_put_text(out, *in);
}

#define get_blob get_text
#define put_blob put_text
#define get_id   zk_get_id
#define put_id   zk_put_id
#define get_stat zk_get_stat
#define put_stat zk_put_stat

/* ---- vectors ------------------------------------------------------------- */

void zk_put_vector(struct hf_buf *out, const struct zk_vector *vector)
{
	put_i32(out, &vector->count);
	hf_buf_add_slice(out, vector->bytes);
}

#define put_texts zk_put_vector
#define put_acls  zk_put_vector
#define put_infos zk_put_vector

/*
 * Walks all elements once, so that whoever walks them later meets no error.
 * Each takes at least four bytes: a count that is too great ends soon.
 */
#define GET_VECTOR(name, type, get)                                       \
	static void get_##name(struct hf_rd *rd, struct zk_vector *out)   \
	{                                                                 \
		type element;                                             \
		const unsigned char *from;                                \
                                                                          \
		get_i32(rd, &out->count);                                 \
		from = rd->at;                                            \
		rd->bad |= out->count < -1;                               \
		for (int32_t i = 0; i < out->count && !rd->bad; i++)      \
			get(rd, &element);                                \
		if (rd->bad)                                              \
			*out = (struct zk_vector){ 0, { "", 0 } };        \
		else                                                      \
			out->bytes =                                      \
			    (struct hf_slice){ (const char *)from,        \
					       (size_t)(rd->at - from) }; \
	}
GET_VECTOR(texts, struct hf_slice, get_text)
GET_VECTOR(acls, struct zk_acl, zk_get_acl)
GET_VECTOR(infos, struct zk_client_info, zk_get_client_info)
#undef GET_VECTOR

#define NEXT(name, type, get)                                          \
	bool zk_next_##name(struct zk_vector *vector, type *out)       \
	{                                                              \
		struct hf_rd rd = hf_rd_of(vector->bytes);             \
                                                                       \
		if (vector->count <= 0)                                \
			return false;                                  \
		get(&rd, out);                                         \
		vector->count = rd.bad ? 0 : vector->count - 1;        \
		vector->bytes =                                        \
		    (struct hf_slice){ (const char *)rd.at, rd.left }; \
		return !rd.bad;                                        \
	}
NEXT(text, struct hf_slice, get_text)
NEXT(acl, struct zk_acl, zk_get_acl)
NEXT(client_info, struct zk_client_info, zk_get_client_info)
#undef NEXT

/* ---- records ------------------------------------------------------------- */

#define GET(kind, name) get_##kind(rd, &out->name);
#define PUT(kind, name) put_##kind(out, &in->name);
#define DEFINE(name, FIELDS)                                               \
	void zk_get_##name(struct hf_rd *rd, struct zk_##name *out)        \
	{                                                                  \
		FIELDS(GET)                                                \
	}                                                                  \
	void zk_put_##name(struct hf_buf *out, const struct zk_##name *in) \
	{                                                                  \
		FIELDS(PUT)                                                \
	}
ZK_RECORDS(DEFINE)

void zk_get_read_only(struct hf_rd *rd, bool *present_out, bool *value_out)
{
	*present_out = !rd->bad && rd->left > 0;
	*value_out = false;
	if (*present_out)
		get_flag(rd, value_out);
}
