#include "config.h"

#include "libhold/access.h"

#include <stdio.h>

#include "libhold/err.h"
#include "libhold/slice.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* (uid_t)-1 and (gid_t)-1 mean "none" to the kernel. */
static bool parse_id(const char *text, uint32_t *out)
{
	int64_t number;

	if (hf_slice_int64(hf_slice_of(text), &number) < 0 || number < 0 ||
	    number >= UINT32_MAX)
		return false;
	*out = (uint32_t)number;
	return true;
}

int hf_access_group(struct hf_access *access, const char *name)
{
	const struct group *found;
	uint32_t id;

	if (!parse_id(name, &id)) {
		found = getgrnam(name);
		if (found == NULL)
			return HF_ENOTFOUND;
		id = found->gr_gid;
	}
	access->group = id;
	access->has_group = true;
	return 0;
}

static int add_user(struct hf_access *access, const char *name)
{
	const struct passwd *found;
	uint32_t id;

	if (name[0] == '\0')
		return HF_EBAD;
	if (!parse_id(name, &id)) {
		found = getpwnam(name);
		if (found == NULL)
			return HF_ENOTFOUND;
		id = found->pw_uid;
	}
	if (access->n_users == HF_ACCESS_USERS_MAX)
		return HF_ELIMIT;
	access->users[access->n_users++] = id;
	return 0;
}

int hf_access_users(struct hf_access *access, const char *names,
		    const char **bad_out)
{
	for (;;) {
		size_t len = strcspn(names, ",");
		char name[64];
		int rc = HF_ENOTFOUND;

		*bad_out = names;
		if (len < sizeof(name)) {
			memcpy(name, names, len);
			name[len] = '\0';
			rc = add_user(access, name);
		}
		if (rc < 0 || names[len] == '\0')
			return rc;
		names += len + 1;
	}
}

bool hf_access_allows(const struct hf_access *access, int socket_fd,
		      uid_t *user_out)
{
	struct ucred cred = { .uid = (uid_t)-1 };
	socklen_t len = sizeof(cred);

	*user_out = (uid_t)-1;
	if (access->n_users == 0)
		return true;
	if (getsockopt(socket_fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
		return false;
	*user_out = cred.uid;
	for (size_t i = 0; i < access->n_users; i++) {
		if (access->users[i] == cred.uid)
			return true;
	}
	return false;
}

static int read_group(struct hf_access *access, const char *program,
		      const char *group)
{
	if (group == NULL || hf_access_group(access, group) == 0)
		return 0;
	fprintf(stderr,
		"%s: unix-group takes a group's name or number, and there is "
		"no \"%s\"\n",
		program, group);
	return HF_EUSAGE;
}

static int read_users(struct hf_access *access, const char *program,
		      const char *users)
{
	const char *bad;
	int rc = users == NULL ? 0 : hf_access_users(access, users, &bad);

	if (rc == 0)
		return 0;
	if (rc == HF_ELIMIT)
		fprintf(stderr, "%s: allow-uid takes at most %d users\n",
			program, HF_ACCESS_USERS_MAX);
	else
		fprintf(stderr,
			"%s: allow-uid takes users' names or numbers with "
			"commas between, and there is no \"%.*s\"\n",
			program, (int)strcspn(bad, ","), bad);
	return HF_EUSAGE;
}

int hf_access_read(struct hf_access *access, const char *program,
		   const char *group, const char *users)
{
	int rc = read_group(access, program, group);

	return rc == 0 ? read_users(access, program, users) : rc;
}
