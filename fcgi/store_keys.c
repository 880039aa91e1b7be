#include "config.h"

#include "fcgi/store_keys.h"

#include "fcgi/pg_rows.h"
#include "fcgi/store_inner.h"
#include "libhold/err.h"

#include <stdio.h>

enum statement {
	KEY_BEGIN,
	KEY_END,
	KEY_FIND,
};

const struct pg_statement store_key_statements[] = {
	[KEY_BEGIN] = {
		"key_begin",
		"SELECT pg_try_advisory_lock("
		"hashtextextended($1 || ' ' || $2, 6009))",
		2,
		{ PG_TEXT, PG_TEXT },
	},
	[KEY_END] = {
		"key_end",
		"SELECT pg_advisory_unlock("
		"hashtextextended($1 || ' ' || $2, 6009))",
		2,
		{ PG_TEXT, PG_TEXT },
	},
	[KEY_FIND] = {
		"key_find",
		/* A tilde comes after all that an id may have. */
		"SELECT id FROM holds WHERE id >= $2 AND id < $2 || '~' "
		"AND holder = $1",
		2,
		{ PG_TEXT, PG_TEXT },
	},
	{ 0 },
};

static PGresult *run_with_key(struct store *store, enum statement statement,
			      const char *holder, const char *key)
{
	struct pg_params params;

	pg_params_init(&params);
	pg_params_text(&params, holder);
	pg_params_text(&params, key);
	return pg_link_run(&store->link, &store_key_statements[statement],
			   &params);
}

int store_key_begin(struct store *store, const char *holder, const char *key)
{
	PGresult *result = run_with_key(store, KEY_BEGIN, holder, key);
	bool got;

	if (result == NULL)
		return HF_EUNREACHABLE;
	got = PQntuples(result) == 1 && pg_bool(result, 0, 0);
	PQclear(result);
	return got ? 0 : HF_EHELD;
}

void store_key_end(struct store *store, const char *holder, const char *key)
{
	/* A connection that is lost has given it up. */
	PQclear(run_with_key(store, KEY_END, holder, key));
}

int store_key_find(struct store *store, const char *holder, const char *id,
		   char id_out[HOLD_ID_LEN + 1])
{
	char begin[HOLD_KEY_LEN + 1];
	PGresult *result;
	int rc = HF_ENOTFOUND;

	snprintf(begin, sizeof(begin), "%s", id);
	result = run_with_key(store, KEY_FIND, holder, begin);
	if (result == NULL)
		return HF_EUNREACHABLE;
	if (PQntuples(result) > 0) {
		snprintf(id_out, HOLD_ID_LEN + 1, "%s",
			 PQgetvalue(result, 0, 0));
		rc = 0;
	}
	PQclear(result);
	return rc;
}
