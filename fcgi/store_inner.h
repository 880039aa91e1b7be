/*
 * What the store's files share: one thread's connection.
 */
#ifndef FCGI_STORE_INNER_H
#define FCGI_STORE_INNER_H

#include "fcgi/pg_link.h"

struct store {
	struct pg_link link;
};

/* The files' statements: all are prepared on each connection. */
extern const struct pg_statement store_backup_statements[];
extern const struct pg_statement store_best_statements[];
extern const struct pg_statement store_hold_statements[];
extern const struct pg_statement store_line_statements[];
extern const struct pg_statement store_key_statements[];
extern const struct pg_statement store_order_statements[];
extern const struct pg_statement store_event_statements[];
extern const struct pg_statement store_oversold_statements[];
extern const struct pg_statement store_form_statements[];

#endif
