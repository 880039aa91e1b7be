/*
 * QR codes as SVG.
 */
#ifndef FCGI_QR_H
#define FCGI_QR_H

#include "libhold/buf.h"

/*
 * text at error correction level M, one unit a module, with the quiet zone of
 * four that a reader needs, black on white whatever the page's colours are.
 * 0, or HF_ELIMIT: no code holds as much.
 */
int qr_add_svg(struct hf_buf *out, const char *text) HF_MUSTUSE;

#endif
