/*
 * Who may connect to a Unix socket, beside its permission bits.
 *
 * Users and groups are names or numbers; a name is looked up once, at start.
 */
#ifndef HOLD_ACCESS_H
#define HOLD_ACCESS_H

#include "libhold/base.h"

#include <sys/types.h>

enum { HF_ACCESS_USERS_MAX = 64 };

struct hf_access {
	bool has_group; /* the socket is given to group */
	gid_t group;
	size_t n_users; /* 0: whom the permission bits let */
	uid_t users[HF_ACCESS_USERS_MAX];
};

/* 0, or HF_ENOTFOUND: no such group. */
int hf_access_group(struct hf_access *access, const char *name) HF_MUSTUSE;

/*
 * Adds each of "root,1000,alice". 0; HF_ENOTFOUND for one who is not there
 * and HF_EBAD for an empty name, *bad_out pointing at it in names; HF_ELIMIT.
 */
int hf_access_users(struct hf_access *access, const char *names,
		    const char **bad_out) HF_MUSTUSE;

/*
 * Reads a program's unix-group and allow-uid, each NULL if not given. 0, or
 * HF_EUSAGE after one line on standard error that begins with its name.
 */
int hf_access_read(struct hf_access *access, const char *program,
		   const char *group, const char *users) HF_MUSTUSE;

/* May who connected socket_fd be served? Gives the user, if it can be told. */
bool hf_access_allows(const struct hf_access *access, int socket_fd,
		      uid_t *user_out);

#endif
