#include "config.h"

#include "fcgi/url.h"

#include "libhold/mem.h"

#include <sys/un.h>

static const char no_path[] = "unix:// needs an absolute path, as in "
			      "unix:///run/holdfast/lockd.sock";
static const char long_path[] = "the path of a Unix socket has at most 107 "
				"bytes";

struct hf_slice url_take(const char **s, const char *stops)
{
	struct hf_slice taken = { *s, strcspn(*s, stops) };

	*s += taken.len;
	return taken;
}

bool url_take_number(const char **s, char mark, const char *stops,
		     int64_t least, int64_t most, int64_t *number)
{
	if (**s != mark)
		return true;
	*s += 1;
	return hf_slice_int64(url_take(s, stops), number) == 0 &&
	       *number >= least && *number <= most;
}

char *url_take_host(const char **s, const char *stops)
{
	bool bracket = **s == '[';
	struct hf_slice host;

	*s += bracket;
	host = url_take(s, bracket ? "]" : stops);
	if (host.len == 0 || (bracket && **s != ']'))
		return NULL;
	*s += bracket;
	return hf_strndup(host.data, host.len);
}

const char *url_unix_path(const char *s, char **path_out)
{
	if (s[0] != '/' || s[1] == '\0')
		return no_path;
	if (strlen(s) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		return long_path;
	*path_out = hf_strdup(s);
	return NULL;
}
