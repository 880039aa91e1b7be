#include "config.h"

#include "lockd/auth.h"

#include "libhold/err.h"
#include "libhold/log.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

static void warn_if_open(FILE *file, const char *path)
{
	struct stat st;

	if (fstat(fileno(file), &st) == 0 && (st.st_mode & S_IROTH) != 0)
		hf_warnx("password-file=%s can be read by every user: chmod "
			 "o-r it",
			 path);
}

int auth_load(struct auth *auth, const char *path)
{
	char line[AUTH_PASSWORD_MAX + 2]; /* one too long still fits */
	FILE *file = fopen(path, "re");
	size_t len;

	if (file == NULL)
		return -errno;
	errno = 0;
	len = fread(line, 1, sizeof(line), file);
	if (ferror(file)) {
		int rc = errno != 0 ? -errno : -EIO;

		fclose(file);
		return rc;
	}
	warn_if_open(file, path);
	fclose(file);
	for (size_t i = 0; i < len; i++) {
		if (line[i] == '\n' || line[i] == '\r')
			len = i;
	}
	if (len == 0)
		return HF_EBAD;
	if (len > AUTH_PASSWORD_MAX)
		return HF_ELIMIT;
	memcpy(auth->password, line, len);
	auth->len = len;
	return 0;
}

bool auth_matches(const struct auth *auth, struct hf_slice password)
{
	volatile unsigned char differ = auth->len != password.len;

	for (size_t i = 0; i < auth->len; i++) {
		char theirs = i < password.len ? password.data[i] : 0;

		differ |= (unsigned char)(auth->password[i] ^ theirs);
	}
	return differ == 0;
}
