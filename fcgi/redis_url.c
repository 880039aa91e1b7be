#include "config.h"

#include "fcgi/redis_url.h"

#include "fcgi/url.h"
#include "libhold/err.h"
#include "libhold/mem.h"
#include "libhold/slice.h"

#include <stdlib.h>

static const char forms[] =
    "a lock's URL is unix:///path, redis://[:password@]host[:port][/db], "
    "redis+sentinel://[:password@]host[:port][,host...]/service[/db] or "
    "redis+cluster://[:password@]host[:port][,host...]";
static const char no_user[] = "a lock's URL has no user name, only "
			      ":password@";
static const char bad_password[] = "a % in the password is written %25, and "
				   "no byte is %00";
static const char no_host[] = "a lock's URL needs a host, or hosts with "
			      "commas between them";
static const char many_hosts[] = "a lock's URL takes at most 16 hosts";
static const char bad_port[] = "a port is a number from 1 to 65535";
static const char no_service[] = "redis+sentinel:// needs the name of a "
				 "service, at most 255 bytes, after the hosts";
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

static const char *parse_server(const char **s, struct redis_url *url,
				int64_t port)
{
	struct redis_server *server = &url->servers[url->n];

	if (url->n == REDIS_SERVERS_MAX)
		return many_hosts;
	server->port = port;
	server->host = url_take_host(s, ",:/");
	if (server->host == NULL)
		return no_host;
	url->n++;
	if (!url_take_number(s, ':', ",/", 1, 65535, &server->port))
		return bad_port;
	return NULL;
}

static const char *parse_servers(const char **s, struct redis_url *url,
				 int64_t port)
{
	const char *reason = parse_server(s, url, port);

	while (reason == NULL && **s == ',') {
		*s += 1;
		reason = parse_server(s, url, port);
	}
	return reason;
}

/* "[/db]" and then the end */
static const char *parse_db(const char *s, struct redis_url *url)
{
	if (!url_take_number(&s, '/', "/", 0, 65535, &url->db))
		return bad_db;
	return *s == '\0' ? NULL : forms;
}

static const char *parse_direct(const char *s, struct redis_url *url)
{
	const char *reason = parse_server(&s, url, REDIS_PORT);

	return reason != NULL ? reason : parse_db(s, url);
}

static const char *parse_sentinel(const char *s, struct redis_url *url)
{
	const char *reason = parse_servers(&s, url, REDIS_SENTINEL_PORT);
	struct hf_slice service;

	if (reason != NULL)
		return reason;
	if (*s != '/')
		return no_service;
	s++;
	service = url_take(&s, "/");
	if (service.len == 0 || service.len > REDIS_SERVICE_MAX)
		return no_service;
	url->service = hf_strndup(service.data, service.len);
	return parse_db(s, url);
}

static const char *parse_cluster(const char *s, struct redis_url *url)
{
	const char *reason = parse_servers(&s, url, REDIS_PORT);

	if (reason != NULL)
		return reason;
	return *s == '\0' ? NULL : forms; /* a cluster has one database */
}

static const struct {
	const char *prefix;
	enum redis_way way;
	const char *(*parse)(const char *s, struct redis_url *url);
} ways[] = {
	{ "redis://", REDIS_DIRECT, parse_direct },
	{ "redis+sentinel://", REDIS_SENTINEL, parse_sentinel },
	{ "redis+cluster://", REDIS_CLUSTER, parse_cluster },
};

static const char *parse_way(const char *text, struct redis_url *url)
{
	const char *reason;

	for (size_t i = 0; i < HF_LEN(ways); i++) {
		size_t len = strlen(ways[i].prefix);

		if (strncmp(text, ways[i].prefix, len) != 0)
			continue;
		text += len;
		url->way = ways[i].way;
		reason = parse_password(&text, url);
		return reason != NULL ? reason : ways[i].parse(text, url);
	}
	return forms;
}

int redis_url_parse(const char *text, struct redis_url *url_out,
		    const char **reason_out)
{
	static const char unix_prefix[] = "unix://";
	const char *reason;

	*url_out = (struct redis_url){ .way = REDIS_DIRECT };
	if (strncmp(text, unix_prefix, strlen(unix_prefix)) == 0)
		reason =
		    url_unix_path(text + strlen(unix_prefix), &url_out->path);
	else
		reason = parse_way(text, url_out);
	if (reason == NULL)
		return 0;
	redis_url_fini(url_out);
	*reason_out = reason;
	return HF_EUSAGE;
}

void redis_url_fini(struct redis_url *url)
{
	for (size_t i = 0; i < url->n; i++)
		free(url->servers[i].host);
	free(url->path);
	free(url->service);
	free(url->password);
	*url = (struct redis_url){ 0 };
}
