#include "config.h"

#include "fcgi/store_backup.h"

#include "fcgi/pg_rows.h"
#include "fcgi/store_inner.h"
#include "libhold/err.h"

const struct pg_statement store_backup_statements[] = {
	{ "backup_made",
	  "SELECT coalesce(max(floor(extract(epoch FROM made_at))), 0)::bigint"
	  " FROM backups",
	  0,
	  { 0 } },
	{ 0 },
};

int store_backup_made(struct store *store, int64_t *made_s_out)
{
	struct pg_params params;
	PGresult *result;

	pg_params_init(&params);
	result =
	    pg_link_run(&store->link, &store_backup_statements[0], &params);
	if (result == NULL)
		return HF_EUNREACHABLE;
	*made_s_out = pg_int(result, 0, 0);
	PQclear(result);
	return 0;
}
