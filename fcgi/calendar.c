#include "config.h"

#include "fcgi/calendar.h"

#include "libhold/err.h"

enum { LINE_BYTES = 75, TEXT_MAX = 4096 };

/*
 * Content lines of at most 75 bytes, longer ones folded (3.1), and never
 * within a character.
 */
static void add_line(struct hf_buf *out, struct hf_slice line)
{
	size_t at = 0, room = LINE_BYTES, len;

	while (line.len - at > room) {
		len = room;
		while (len > 1 && (line.data[at + len] & 0xc0) == 0x80)
			len--;
		hf_buf_add(out, line.data + at, len);
		hf_buf_printf(out, "\r\n ");
		at += len;
		room = LINE_BYTES - 1;
	}
	hf_buf_add(out, line.data + at, line.len - at);
	hf_buf_printf(out, "\r\n");
}

/* Text as 3.3.11 wants it. */
static void add_escaped(struct hf_buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '\n')
			hf_buf_printf(out, "\\n");
		else if (strchr("\\;,", *text) != NULL)
			hf_buf_printf(out, "\\%c", *text);
		else if ((unsigned char)*text >= 0x20)
			hf_buf_add_char(out, *text);
	}
}

static void add_text(struct hf_buf *out, const char *name, const char *text)
{
	struct hf_buf line;

	hf_buf_init(&line, TEXT_MAX);
	hf_buf_printf(&line, "%s:", name);
	add_escaped(&line, text);
	add_line(out, hf_buf_slice(&line));
	hf_buf_fini(&line);
}

/* "2027-05-01T18:30:00.000Z" as "20270501T183000Z". */
static void add_time(struct hf_buf *out, const char *name, const char *time)
{
	hf_buf_printf(out, "%s:", name);
	for (; *time != '\0' && *time != '.'; time++) {
		if (*time != '-' && *time != ':')
			hf_buf_add_char(out, *time);
	}
	hf_buf_printf(out, "Z\r\n");
}

static void add_seats(struct hf_buf *out, const struct order_view *view)
{
	struct hf_buf text;

	hf_buf_init(&text, TEXT_MAX);
	hf_buf_printf(&text, "%s", view->number);
	for (size_t i = 0; i < view->n; i++) {
		if (!view->cancelled[i])
			hf_buf_printf(&text, "\n%s %s %lld",
				      view->seats[i].section,
				      view->seats[i].row,
				      (long long)view->seats[i].number);
	}
	hf_buf_add_char(&text, '\0');
	add_text(out, "DESCRIPTION",
		 hf_buf_failed(&text) ? view->number
				      : hf_buf_slice(&text).data);
	hf_buf_fini(&text);
}

int calendar_add(struct hf_buf *out, const struct order_view *view)
{
	if (view->starts_at == NULL)
		return HF_ENOTFOUND;
	hf_buf_printf(out, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"
			   "PRODID:-//Holdfast//tickets//EN\r\n"
			   "BEGIN:VEVENT\r\n");
	hf_buf_printf(out, "UID:%s@holdfast\r\n", view->number);
	add_time(out, "DTSTAMP", view->created_at);
	add_time(out, "DTSTART", view->starts_at);
	add_text(out, "SUMMARY", view->title);
	if (view->venue[0] != '\0')
		add_text(out, "LOCATION", view->venue);
	add_seats(out, view);
	if (view->cancelled_at != NULL)
		hf_buf_printf(out, "STATUS:CANCELLED\r\n");
	hf_buf_printf(out, "END:VEVENT\r\nEND:VCALENDAR\r\n");
	return 0;
}
