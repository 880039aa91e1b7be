#include "config.h"

#include "lockd/sha1.h"

#include <string.h>

/*
 * Our own and not a library's: it is all that lockd would want of libcrypto,
 * which takes 3 MiB and more milliseconds to start than the rest of lockd.
 */

#define BLOCK_BYTES 64
#define STATE_WORDS 5
#define ROUNDS      80

static uint32_t rotl(uint32_t x, unsigned n)
{
	return (x << n) | (x >> (32 - n));
}

static uint32_t load_be32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static void store_be32(unsigned char *p, uint32_t x)
{
	for (int i = 0; i < 4; i++)
		p[i] = (unsigned char)(x >> (24 - 8 * i));
}

/* f() and K of round t, 4.1.1 and 4.2.1, as one summand. */
static uint32_t mix(unsigned t, uint32_t b, uint32_t c, uint32_t d)
{
	if (t < 20)
		return ((b & c) | (~b & d)) + 0x5a827999u;
	if (t < 40)
		return (b ^ c ^ d) + 0x6ed9eba1u;
	if (t < 60)
		return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdcu;
	return (b ^ c ^ d) + 0xca62c1d6u;
}

static void add_block(uint32_t h[STATE_WORDS], const unsigned char *block)
{
	uint32_t a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
	uint32_t w[ROUNDS];

	for (unsigned t = 0; t < 16; t++)
		w[t] = load_be32(block + (size_t)4 * t);
	for (unsigned t = 16; t < ROUNDS; t++)
		w[t] = rotl(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
	for (unsigned t = 0; t < ROUNDS; t++) {
		uint32_t next = rotl(a, 5) + mix(t, b, c, d) + e + w[t];

		e = d;
		d = c;
		c = rotl(b, 30);
		b = a;
		a = next;
	}
	h[0] += a;
	h[1] += b;
	h[2] += c;
	h[3] += d;
	h[4] += e;
}

/* What is left of the text, a one bit, zeros, the length in bits: 5.1.1. */
static void add_end(uint32_t h[STATE_WORDS], struct hf_slice rest,
		    uint64_t text_bits)
{
	unsigned char blocks[2 * BLOCK_BYTES] = { 0 };
	size_t n = rest.len + 1 + 8 <= BLOCK_BYTES ? 1 : 2;
	unsigned char *length = blocks + n * BLOCK_BYTES - 8;

	if (rest.len > 0)
		memcpy(blocks, rest.data, rest.len);
	blocks[rest.len] = 0x80;
	store_be32(length, (uint32_t)(text_bits >> 32));
	store_be32(length + 4, (uint32_t)text_bits);
	for (size_t i = 0; i < n; i++)
		add_block(h, blocks + i * BLOCK_BYTES);
}

void sha1_hex(struct hf_slice text, char out[SHA1_HEX_LEN + 1])
{
	static const char digits[] = "0123456789abcdef";
	uint32_t h[STATE_WORDS] = { 0x67452301u, 0xefcdab89u, 0x98badcfeu,
				    0x10325476u, 0xc3d2e1f0u };
	size_t whole = text.len / BLOCK_BYTES * BLOCK_BYTES;
	struct hf_slice rest = { text.data, text.len };

	for (size_t at = 0; at < whole; at += BLOCK_BYTES)
		add_block(h, (const unsigned char *)text.data + at);
	if (whole > 0)
		rest.data += whole;
	rest.len -= whole;
	add_end(h, rest, (uint64_t)text.len * 8);
	for (size_t i = 0; i < SHA1_HEX_LEN; i++)
		out[i] = digits[h[i / 8] >> (28 - 4 * (i % 8)) & 15];
	out[SHA1_HEX_LEN] = '\0';
}
