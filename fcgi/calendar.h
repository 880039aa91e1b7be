/*
 * An order as a calendar's event: iCalendar (RFC 5545).
 */
#ifndef FCGI_CALENDAR_H
#define FCGI_CALENDAR_H

#include "fcgi/store_orders.h"

/* 0, or HF_ENOTFOUND: the event's time is not known. */
int calendar_add(struct hf_buf *out, const struct order_view *view) HF_MUSTUSE;

#endif
