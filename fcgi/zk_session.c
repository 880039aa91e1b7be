#include "config.h"

#include "fcgi/zk_session.h"

#include "libhold/buf.h"
#include "libhold/log.h"
#include "libhold/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

enum { FILE_MAX = ZK_SESSION_URL_MAX + 256 };

struct zk_session_file {
	int fd;
	char *path;
	char *url;
};

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Takes 2 * n hexadecimal digits off text. */
static bool take_hex(struct hf_slice *text, unsigned char *bytes, size_t n)
{
	if (text->len < 2 * n)
		return false;
	for (size_t i = 0; i < n; i++) {
		int high = hex_digit(text->data[2 * i]);
		int low = hex_digit(text->data[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		bytes[i] = (unsigned char)(high * 16 + low);
	}
	*text = (struct hf_slice){ text->data + 2 * n, text->len - 2 * n };
	return true;
}

static bool take_word(struct hf_slice *text, const char *word)
{
	size_t len = strlen(word);

	if (text->len < len || memcmp(text->data, word, len) != 0)
		return false;
	*text = (struct hf_slice){ text->data + len, text->len - len };
	return true;
}

/* Four lines: what it is, url, id, password. */
static bool parse(struct hf_slice text, const char *url,
		  struct zk_session *session)
{
	unsigned char id[8];

	if (!take_word(&text, "holdfast session 1\nurl ") ||
	    !take_word(&text, url) || !take_word(&text, "\nid ") ||
	    !take_hex(&text, id, sizeof(id)) ||
	    !take_word(&text, "\npassword ") ||
	    !take_hex(&text, session->password, ZK_PASSWORD_BYTES) ||
	    !take_word(&text, "\n") || text.len != 0)
		return false;
	session->id = 0;
	for (size_t i = 0; i < sizeof(id); i++)
		session->id = (int64_t)((uint64_t)session->id << 8 | id[i]);
	return true;
}

static void load(const struct zk_session_file *file,
		 struct zk_session *session_out)
{
	char text[FILE_MAX];
	ssize_t n = pread(file->fd, text, sizeof(text), 0);

	if (n <= 0)
		return;
	if (!parse((struct hf_slice){ text, (size_t)n }, file->url,
		   session_out)) {
		*session_out = (struct zk_session){ 0 };
		hf_info("session file is of another service or unreadable, "
			"starting a new session path=%s",
			file->path);
	}
}

struct zk_session_file *zk_session_open(const char *path, const char *url,
					struct zk_session *session_out)
{
	struct zk_session_file *file;
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	*session_out = (struct zk_session){ 0 };
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0) {
		hf_warn("holds will not outlive this worker: cannot keep its "
			"session path=%s",
			path);
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	file = hf_new(struct zk_session_file);
	file->fd = fd;
	file->path = hf_strdup(path);
	file->url = hf_strdup(url);
	load(file, session_out);
	return file;
}

/* One that is cut half written is no session: its last line is missing. */
void zk_session_save(struct zk_session_file *file,
		     const struct zk_session *session)
{
	struct hf_buf text;
	struct hf_slice all;

	if (file == NULL)
		return;
	hf_buf_init(&text, FILE_MAX);
	hf_buf_printf(
	    &text, "holdfast session 1\nurl %s\nid %016" PRIx64 "\npassword ",
	    file->url, (uint64_t)session->id);
	for (size_t i = 0; i < ZK_PASSWORD_BYTES; i++)
		hf_buf_printf(&text, "%02x", session->password[i]);
	hf_buf_add_char(&text, '\n');
	all = hf_buf_slice(&text);
	if (ftruncate(file->fd, 0) < 0 ||
	    pwrite(file->fd, all.data, all.len, 0) != (ssize_t)all.len)
		hf_warn("holds will not outlive this worker: cannot write its "
			"session path=%s",
			file->path);
	hf_buf_fini(&text);
}

void zk_session_close(struct zk_session_file **file)
{
	if (*file == NULL)
		return;
	close((*file)->fd);
	free((*file)->path);
	free((*file)->url);
	free(*file);
	*file = NULL;
}
