#include "config.h"

#include "fcgi/base64url.h"
#include "fcgi/identity.h"
#include "libhold/err.h"

#include "tests/fcgi/suites.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct secret *ours, *theirs;

static void setup(void)
{
	ours = secret_new(HF_SLICE("0123456789abcdef0123456789abcdef"));
	theirs = secret_new(HF_SLICE("0123456789abcdef0123456789abcdeg"));
}

static void teardown(void)
{
	secret_free(&ours);
	secret_free(&theirs);
}

static int read_with(const struct secret *secret, const char *token, size_t len)
{
	struct identity identity;

	return identity_read(secret, (struct hf_slice){ token, len },
			     &identity);
}

static void base64url_is_as_in_the_rfc_without_padding(void)
{
	static const struct {
		const char *bytes, *text;
	} rows[] = {
		/* RFC 4648, 10 */
		{ "", "" },
		{ "f", "Zg" },
		{ "fo", "Zm8" },
		{ "foo", "Zm9v" },
		{ "foob", "Zm9vYg" },
		{ "fooba", "Zm9vYmE" },
		{ "foobar", "Zm9vYmFy" },
		{ "\377\376\377", "__7_" },
		{ "\373\360", "-_A" },
	};
	char out[16];

	for (size_t i = 0; i < HF_LEN(rows); i++) {
		size_t n = strlen(rows[i].bytes);

		base64url_encode(out, hf_slice_of(rows[i].bytes));
		CU_ASSERT_STRING_EQUAL(out, rows[i].text);
		CU_ASSERT(base64url_is(hf_slice_of(rows[i].text), n));
		CU_ASSERT_FALSE(base64url_is(hf_slice_of(rows[i].text), n + 1));
	}
	CU_ASSERT_FALSE(base64url_is(HF_SLICE("Zh"), 1)); /* stray bits */
	CU_ASSERT_FALSE(base64url_is(HF_SLICE("Zm9"), 2));
	CU_ASSERT_FALSE(base64url_is(HF_SLICE("+_A"), 2));
	CU_ASSERT_FALSE(base64url_is(HF_SLICE("Zg="), 1));
}

static void keys_are_those_of_hkdf_and_ed25519(void)
{
	/*
	 * By another program: openssl kdf HKDF -keylen 32, digest SHA256, info
	 * "holdfast identity v1", then openssl mac HMAC; and the Ed25519 key of
	 * the seed that info "holdfast ticket v1" gives.
	 */
	static const unsigned char seal[SECRET_SEAL_LEN] = {
		0x09, 0xe8, 0x3f, 0x18, 0x16, 0x82, 0x5b, 0x05,
		0x9a, 0xc8, 0x05, 0x90, 0x1e, 0x05, 0x53, 0x07,
		0x19, 0x5d, 0x5c, 0xd6, 0xdf, 0xc8, 0xb5, 0x9c,
		0x59, 0xd0, 0x4f, 0xc5, 0x4d, 0x9b, 0x46, 0xde
	};
	static const unsigned char public_key[SECRET_PUBLIC_LEN] = {
		0x7e, 0xa7, 0x5f, 0x6c, 0x00, 0x9d, 0x58, 0x3e,
		0x89, 0xa1, 0x76, 0x1c, 0xa5, 0x22, 0xa0, 0x11,
		0xa0, 0x78, 0x60, 0xcd, 0x34, 0x50, 0x0c, 0xc2,
		0x45, 0x8e, 0x9d, 0x57, 0x6b, 0x62, 0xbf, 0x8a
	};
	unsigned char got[SECRET_SEAL_LEN];

	secret_seal(ours, HF_SLICE("v1.x"), got);
	CU_ASSERT_EQUAL(memcmp(got, seal, sizeof(seal)), 0);
	CU_ASSERT_EQUAL(
	    memcmp(secret_public(ours), public_key, sizeof(public_key)), 0);
}

static void an_identity_is_known_again_by_its_token(void)
{
	struct identity made, found;
	char token[IDENTITY_TOKEN_LEN + 1];

	identity_new(ours, &made, token);
	CU_ASSERT_EQUAL(strlen(token), IDENTITY_TOKEN_LEN);
	CU_ASSERT_EQUAL(identity_read(ours, hf_slice_of(token), &found), 0);
	CU_ASSERT_STRING_EQUAL(made.holder, found.holder);
	CU_ASSERT_EQUAL(made.holder[0], '\1');
	CU_ASSERT_EQUAL(strlen(made.holder), IDENTITY_HOLDER_LEN);
	CU_ASSERT_EQUAL(memcmp(made.holder + 1, token + 3, IDENTITY_ID_LEN), 0);
}

