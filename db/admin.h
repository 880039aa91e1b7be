/*
 * holdfast-admin's commands: what each of them gets.
 *
 * A command prints what it found or did on standard output. It gives 0 or a
 * negative code, and has then printed why, on standard error; nothing was
 * changed then.
 */
#ifndef DB_ADMIN_H
#define DB_ADMIN_H

#include "db/database.h"

struct admin {
	PGconn *db;
	/* The words behind the command. */
	const char *const *words;
	int n;
	const char *actor; /* who does it: goes into the history */
	char actor_room[32];
	const char *key; /* of check-qr; NULL: not given */
	bool yes;        /* do not ask */
};

/* admin_list.c: looks, changes nothing */
int admin_events(struct admin *a) HF_MUSTUSE;
int admin_list(struct admin *a) HF_MUSTUSE;
int admin_show(struct admin *a) HF_MUSTUSE;

/* admin_change.c: of tickets */
int admin_release(struct admin *a) HF_MUSTUSE;
int admin_cancel(struct admin *a) HF_MUSTUSE;
int admin_block(struct admin *a) HF_MUSTUSE;
int admin_unblock(struct admin *a) HF_MUSTUSE;

/* admin_event.c: of an event */
int admin_open(struct admin *a) HF_MUSTUSE;
int admin_close(struct admin *a) HF_MUSTUSE;
int admin_set(struct admin *a) HF_MUSTUSE;

/* admin_export.c */
int admin_export(struct admin *a) HF_MUSTUSE;

/* admin_verify.c */
int admin_verify(struct admin *a) HF_MUSTUSE;

/* admin_qr.c: needs no database */
int admin_check_qr(struct admin *a) HF_MUSTUSE;

/* ---- for the commands (admin_help.c) ------------------------------------- */

/* HF_ENOTFOUND after a line when there is no event of that id. */
int admin_event_exists(struct admin *a, const char *event) HF_MUSTUSE;

/* Begins a transaction whose changes are actor's. */
int admin_begin(struct admin *a) HF_MUSTUSE;

/*
 * Asks the question unless --yes was given. 0, or HF_EHELD after a line: no, or
 * there is no terminal to ask on.
 */
int admin_ask(const struct admin *a, const char *question) HF_MUSTUSE;

/*
 * The words from the first'th on as an array in PostgreSQL's text format; the
 * caller frees.
 */
char *admin_array(const struct admin *a, int first) HF_MUSTUSE;

/* Prints rows with their columns' names, aligned; no control characters. */
void admin_print(const PGresult *rows);

#endif
