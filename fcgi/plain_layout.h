/*
 * The layout of an event that has no hall, only numbered tickets: the same
 * JSON as holdfast-init makes of a hall, without places to draw.
 */
#ifndef FCGI_PLAIN_LAYOUT_H
#define FCGI_PLAIN_LAYOUT_H

#include "fcgi/store_events.h"

enum { PLAIN_PRICES_MAX = 64 }; /* different ones, in one event */

struct plain_layout {
	struct hf_buf *out;
	/* The row under way. */
	struct hf_buf section, row, numbers, categories, ids;
	size_t seats; /* in it */
	bool any;     /* a section has begun */
	int64_t prices[PLAIN_PRICES_MAX];
	size_t n_prices;
	bool failed; /* there were more */
};

/* Writes to out, which it borrows: info, then each seat, then the rest. */
void plain_layout_begin(struct plain_layout *layout, struct hf_buf *out,
			const struct event_info *info);
void plain_layout_seat(struct plain_layout *layout,
		       const struct plain_seat *seat);

/* Ends it and gives back what it had. 0, or HF_ELIMIT. */
int plain_layout_end(struct plain_layout *layout) HF_MUSTUSE;

/*
 * {"id":…,"title":…,"venue":…,"starts_at":…,"time_zone":…,"currency":… and no
 * more.
 */
void layout_add_head(struct hf_buf *out, const struct event_info *info);

#endif