static void no_two_identities_are_alike(void)
{
	struct identity one, two;
	char token[IDENTITY_TOKEN_LEN + 1];

	identity_new(ours, &one, token);
	identity_new(ours, &two, token);
	CU_ASSERT_STRING_NOT_EQUAL(one.holder, two.holder);
}

static void a_token_with_any_bit_changed_is_refused(void)
{
	struct identity identity;
	char token[IDENTITY_TOKEN_LEN + 1], bent[IDENTITY_TOKEN_LEN];

	identity_new(ours, &identity, token);
	for (size_t at = 0; at < IDENTITY_TOKEN_LEN; at++) {
		for (int bit = 0; bit < 8; bit++) {
			memcpy(bent, token, sizeof(bent));
			bent[at] = (char)(bent[at] ^ 1 << bit);
			CU_ASSERT_EQUAL(read_with(ours, bent, sizeof(bent)),
					HF_EBAD);
		}
	}
}

static void a_token_cut_or_lengthened_is_refused(void)
{
	struct identity identity;
	char token[IDENTITY_TOKEN_LEN + 2];

	identity_new(ours, &identity, token);
	token[IDENTITY_TOKEN_LEN] = 'A';
	for (size_t len = 0; len <= IDENTITY_TOKEN_LEN + 1; len++) {
		char *exact = malloc(len + 1); /* a read past it is seen */

		memcpy(exact, token, len);
		CU_ASSERT_EQUAL(read_with(ours, exact, len),
				len == IDENTITY_TOKEN_LEN ? 0 : HF_EBAD);
		free(exact);
	}
}

static void a_token_of_another_secret_is_refused(void)
{
	struct identity identity;
	char token[IDENTITY_TOKEN_LEN + 1];

	identity_new(theirs, &identity, token);
	CU_ASSERT_EQUAL(read_with(theirs, token, IDENTITY_TOKEN_LEN), 0);
	CU_ASSERT_EQUAL(read_with(ours, token, IDENTITY_TOKEN_LEN), HF_EBAD);
}

static void a_seal_belongs_to_one_id(void)
{
	struct identity identity;
	char one[IDENTITY_TOKEN_LEN + 1], two[IDENTITY_TOKEN_LEN + 1];

	identity_new(ours, &identity, one);
	identity_new(ours, &identity, two);
	memcpy(one + 3, two + 3, IDENTITY_ID_LEN);
	CU_ASSERT_EQUAL(read_with(ours, one, IDENTITY_TOKEN_LEN), HF_EBAD);
}

static void a_bearer_token_stands_behind_its_scheme(void)
{
	static const struct {
		const char *header, *token;
	} rows[] = {
		{ "Bearer abc", "abc" },
		{ "bearer abc", "abc" },
		{ "BEARER   abc", "abc" },
		{ "Bearer abc def", "abc" },
		{ "Bearer ", "" },
		{ "Bearer", "" },
		{ "Basic abc", "" },
		{ "Bearerabc", "" },
		{ "", "" },
	};

	for (size_t i = 0; i < HF_LEN(rows); i++)
		CU_ASSERT(hf_slice_eq(identity_bearer(rows[i].header),
				      hf_slice_of(rows[i].token)));
}

/* What secret_load() says of a file of n bytes; NULL: it takes it. */
static const char *load_file_of(size_t n)
{
	char path[] = "/tmp/hf-secret-XXXXXX", byte = 'x';
	const char *reason = NULL;
	int fd = mkstemp(path);
	struct secret *secret;

	CU_ASSERT_FATAL(fd >= 0);
	for (size_t i = 0; i < n; i++)
		CU_ASSERT_EQUAL(write(fd, &byte, 1), 1);
	close(fd);
	secret = secret_load(path, &reason);
	unlink(path);
	CU_ASSERT_EQUAL(secret == NULL, reason != NULL);
	secret_free(&secret);
	return reason;
}

static void a_secret_file_has_32_to_4096_bytes(void)
{
	const char *reason = NULL;

	CU_ASSERT_PTR_NULL(load_file_of(SECRET_BYTES_MIN));
	CU_ASSERT_PTR_NULL(load_file_of(SECRET_BYTES_MAX));
	CU_ASSERT_PTR_NOT_NULL(load_file_of(SECRET_BYTES_MIN - 1));
	CU_ASSERT_PTR_NOT_NULL(load_file_of(SECRET_BYTES_MAX + 1));
	CU_ASSERT_PTR_NULL(secret_load("/nowhere/at/all", &reason));
	CU_ASSERT_PTR_NOT_NULL(reason);
}

