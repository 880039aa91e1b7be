#include "config.h"

#include "lockd/sha1.h"

/*
 * Nettle's and not libcrypto's: this is all that lockd wants of either, and
 * libcrypto takes 3 MiB and more time to start than the rest of lockd.
 */
#include <nettle/base16.h>
#include <nettle/sha1.h>

void sha1_hex(struct hf_slice text, char out[SHA1_HEX_LEN + 1])
{
	struct sha1_ctx context;
	uint8_t sum[SHA1_DIGEST_SIZE];

	sha1_init(&context);
	sha1_update(&context, text.len, (const uint8_t *)text.data);
	sha1_digest(&context, sizeof(sum), sum);
	base16_encode_update(out, sizeof(sum), sum);
	out[SHA1_HEX_LEN] = '\0';
}
