/*
 * The password: one for all, from a file, for the user "default".
 */
#ifndef LOCKD_AUTH_H
#define LOCKD_AUTH_H

#include "libhold/slice.h"

enum { AUTH_PASSWORD_MAX = 512 };

struct auth {
	size_t len; /* 0: no password is asked for */
	char password[AUTH_PASSWORD_MAX];
};

/*
 * Reads the file's first line. 0; -errno; HF_EBAD for one that is empty;
 * HF_ELIMIT for one that is too long. On errors auth stays as it was. A file
 * that every user can read is taken, with a warning.
 */
int auth_load(struct auth *auth, const char *path) HF_MUSTUSE;

/* Takes as long however much of a guess is right. */
bool auth_matches(const struct auth *auth, struct hf_slice password);

#endif