/* ---- a secret that is changed -------------------------------------------- */

static void write_file(const char *path, const char *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(write(fd, bytes, len), (ssize_t)len);
	close(fd);
}

/* The secret of a file with now, and of one beside it with old (or NULL). */
static struct secret *load_pair(const char *now, const char *old, size_t len,
				const char **reason_out)
{
	char path[] = "/tmp/hf-secret-XXXXXX", old_path[sizeof(path) + 4];
	struct secret *secret;

	close(mkstemp(path));
	snprintf(old_path, sizeof(old_path), "%s.old", path);
	write_file(path, now, 32);
	if (old != NULL)
		write_file(old_path, old, len);
	secret = secret_load(path, reason_out);
	unlink(path);
	unlink(old_path);
	return secret;
}

static const char key_a[] = "the first secret, of 32 bytes...";
static const char key_b[] = "another secret, of 32 bytes too.";
static const char key_c[] = "a third secret, of 32 bytes, too";

static void what_the_old_secret_sealed_is_good_and_renewed(void)
{
	char token[IDENTITY_TOKEN_LEN + 1], renewed[IDENTITY_TOKEN_LEN + 1];
	const char *reason = NULL;
	struct secret *a = load_pair(key_a, NULL, 0, &reason);
	struct secret *b = load_pair(key_b, key_a, 32, &reason);
	struct secret *c = load_pair(key_c, key_b, 32, &reason);
	struct identity made, read;

	identity_new(a, &made, token);
	CU_ASSERT_EQUAL(identity_read(b, hf_slice_of(token), &read), 0);
	CU_ASSERT_STRING_EQUAL(read.holder, made.holder);
	CU_ASSERT_TRUE(identity_renew(b, hf_slice_of(token), renewed));
	CU_ASSERT_EQUAL(identity_read(b, hf_slice_of(renewed), &read), 0);
	CU_ASSERT_STRING_EQUAL(read.holder, made.holder);
	CU_ASSERT_FALSE(identity_renew(b, hf_slice_of(renewed), token));
	/* Two changes later the first is forgotten; what was renewed is not. */
	CU_ASSERT_EQUAL(identity_read(c, hf_slice_of(renewed), &read), 0);
	CU_ASSERT_EQUAL(identity_read(c, hf_slice_of(token), &read), HF_EBAD);
	secret_free(&a);
	secret_free(&b);
	secret_free(&c);
}

static void an_old_secret_is_not_needed_but_must_be_right(void)
{
	char token[IDENTITY_TOKEN_LEN + 1];
	const char *reason = NULL;
	struct secret *s = load_pair(key_a, NULL, 0, &reason);

	CU_ASSERT_PTR_NULL(secret_old(s));
	CU_ASSERT_FALSE(identity_renew(s, HF_SLICE("no matter"), token));
	secret_free(&s);
	for (size_t len = 0; len <= 1; len++) {
		s = load_pair(key_a, "-", len, &reason);
		CU_ASSERT_PTR_NOT_NULL_FATAL(s);
		CU_ASSERT_PTR_NULL(secret_old(s));
		secret_free(&s);
	}
	CU_ASSERT_PTR_NULL(reason);
	CU_ASSERT_PTR_NULL(load_pair(key_a, key_b, 2, &reason));
	CU_ASSERT_PTR_NULL(load_pair(key_a, key_b, 31, &reason));
	CU_ASSERT_PTR_NOT_NULL(reason);
}

static const struct hf_test tests[] = {
	HF_TEST(base64url_is_as_in_the_rfc_without_padding),
	HF_TEST(keys_are_those_of_hkdf_and_ed25519),
	HF_TEST(an_identity_is_known_again_by_its_token),
	HF_TEST(no_two_identities_are_alike),
	HF_TEST(a_token_with_any_bit_changed_is_refused),
	HF_TEST(a_token_cut_or_lengthened_is_refused),
	HF_TEST(a_token_of_another_secret_is_refused),
	HF_TEST(a_seal_belongs_to_one_id),
	HF_TEST(a_bearer_token_stands_behind_its_scheme),
	HF_TEST(a_secret_file_has_32_to_4096_bytes),
	HF_TEST(what_the_old_secret_sealed_is_good_and_renewed),
	HF_TEST(an_old_secret_is_not_needed_but_must_be_right),
	HF_TEST_END,
};

const struct hf_suite test_identity_suite = { "fcgi/identity", tests, setup,
					      teardown };
