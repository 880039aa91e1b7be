/*
 * What the store's files share: one thread's connection.
 */
#ifndef FCGI_STORE_INNER_H
#define FCGI_STORE_INNER_H

#include "fcgi/pg_link.h"

struct store {
	struct pg_link link;
};

#endif
