#include "config.h"

#include "fcgi/secret.h"

#include "libhold/log.h"
#include "libhold/mem.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define OLD_SUFFIX ".old"

enum { KEY_LEN = 32 };

struct secret {
	unsigned char seal_key[KEY_LEN];
	unsigned char public_key[SECRET_PUBLIC_LEN];
	EVP_PKEY *sign_key;
	struct secret *old; /* or NULL */
};

/* Nothing here depends on what a peer sent: it fails without memory only. */
static void must(bool done, const char *what)
{
	if (!done)
		hf_fatalx("libcrypto cannot %s", what);
}

static void derive(struct hf_slice bytes, const char *purpose,
		   unsigned char key_out[KEY_LEN])
{
	EVP_KDF *hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *context = EVP_KDF_CTX_new(hkdf);
	/* libcrypto's parameters are not const, but only read. */
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST,
						 (char[]){ "SHA256" }, 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY,
						  (void *)(uintptr_t)bytes.data,
						  bytes.len),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO,
						  (void *)(uintptr_t)purpose,
						  strlen(purpose)),
		OSSL_PARAM_construct_end(),
	};

	must(context != NULL &&
		 EVP_KDF_derive(context, key_out, KEY_LEN, params) == 1,
	     "derive a key");
	EVP_KDF_CTX_free(context);
	EVP_KDF_free(hkdf);
}

struct secret *secret_new(struct hf_slice bytes)
{
	struct secret *secret = hf_new(struct secret);
	unsigned char seed[KEY_LEN];
	size_t len = sizeof(secret->public_key);

	derive(bytes, "holdfast identity v1", secret->seal_key);
	derive(bytes, "holdfast ticket v1", seed);
	secret->sign_key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL,
							seed, sizeof(seed));
	OPENSSL_cleanse(seed, sizeof(seed));
	must(secret->sign_key != NULL &&
		 EVP_PKEY_get_raw_public_key(secret->sign_key,
					     secret->public_key, &len) == 1,
	     "make the key that signs tickets");
	return secret;
}

/* All of the file, at most one byte more than is allowed; -1. */
static ssize_t read_file(int fd, char *room, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while (len < size && (n = read(fd, room + len, size - len)) != 0) {
		if (n < 0 && errno != EINTR)
			return -1;
		len += n > 0 ? (size_t)n : 0;
	}
	return (ssize_t)len;
}

static void warn_of_readers(int fd, const char *path)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && (st.st_mode & S_IRWXO) != 0)
		hf_warnx("everybody on this machine may read the secret "
			 "path=%s",
			 path);
}

/*
 * One file's, or NULL and a reason; none_out (or NULL): there is none, which
 * the caller may take for no mistake.
 */
static struct secret *load_one(const char *path, bool *none_out,
			       const char **reason_out)
{
	char room[SECRET_BYTES_MAX + 1];
	struct secret *secret = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read_file(fd, room, sizeof(room));

	if (none_out != NULL)
		*none_out = fd < 0 ? errno == ENOENT : len == 0 || len == 1;
	if (len < 0) {
		*reason_out = strerror(errno);
	} else if (len < SECRET_BYTES_MIN) {
		*reason_out = "it has fewer than 32 bytes";
	} else if (len > SECRET_BYTES_MAX) {
		*reason_out = "it has more than 4096 bytes";
	} else {
		warn_of_readers(fd, path);
		secret = secret_new((struct hf_slice){ room, (size_t)len });
	}
	OPENSSL_cleanse(room, sizeof(room));
	if (fd >= 0)
		close(fd);
	return secret;
}

/* False and a reason: there is one, and it is not to be used. */
static bool load_old(struct secret *secret, const char *path,
		     const char **reason_out)
{
	size_t size = strlen(path) + sizeof(OLD_SUFFIX);
	char *old_path = hf_alloc(size);
	const char *reason = NULL;
	bool none;

	snprintf(old_path, size, "%s%s", path, OLD_SUFFIX);
	secret->old = load_one(old_path, &none, &reason);
	free(old_path);
	if (secret->old == NULL && !none)
		*reason_out = reason;
	return secret->old != NULL || none;
}

struct secret *secret_load(const char *path, const char **reason_out)
{
	struct secret *secret = load_one(path, NULL, reason_out);

	if (secret != NULL && !load_old(secret, path, reason_out))
		secret_free(&secret);
	return secret;
}

const struct secret *secret_old(const struct secret *secret)
{
	return secret->old;
}

void secret_free(struct secret **secret)
{
	if (*secret != NULL) {
		secret_free(&(*secret)->old);
		EVP_PKEY_free((*secret)->sign_key);
		OPENSSL_cleanse(*secret, sizeof(**secret));
	}
	free(*secret);
	*secret = NULL;
}

void secret_seal(const struct secret *secret, struct hf_slice text,
		 unsigned char seal_out[SECRET_SEAL_LEN])
{
	must(HMAC(EVP_sha256(), secret->seal_key, sizeof(secret->seal_key),
		  (const unsigned char *)text.data, text.len, seal_out,
		  NULL) != NULL,
	     "seal");
}

void secret_sign(const struct secret *secret, struct hf_slice text,
		 unsigned char signature_out[SECRET_SIGNATURE_LEN])
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	size_t len = SECRET_SIGNATURE_LEN;

	must(context != NULL &&
		 EVP_DigestSignInit(context, NULL, NULL, NULL,
				    secret->sign_key) == 1 &&
		 EVP_DigestSign(context, signature_out, &len,
				(const unsigned char *)text.data,
				text.len) == 1,
	     "sign");
	EVP_MD_CTX_free(context);
}

const unsigned char *secret_public(const struct secret *secret)
{
	return secret->public_key;
}
