#include "config.h"

#include "fcgi/store_oversold.h"

#include "fcgi/pg_rows.h"
#include "fcgi/store_inner.h"
#include "libhold/err.h"

const struct pg_statement store_oversold_statements[] = {
	{ "oversold_look",
	  "SELECT tickets, whole_ms FROM oversold_look($1, $2)",
	  2,
	  { PG_INT8, PG_INT8 } },
	{ 0 },
};

int store_oversold_look(struct store *store, int64_t every_ms, int64_t at_most,
			struct oversold *oversold_out)
{
	struct pg_params params;
	PGresult *result;

	pg_params_init(&params);
	pg_params_int8(&params, every_ms);
	pg_params_int8(&params, at_most);
	result =
	    pg_link_run(&store->link, &store_oversold_statements[0], &params);
	if (result == NULL)
		return HF_EUNREACHABLE;
	*oversold_out = (struct oversold){ .tickets = pg_int(result, 0, 0),
					   .whole_ms = pg_int(result, 0, 1) };
	PQclear(result);
	return 0;
}
