#include "config.h"

#include "fcgi/ticket_text.h"

#include "fcgi/base64url.h"

/* Longer names than these are cut: a QR code has its limit, too. */
enum { NAME_MAX_BYTES = 60, PAYLOAD_MAX = 600 };

static void add_base64url(struct hf_buf *out, struct hf_slice bytes)
{
	char *room = hf_buf_reserve(out, BASE64URL_LEN(bytes.len) + 1);

	if (room == NULL)
		return;
	base64url_encode(room, bytes);
	hf_buf_commit(out, BASE64URL_LEN(bytes.len));
}

/* At most so many bytes of a text, and no part of a character. */
static int fitting(const char *text)
{
	size_t len = strlen(text);

	if (len > NAME_MAX_BYTES) {
		len = NAME_MAX_BYTES;
		while (len > 0 && (text[len] & 0xc0) == 0x80)
			len--;
	}
	return (int)len;
}

static void add_payload(struct hf_buf *out, const struct order_view *view,
			const struct held_seat *seat)
{
	struct hf_buf payload;

	hf_buf_init(&payload, PAYLOAD_MAX);
	hf_buf_printf(&payload, "%s|%s|%s|%.*s %.*s %lld", view->event,
		      seat->id, view->number, fitting(seat->section),
		      seat->section, fitting(seat->row), seat->row,
		      (long long)seat->number);
	add_base64url(out, hf_buf_slice(&payload));
	hf_buf_fini(&payload);
}

void ticket_add_text(struct hf_buf *out, const struct order_view *view,
		     size_t i, const struct secret *secret)
{
	size_t start = hf_buf_len(out);
	unsigned char signature[SECRET_SIGNATURE_LEN];
	struct hf_slice text;

	hf_buf_printf(out, "HF1.");
	add_payload(out, view, &view->seats[i]);
	text = hf_buf_slice(out);
	secret_sign(secret,
		    (struct hf_slice){ text.data + start, text.len - start },
		    signature);
	hf_buf_add_char(out, '.');
	add_base64url(out, (struct hf_slice){ (const char *)signature,
					      sizeof(signature) });
}
