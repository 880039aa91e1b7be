/*
 * INFO: one table of sections, in the order in which they are shown.
 *
 * A section of another part is a function of that part's file, declared here
 * and named in the table. Names of sections and fields are Redis's where
 * Redis has them: monitoring reads them.
 */
#ifndef LOCKD_INFO_H
#define LOCKD_INFO_H

#include "libhold/buf.h"
#include "lockd/command.h"

/* Appends "name:value\r\n" lines to out. */
typedef void info_fn(struct call *call, struct hf_buf *out);

/* cmd_lock_show.c */
info_fn info_locks;

#endif
