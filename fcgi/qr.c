#include "config.h"

#include "fcgi/qr.h"

#include "libhold/err.h"

#include <qrencode.h>

enum { QUIET = 4 };

static bool is_dark(const QRcode *code, int x, int y)
{
	return (code->data[y * code->width + x] & 1) != 0;
}

/* The dark runs of a line, each as one rectangle. */
static void add_line(struct hf_buf *out, const QRcode *code, int y)
{
	int x = 0, from;

	while (x < code->width) {
		if (!is_dark(code, x, y)) {
			x++;
			continue;
		}
		from = x;
		while (x < code->width && is_dark(code, x, y))
			x++;
		hf_buf_printf(out, "M%d %dh%dv1h-%dz", from + QUIET, y + QUIET,
			      x - from, x - from);
	}
}

int qr_add_svg(struct hf_buf *out, const char *text)
{
	QRcode *code = QRcode_encodeString(text, 0, QR_ECLEVEL_M, QR_MODE_8, 1);
	int size;

	if (code == NULL)
		return HF_ELIMIT;
	size = code->width + 2 * QUIET;
	hf_buf_printf(out,
		      "<svg xmlns=\"http://www.w3.org/2000/svg\" "
		      "viewBox=\"0 0 %d %d\" shape-rendering=\"crispEdges\" "
		      "role=\"img\" aria-label=\"QR code\">"
		      "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>"
		      "<path d=\"",
		      size, size, size, size);
	for (int y = 0; y < code->width; y++)
		add_line(out, code, y);
	hf_buf_printf(out, "\" fill=\"#000\"/></svg>\n");
	QRcode_free(code);
	return 0;
}
