#include "config.h"

#include "fcgi/origin.h"

#include "fcgi/url.h"

struct place {
	struct hf_slice host;
	int64_t port; /* 0: it says none */
};

enum { PORT_MAX = 65535 };

/* "host", "[IPv6]", each perhaps with a port; *text moves behind it. */
static bool read_place(const char **text, struct place *place)
{
	const char *start = *text;
	bool bracket = *start == '[';

	(void)url_take(text, bracket ? "]" : ":, ");
	*text += bracket && **text == ']';
	*place = (struct place){
		.host = { start, (size_t)(*text - start) },
	};
	return place->host.len > 0 &&
	       url_take_number(text, ':', ", ", 1, PORT_MAX, &place->port);
}

static bool is_same_host(struct hf_slice a, struct hf_slice b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		if (hf_lower(a.data[i]) != hf_lower(b.data[i]))
			return false;
	}
	return true;
}

static const struct scheme {
	const char *mark;
	int64_t port;
	bool https;
} schemes[] = {
	{ "http://", 80, false },
	{ "https://", 443, true },
};

/* *origin moves behind the mark; NULL: no scheme that we are asked by. */
static const struct scheme *read_scheme(const char **origin)
{
	for (size_t i = 0; i < HF_LEN(schemes); i++) {
		size_t len = strlen(schemes[i].mark);
		struct hf_slice mark = { *origin, strnlen(*origin, len) };

		if (hf_slice_ieq(mark, schemes[i].mark)) {
			*origin += len;
			return &schemes[i];
		}
	}
	return NULL;
}

static int64_t port_of(const struct place *place, const struct scheme *scheme)
{
	return place->port != 0 ? place->port : scheme->port;
}

bool origin_is_ours(const struct origin_asked *asked, const char *origin)
{
	const struct scheme *scheme = read_scheme(&origin);
	const char *host = asked->host;
	struct place from, to;

	if (scheme == NULL || !read_place(&origin, &from) || *origin != '\0' ||
	    !read_place(&host, &to) || !is_same_host(from.host, to.host) ||
	    (asked->https && !scheme->https))
		return false;
	return port_of(&from, scheme) == port_of(&to, scheme) ||
	       (to.port == 0 && asked->proxied);
}
