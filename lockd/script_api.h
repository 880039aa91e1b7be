/*
 * What scripts find in the table "redis": calling commands and the rest.
 */
#ifndef LOCKD_SCRIPT_API_H
#define LOCKD_SCRIPT_API_H

#include "lockd/command.h"
#include "lockd/script_meter.h"

#include <openssl/evp.h>

/* What the functions need of the run under way. */
struct script_context {
	struct script_meter meter; /* first: the interpreter finds it so */
	struct call *call;         /* NULL: nothing runs */
	int protocol;              /* redis.setresp() */
	bool wrote;                /* this run has called a writing command */
	bool read_only;            /* it may not (EVAL_RO) */
	EVP_MD_CTX *sha1;          /* ready to begin */
};

/* NULL: libcrypto has no SHA-1. Freed by EVP_MD_CTX_free(). */
EVP_MD_CTX *script_api_sha1_new(void);

/* The SHA-1 of text in lower-case hex digits, and a NUL. */
void script_api_sha1(EVP_MD_CTX *sha1, struct hf_slice text, char out[41]);

/* Pushes the table; the interpreter must have been started under a context. */
void script_api_push(lua_State *L);

#endif
