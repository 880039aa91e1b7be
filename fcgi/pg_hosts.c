#include "config.h"

#include "fcgi/pg_hosts.h"

#include "libhold/mem.h"

#include <stdlib.h>
#include <string.h>

static size_t count_items(const char *list)
{
	size_t n = 1;

	for (; *list != '\0'; list++)
		n += *list == ',';
	return n;
}

/* Item i of a list with commas; the caller frees it. */
static char *item(const char *list, size_t i)
{
	for (; i > 0; i--)
		list = strchr(list, ',') + 1;
	return hf_strndup(list, strcspn(list, ","));
}

/* What the URL says under a keyword; NULL: nothing. */
static const char *word_of(const PQconninfoOption *options, const char *keyword)
{
	for (; options->keyword != NULL; options++) {
		if (strcmp(options->keyword, keyword) == 0)
			return options->val;
	}
	return NULL;
}

/* Has list an item for each of n servers? Nothing at all is fine, too. */
static bool is_for_each(const char *list, size_t n)
{
	return list == NULL || count_items(list) == n;
}

static void split(struct pg_hosts *hosts, const char *names, const char *addrs,
		  const char *ports)
{
	/* One port may be for all. */
	bool port_each = ports != NULL && count_items(ports) > 1;

	for (size_t i = 0; i < hosts->n; i++) {
		hosts->list[i] = (struct pg_host){
			.host = names != NULL ? item(names, i) : NULL,
			.hostaddr = addrs != NULL ? item(addrs, i) : NULL,
			.port = port_each ? item(ports, i) : NULL,
		};
	}
}

static size_t count_servers(const char *names, const char *addrs,
			    const char *ports)
{
	const char *list = addrs != NULL ? addrs : names;
	size_t n = list != NULL ? count_items(list) : 1;
	bool fits = is_for_each(names, n) &&
		    (is_for_each(ports, n) || count_items(ports) == 1);

	return fits ? n : 1;
}

void pg_hosts_init(struct pg_hosts *hosts, const char *url)
{
	PQconninfoOption *options = PQconninfoParse(url, NULL);
	const char *names = NULL, *addrs = NULL, *ports = NULL;

	if (options != NULL) {
		names = word_of(options, "host");
		addrs = word_of(options, "hostaddr");
		ports = word_of(options, "port");
	}
	hosts->n = count_servers(names, addrs, ports);
	hosts->list = hf_new_array(struct pg_host, hosts->n);
	if (hosts->n > 1)
		split(hosts, names, addrs, ports);
	PQconninfoFree(options);
}

void pg_hosts_fini(struct pg_hosts *hosts)
{
	for (size_t i = 0; i < hosts->n; i++) {
		free(hosts->list[i].host);
		free(hosts->list[i].hostaddr);
		free(hosts->list[i].port);
	}
	free(hosts->list);
	*hosts = (struct pg_hosts){ 0 };
}

struct words {
	size_t n;
	const char *names[9];
	const char *values[9];
};

static void add(struct words *words, const char *name, const char *value)
{
	if (value == NULL)
		return;
	words->names[words->n] = name;
	words->values[words->n] = value;
	words->n++;
}

PGconn *pg_hosts_connect(const struct pg_hosts *hosts, size_t i,
			 const char *url)
{
	const struct pg_host *host = &hosts->list[i];
	struct words words = { 0 };

	/* Of a keyword that comes twice the later one counts. */
	add(&words, "fallback_application_name", "ticketing");
	add(&words, "tcp_user_timeout", "6000");
	add(&words, "keepalives_idle", "30");
	add(&words, "target_session_attrs", "read-write");
	add(&words, "dbname", url);
	add(&words, "host", host->host);
	add(&words, "hostaddr", host->hostaddr);
	add(&words, "port", host->port);
	return PQconnectStartParams(words.names, words.values, 1);
}
