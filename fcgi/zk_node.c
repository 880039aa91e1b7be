#include "config.h"

#include "fcgi/zk_node.h"

#include <assert.h>
#include <stdio.h>

static const char prefix[] = "hold-";

enum {
	PREFIX_LEN = sizeof(prefix) - 1,
	SEQUENCE_AT = PREFIX_LEN + ZK_ATTEMPT_LEN + 1,
};

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_';
}

void zk_node_ticket_path(char path[ZK_TICKET_PATH_MAX + 1], const char *chroot,
			 const char *ticket)
{
	static const char digits[] = "0123456789abcdef";
	int n = snprintf(path, ZK_TICKET_PATH_MAX + 1, "%s/holdfast/tickets/",
			 chroot);

	assert(n > 0 && n + 3 * strlen(ticket) <= ZK_TICKET_PATH_MAX);
	for (path += n; *ticket != '\0'; ticket++) {
		if (is_plain(*ticket)) {
			*path++ = *ticket;
			continue;
		}
		*path++ = '%';
		*path++ = digits[(unsigned char)*ticket >> 4];
		*path++ = digits[(unsigned char)*ticket & 15];
	}
	*path = '\0';
}

void zk_node_path(char path[ZK_PATH_MAX + 1], const char *ticket_path,
		  const char *name)
{
	snprintf(path, ZK_PATH_MAX + 1, "%s/%s", ticket_path, name);
}

void zk_node_name(char name[ZK_NAME_MAX + 1], const char *attempt)
{
	snprintf(name, ZK_NAME_MAX + 1, "%s%s-", prefix, attempt);
}

bool zk_node_is_of(const char *name, const char *attempt)
{
	return strncmp(name, prefix, PREFIX_LEN) == 0 &&
	       strncmp(name + PREFIX_LEN, attempt, ZK_ATTEMPT_LEN) == 0;
}

/* Ten digits, or eleven bytes when the counter has gone round. */
static bool read_sequence(struct hf_slice name, int32_t *sequence)
{
	int64_t value = 0;
	size_t at = SEQUENCE_AT;
	bool minus;

	if (name.len < SEQUENCE_AT + 10 || name.len > ZK_NAME_MAX ||
	    memcmp(name.data, prefix, PREFIX_LEN) != 0 ||
	    name.data[SEQUENCE_AT - 1] != '-' ||
	    memchr(name.data, '\0', SEQUENCE_AT) != NULL)
		return false;
	minus = name.data[at] == '-';
	for (at += minus; at < name.len; at++) {
		if (name.data[at] < '0' || name.data[at] > '9')
			return false;
		value = value * 10 + (name.data[at] - '0');
	}
	value = minus ? -value : value;
	*sequence = (int32_t)value;
	return value == *sequence;
}

/* Is a before b? Of two that live at once. */
static bool is_before(int32_t a, int32_t b)
{
	return (int32_t)((uint32_t)a - (uint32_t)b) < 0;
}

bool zk_node_keep_lowest(char lowest[ZK_NAME_MAX + 1], struct hf_slice name)
{
	int32_t sequence, least;

	if (!read_sequence(name, &sequence))
		return false;
	if (lowest[0] != '\0') {
		bool ours = read_sequence(hf_slice_of(lowest), &least);

		assert(ours);
		if (!is_before(sequence, least))
			return true;
	}
	memcpy(lowest, name.data, name.len);
	lowest[name.len] = '\0';
	return true;
}

bool zk_node_split(struct hf_slice path,
		   char ticket_path[ZK_TICKET_PATH_MAX + 1],
		   char name[ZK_NAME_MAX + 1])
{
	size_t slash = path.len;

	while (slash > 0 && path.data[slash - 1] != '/')
		slash--;
	if (slash == 0 || slash - 1 > ZK_TICKET_PATH_MAX)
		return false;
	memcpy(ticket_path, path.data, slash - 1);
	ticket_path[slash - 1] = '\0';
	name[0] = '\0';
	return zk_node_keep_lowest(
	    name, (struct hf_slice){ path.data + slash, path.len - slash });
}

struct hf_slice zk_node_value(char room[ZK_VALUE_MAX + 1], int64_t ttl_ms,
			      const char *client)
{
	int n = snprintf(room, ZK_VALUE_MAX + 1, "%lld:%s", (long long)ttl_ms,
			 client);

	assert(n > 0 && n <= ZK_VALUE_MAX);
	return (struct hf_slice){ room, (size_t)n };
}

bool zk_node_read_value(struct hf_slice value, int64_t *ttl_ms_out,
			struct hf_slice *client_out)
{
	const char *colon =
	    value.len > 0 ? memchr(value.data, ':', value.len) : NULL;
	size_t len;

	if (colon == NULL)
		return false;
	len = (size_t)(colon - value.data);
	*client_out = (struct hf_slice){ colon + 1, value.len - len - 1 };
	return hf_slice_int64((struct hf_slice){ value.data, len },
			      ttl_ms_out) == 0 &&
	       *ttl_ms_out > 0 && *ttl_ms_out <= INT64_MAX / 4;
}
