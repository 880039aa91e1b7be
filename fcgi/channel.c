#include "config.h"

#include "fcgi/channel.h"

#include "libhold/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void channels_init(struct channels *channels)
{
	*channels = (struct channels){ 0 };
}

void channels_fini(struct channels *channels)
{
	for (size_t i = 0; i < channels->n; i++)
		free(channels->all[i]);
	free(channels->all);
}

/* NULL: no event has such an id. */
static struct channel *find(struct channels *channels, const char *event)
{
	struct channel *channel;

	for (size_t i = 0; i < channels->n; i++) {
		if (strcmp(channels->all[i]->event, event) == 0)
			return channels->all[i];
	}
	if (strlen(event) > CHANNEL_EVENT_MAX)
		return NULL;
	channel = hf_new(struct channel);
	memcpy(channel->event, event, strlen(event) + 1);
	channels->all = hf_realloc_array(channels->all, channels->n + 1,
					 sizeof(channels->all[0]));
	channels->all[channels->n++] = channel;
	return channel;
}

/* The place of ordinal, or where it would be. */
static size_t place_of(const struct channel *channel, int64_t ordinal)
{
	size_t low = 0, high = channel->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (channel->seats[middle].ordinal < ordinal)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void note(struct channel *channel, const struct channel_seat *seat)
{
	size_t at = place_of(channel, seat->ordinal);
	struct channel_seat *place = &channel->seats[at];

	if (at < channel->n && place->ordinal == seat->ordinal) {
		if (seat->version > place->version)
			*place = *seat;
		return;
	}
	if (channel->n == CHANNEL_SEATS_MAX) {
		channel->resync = true;
		channel->n = 0;
		return;
	}
	memmove(place + 1, place, (channel->n - at) * sizeof(*place));
	*place = *seat;
	channel->n++;
}

void channels_note(struct channels *channels, const char *event,
		   const struct channel_seat *seat)
{
	struct channel *channel = find(channels, event);

	/* Who is to fetch all anew need not be told of one seat. */
	if (channel != NULL && !channel->resync)
		note(channel, seat);
}

void channel_missed(struct channel *channel)
{
	channel->resync = true;
	channel->n = 0;
}

void channels_resync(struct channels *channels, const char *event)
{
	struct channel *channel = find(channels, event);

	if (channel != NULL)
		channel_missed(channel);
}

/* What a state says of it (api_events.c); both are words without quotes. */
void channels_sale(struct channels *channels, const char *event,
		   const char *sale, const char *opens_at)
{
	struct channel *channel = find(channels, event);
	const char *quote = opens_at != NULL ? "\"" : "";

	if (channel == NULL)
		return;
	snprintf(channel->sale, sizeof(channel->sale),
		 "{\"state\":\"%s\",\"opens_at\":%s%s%s}", sale, quote,
		 opens_at != NULL ? opens_at : "null", quote);
}

static bool has_to_say(const struct channel *channel)
{
	return channel->resync || channel->n > 0 || channel->sale[0] != '\0';
}

struct channel *channels_ready(struct channels *channels, int64_t now_ms)
{
	for (size_t i = 0; i < channels->n; i++) {
		size_t at = (channels->turn + i) % channels->n;
		struct channel *channel = channels->all[at];

		if (has_to_say(channel) && channel->next_ms <= now_ms) {
			channels->turn = at + 1;
			return channel;
		}
	}
	return NULL;
}

int64_t channels_next_ms(const struct channels *channels)
{
	int64_t next_ms = HF_NEVER;

	for (size_t i = 0; i < channels->n; i++) {
		const struct channel *channel = channels->all[i];

		if (has_to_say(channel) && channel->next_ms < next_ms)
			next_ms = channel->next_ms;
	}
	return next_ms;
}

void channel_frame(const struct channel *channel, int64_t wall_ms,
		   struct hf_buf *out)
{
	hf_buf_truncate(out, 0);
	hf_buf_printf(out, "{\"t\":%lld", (long long)wall_ms);
	if (channel->sale[0] != '\0')
		hf_buf_printf(out, ",\"sale\":%s", channel->sale);
	if (channel->resync) {
		hf_buf_printf(out, ",\"resync\":true}");
		return;
	}
	hf_buf_printf(out, ",\"c\":[");
	for (size_t i = 0; i < channel->n; i++) {
		const struct channel_seat *seat = &channel->seats[i];

		hf_buf_printf(out, "%s[%lld,\"%c\",%lld]", i > 0 ? "," : "",
			      (long long)seat->ordinal, seat->letter,
			      (long long)seat->version);
	}
	hf_buf_printf(out, "]}");
}

void channel_said(struct channel *channel, int64_t now_ms)
{
	channel->n = 0;
	channel->resync = false;
	channel->sale[0] = '\0';
	channel->next_ms = now_ms + CHANNEL_PAUSE_MS;
}

void channel_put_off(struct channel *channel, int64_t now_ms)
{
	channel->next_ms = now_ms + CHANNEL_AGAIN_MS;
}
