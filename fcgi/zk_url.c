#include "config.h"

#include "fcgi/zk_url.h"

#include "fcgi/url.h"
#include "libhold/err.h"
#include "libhold/mem.h"

#include <stdlib.h>

static const char forms[] = "a ZooKeeper's URL is unix:///path or "
			    "zk://host[:port][,host[:port]...][/chroot]";
static const char no_host[] = "zk:// needs hosts, with commas between them";
static const char bad_port[] = "a port is a number from 1 to 65535";
static const char many_hosts[] = "zk:// takes at most 16 hosts";
static const char bad_chroot[] =
    "a chroot is /name or /name/name..., at most 255 bytes, and no name is "
    "empty, . or .. or has control characters";

static const char *parse_server(const char **s, struct zk_url *url)
{
	struct zk_server *server;

	if (url->n == ZK_SERVERS_MAX)
		return many_hosts;
	server = &url->servers[url->n];
	server->port = ZK_PORT;
	server->host = url_take_host(s, ",:/");
	if (server->host == NULL)
		return no_host;
	url->n++;
	if (!url_take_number(s, ':', ",/", 1, 65535, &server->port))
		return bad_port;
	return NULL;
}

static bool is_name(struct hf_slice name)
{
	for (size_t i = 0; i < name.len; i++) {
		if ((unsigned char)name.data[i] < ' ' || name.data[i] == 0x7f)
			return false;
	}
	return name.len > 0 && !hf_slice_eq(name, HF_SLICE(".")) &&
	       !hf_slice_eq(name, HF_SLICE(".."));
}

/* s is "" or begins with '/'; "/" alone is no chroot. */
static const char *parse_chroot(const char *s, struct zk_url *url)
{
	const char *at = s;

	url->chroot = hf_strdup(s[0] == '/' && s[1] == '\0' ? "" : s);
	if (strlen(url->chroot) > ZK_CHROOT_MAX)
		return bad_chroot;
	if (url->chroot[0] == '\0')
		return NULL;
	while (*at == '/') {
		at++;
		if (!is_name(url_take(&at, "/")))
			return bad_chroot;
	}
	return NULL;
}

static const char *parse_servers(const char *s, struct zk_url *url)
{
	const char *reason = parse_server(&s, url);

	while (reason == NULL && *s == ',') {
		s++;
		reason = parse_server(&s, url);
	}
	if (reason != NULL)
		return reason;
	return *s == '\0' || *s == '/' ? parse_chroot(s, url) : forms;
}

static const char *parse_unix(const char *s, struct zk_url *url)
{
	url->chroot = hf_strdup("");
	return url_unix_path(s, &url->path);
}

int zk_url_parse(const char *text, struct zk_url *url_out,
		 const char **reason_out)
{
	static const char unix_prefix[] = "unix://";
	static const char zk_prefix[] = "zk://";
	const char *reason = forms;

	*url_out = (struct zk_url){ 0 };
	if (strncmp(text, unix_prefix, strlen(unix_prefix)) == 0)
		reason = parse_unix(text + strlen(unix_prefix), url_out);
	else if (strncmp(text, zk_prefix, strlen(zk_prefix)) == 0)
		reason = parse_servers(text + strlen(zk_prefix), url_out);
	if (reason == NULL)
		return 0;
	zk_url_fini(url_out);
	*reason_out = reason;
	return HF_EUSAGE;
}

void zk_url_fini(struct zk_url *url)
{
	for (size_t i = 0; i < url->n; i++)
		free(url->servers[i].host);
	free(url->path);
	free(url->chroot);
	*url = (struct zk_url){ 0 };
}
