/*
 * The site's secret: from one file, a key for identities and one for tickets.
 *
 * Both are derived by HKDF-SHA256 (RFC 5869), each for its own purpose, so that
 * neither tells of the other or of the file. Identities are sealed by
 * HMAC-SHA256; tickets are signed by Ed25519 (RFC 8032), so that a door needs
 * the public key alone. Read once; any thread may use it then.
 *
 * A secret that is to be changed while people hold identities and tickets goes
 * on as the old one for a while: what it sealed or signed is still good, and
 * all that is new is made with the new one.
 */
#ifndef FCGI_SECRET_H
#define FCGI_SECRET_H

#include "libhold/slice.h"

enum {
	SECRET_BYTES_MIN = 32, /* of the file */
	SECRET_BYTES_MAX = 4096,
	SECRET_SEAL_LEN = 32,
	SECRET_PUBLIC_LEN = 32,
	SECRET_SIGNATURE_LEN = 64,
};

struct secret;

/* From the bytes of a file; they are not kept. */
struct secret *secret_new(struct hf_slice bytes);

/*
 * NULL and a reason (lives for ever) when path is not to be used. A file beside
 * it, called the same and ".old", is the old one; none, or one of a byte at
 * most (a credential of systemd cannot be empty): there is no old one.
 */
struct secret *secret_load(const char *path, const char **reason_out);
void secret_free(struct secret **secret); /* and sets *secret to NULL */

/* The one before; NULL: none. Lives as long as the secret. */
const struct secret *secret_old(const struct secret *secret);

void secret_seal(const struct secret *secret, struct hf_slice text,
		 unsigned char seal_out[SECRET_SEAL_LEN]);

void secret_sign(const struct secret *secret, struct hf_slice text,
		 unsigned char signature_out[SECRET_SIGNATURE_LEN]);

/* What a door checks signatures with; lives as long as the secret. */
const unsigned char *secret_public(const struct secret *secret);

#endif
