#include "config.h"

#include "fcgi/plain_layout.h"

#include "fcgi/json_out.h"
#include "libhold/err.h"

#include <string.h>

/* Of one row, and of one name; the reply's limit comes first. */
#define PART_MAX (16 * 1024 * 1024)

static struct hf_buf *const *parts_of(struct plain_layout *layout,
				      struct hf_buf *parts[5])
{
	parts[0] = &layout->section;
	parts[1] = &layout->row;
	parts[2] = &layout->numbers;
	parts[3] = &layout->categories;
	parts[4] = &layout->ids;
	return parts;
}

void layout_add_head(struct hf_buf *out, const struct event_info *info)
{
	hf_buf_printf(out, "{\"id\":");
	json_add_string(out, info->id);
	hf_buf_printf(out, ",\"title\":");
	json_add_string(out, info->title);
	hf_buf_printf(out, ",\"venue\":");
	json_add_string(out, info->venue);
	hf_buf_printf(out, ",\"starts_at\":");
	json_add_string_or_null(out, info->starts_at);
	hf_buf_printf(out, ",\"time_zone\":");
	json_add_string_or_null(out, info->time_zone);
	hf_buf_printf(out, ",\"currency\":");
	json_add_string(out, info->currency);
}

void plain_layout_begin(struct plain_layout *layout, struct hf_buf *out,
			const struct event_info *info)
{
	struct hf_buf *parts[5];

	*layout = (struct plain_layout){ .out = out };
	parts_of(layout, parts);
	for (size_t i = 0; i < HF_LEN(parts); i++)
		hf_buf_init(parts[i], PART_MAX);
	layout_add_head(out, info);
	hf_buf_printf(out, ",\"bounds\":null,\"sections\":[");
}

static bool is(const struct hf_buf *buf, const char *text)
{
	return hf_slice_eq(hf_buf_slice(buf), hf_slice_of(text));
}

static void set(struct hf_buf *buf, const char *text)
{
	hf_buf_truncate(buf, 0);
	hf_buf_add_slice(buf, hf_slice_of(text));
}

static size_t category_of(struct plain_layout *layout, int64_t price_minor)
{
	size_t i = 0;

	while (i < layout->n_prices && layout->prices[i] != price_minor)
		i++;
	if (i == PLAIN_PRICES_MAX)
		layout->failed = true;
	else if (i == layout->n_prices)
		layout->prices[layout->n_prices++] = price_minor;
	return i;
}

/* The row under way is whole. */
static void end_row(struct plain_layout *layout)
{
	if (layout->seats == 0)
		return;
	hf_buf_printf(layout->out, "\"count\":%zu,\"numbers\":[",
		      layout->seats);
	hf_buf_add_slice(layout->out, hf_buf_slice(&layout->numbers));
	hf_buf_printf(layout->out, "],\"category\":[");
	hf_buf_add_slice(layout->out, hf_buf_slice(&layout->categories));
	hf_buf_printf(layout->out, "],\"ids\":[");
	hf_buf_add_slice(layout->out, hf_buf_slice(&layout->ids));
	hf_buf_printf(layout->out, "]}");
	hf_buf_truncate(&layout->numbers, 0);
	hf_buf_truncate(&layout->categories, 0);
	hf_buf_truncate(&layout->ids, 0);
	layout->seats = 0;
}

static void begin_section(struct plain_layout *layout, const char *name)
{
	hf_buf_printf(layout->out, "%s{\"name\":", layout->any ? "]}," : "");
	json_add_string(layout->out, name);
	hf_buf_printf(layout->out, ",\"rows\":[");
	set(&layout->section, name);
	layout->any = true;
}

static void begin_row(struct plain_layout *layout,
		      const struct plain_seat *seat)
{
	hf_buf_printf(layout->out, "{\"name\":");
	json_add_string(layout->out, seat->row);
	hf_buf_printf(layout->out, ",\"first\":%lld,",
		      (long long)seat->ordinal);
	set(&layout->row, seat->row);
}

void plain_layout_seat(struct plain_layout *layout,
		       const struct plain_seat *seat)
{
	const char *comma;

	if (!layout->any || !is(&layout->section, seat->section)) {
		end_row(layout);
		begin_section(layout, seat->section);
		begin_row(layout, seat);
	} else if (!is(&layout->row, seat->row)) {
		end_row(layout);
		hf_buf_add_char(layout->out, ',');
		begin_row(layout, seat);
	}
	comma = layout->seats++ > 0 ? "," : "";
	hf_buf_printf(&layout->numbers, "%s%lld", comma,
		      (long long)seat->number);
	hf_buf_printf(&layout->categories, "%s%zu", comma,
		      category_of(layout, seat->price_minor));
	hf_buf_printf(&layout->ids, "%s", comma);
	json_add_string(&layout->ids, seat->id);
}

int plain_layout_end(struct plain_layout *layout)
{
	struct hf_buf *parts[5];

	end_row(layout);
	hf_buf_printf(layout->out, "%s],\"categories\":[",
		      layout->any ? "]}" : "");
	for (size_t i = 0; i < layout->n_prices; i++)
		hf_buf_printf(layout->out,
			      "%s{\"name\":\"\",\"price_minor\":%lld}",
			      i > 0 ? "," : "", (long long)layout->prices[i]);
	hf_buf_printf(layout->out, "]}");
	parts_of(layout, parts);
	for (size_t i = 0; i < HF_LEN(parts); i++)
		hf_buf_fini(parts[i]);
	return layout->failed ? HF_ELIMIT : 0;
}
