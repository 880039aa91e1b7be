#include "config.h"

#include "fcgi/redis_url.h"

#include "fcgi/url.h"
#include "libhold/err.h"
#include "libhold/mem.h"
#include "libhold/slice.h"

#include <stdlib.h>

static const char forms[] = "a lock's URL is unix:///path or "
			    "redis://[:password@]host[:port][/db]";
static const char no_user[] = "a lock's URL has no user name, only "
			      ":password@";
static const char bad_password[] = "a % in the password is written %25, and "
				   "no byte is %00";
static const char no_host[] = "redis:// needs a host";
static const char bad_port[] = "a port is a number from 1 to 65535";
static const char bad_db[] = "a database is a number from 0 to 65535";

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The %HH undone; NULL when one is none. */
static char *decode(struct hf_slice text)
{
	char *decoded = hf_alloc(text.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++) {
		int high, low;

		if (text.data[i] != '%') {
			decoded[n++] = text.data[i];
			continue;
		}
		high = i + 2 < text.len ? hex_digit(text.data[i + 1]) : -1;
		low = i + 2 < text.len ? hex_digit(text.data[i + 2]) : -1;
		if (high < 0 || low < 0 || high + low == 0) {
			free(decoded);
			return NULL;
		}
		decoded[n++] = (char)(high * 16 + low);
		i += 2;
	}
	return decoded;
}

/* "[:password@]"; the last @ ends it. */
static const char *parse_password(const char **s, struct redis_url *url)
{
	const char *at = strrchr(*s, '@');
	struct hf_slice password;

	if (at == NULL)
		return NULL;
	if (**s != ':')
		return no_user;
	password = (struct hf_slice){ *s + 1, (size_t)(at - *s - 1) };
	url->password = decode(password);
	*s = at + 1;
	return url->password == NULL ? bad_password : NULL;
}

static const char *parse_redis(const char *s, struct redis_url *url)
{
	const char *reason = parse_password(&s, url);

	if (reason != NULL)
		return reason;
	url->host = url_take_host(&s, ":/");
	if (url->host == NULL)
		return no_host;
	if (!url_take_number(&s, ':', "/", 1, 65535, &url->port))
		return bad_port;
	if (!url_take_number(&s, '/', "/", 0, 65535, &url->db))
		return bad_db;
	return *s == '\0' ? NULL : forms;
}

int redis_url_parse(const char *text, struct redis_url *url_out,
		    const char **reason_out)
{
	static const char unix_prefix[] = "unix://";
	static const char redis_prefix[] = "redis://";
	const char *reason = forms;

	*url_out = (struct redis_url){ .port = REDIS_PORT };
	if (strncmp(text, unix_prefix, strlen(unix_prefix)) == 0)
		reason =
		    url_unix_path(text + strlen(unix_prefix), &url_out->path);
	else if (strncmp(text, redis_prefix, strlen(redis_prefix)) == 0)
		reason = parse_redis(text + strlen(redis_prefix), url_out);
	if (reason == NULL)
		return 0;
	redis_url_fini(url_out);
	*reason_out = reason;
	return HF_EUSAGE;
}

void redis_url_fini(struct redis_url *url)
{
	free(url->path);
	free(url->host);
	free(url->password);
	*url = (struct redis_url){ 0 };
}
