/*
 * holdfast-init: prepares the database of a sale.
 *
 * Brings the schema up to date, then makes the tickets. It asks before it
 * replaces any; nothing else of Holdfast destroys data.
 */
#include "config.h"

#include "db/database.h"
#include "db/migrate.h"
#include "db/tickets.h"
#include "libhold/conf.h"
#include "libhold/err.h"
#include "libhold/slice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TICKETS_PRESET = 10, TICKETS_MAX = 1000000 };

struct settings {
	int64_t tickets; /* 0: not given */
	bool yes;
	bool if_empty;
	bool migrate_only;
};

#define FIELD(name) offsetof(struct settings, name)

static const struct hf_conf_setting table[] = {
	{ .name = "tickets",
	  .kind = HF_CONF_INT,
	  .offset = FIELD(tickets),
	  .min = 1,
	  .max = TICKETS_MAX,
	  .value_name = "N",
	  .help = "make N tickets (else TOTAL_TICKETS of the environment, "
		  "or 10)" },
	{ .name = "yes",
	  .kind = HF_CONF_BOOL,
	  .offset = FIELD(yes),
	  .help = "replace existing tickets without asking" },
	{ .name = "if-empty",
	  .kind = HF_CONF_BOOL,
	  .offset = FIELD(if_empty),
	  .help = "make tickets only when there are none" },
	{ .name = "migrate-only",
	  .kind = HF_CONF_BOOL,
	  .offset = FIELD(migrate_only),
	  .help = "bring the schema up to date and touch no ticket" },
	{ .name = NULL },
};

static const struct hf_conf conf = {
	.program = "holdfast-init",
	.summary = "Prepares the database DATABASE_URL for a sale: brings its "
		   "schema up to date,\nthen makes the tickets; asks before "
		   "it replaces existing ones.",
	.settings = table,
};

/* How many tickets, from the flag, the environment or the preset. */
static int settle_tickets(struct settings *settings)
{
	const char *total = getenv("TOTAL_TICKETS");

	if (settings->tickets != 0)
		return 0;
	settings->tickets = TICKETS_PRESET;
	if (total == NULL || total[0] == '\0')
		return 0;
	if (hf_slice_int64(hf_slice_of(total), &settings->tickets) == 0 &&
	    settings->tickets >= 1 && settings->tickets <= TICKETS_MAX)
		return 0;
	say_error("TOTAL_TICKETS is a whole number from 1 to %d, not \"%s\"",
		  TICKETS_MAX, total);
	return HF_EUSAGE;
}

static int settle(struct settings *settings)
{
	if (settings->migrate_only &&
	    (settings->tickets != 0 || settings->if_empty || settings->yes)) {
		say_error("--migrate-only touches no ticket: leave out the "
			  "other options");
		return HF_EUSAGE;
	}
	return settle_tickets(settings);
}

/* The owner's answer to "replace them?"; a terminal is there. */
static bool ask(const struct settings *settings,
		const struct ticket_counts *counts)
{
	char answer[16];

	printf("There are %lld tickets, %lld of them booked. "
	       "Replace all by %lld new ones? Type yes: ",
	       (long long)counts->all, (long long)counts->booked,
	       (long long)settings->tickets);
	fflush(stdout);
	return fgets(answer, sizeof(answer), stdin) != NULL &&
	       strcmp(answer, "yes\n") == 0;
}

static bool may_replace(const struct settings *settings,
			const struct ticket_counts *counts)
{
	if (counts->all == 0 || settings->yes)
		return true;
	if (isatty(STDIN_FILENO) == 0) {
		say_error("there are %lld tickets, %lld of them booked, and no "
			  "terminal to ask on; --yes replaces them",
			  (long long)counts->all, (long long)counts->booked);
		return false;
	}
	if (ask(settings, counts))
		return true;
	say_error("nothing was replaced");
	return false;
}

static int make_tickets(PGconn *db, const struct settings *settings)
{
	struct ticket_counts counts;
	int rc = tickets_count(db, &counts);

	if (rc < 0)
		return rc;
	if (settings->if_empty && counts.all > 0) {
		printf("%lld tickets are there already\n",
		       (long long)counts.all);
		return 0;
	}
	if (!may_replace(settings, &counts))
		return HF_EHELD;
	rc = tickets_replace(db, settings->tickets,
			     settings->yes ? NULL : &counts);
	if (rc == 0)
		printf("%lld tickets are for sale\n",
		       (long long)settings->tickets);
	return rc;
}

static int run(PGconn *db, const struct settings *settings)
{
	size_t ran;
	int rc = database_lock(db);

	if (rc == 0)
		rc = migrate(db, &ran);
	if (rc < 0)
		return rc;
	if (ran > 0)
		printf("%zu migrations were run\n", ran);
	return settings->migrate_only ? 0 : make_tickets(db, settings);
}

int main(int argc, char **argv)
{
	const char *url = getenv("DATABASE_URL");
	struct settings settings = { 0 };
	enum hf_conf_ask asked;
	PGconn *db;
	int rc;

	if (hf_conf_parse(&conf, argc, argv, &settings, &asked) < 0)
		return 2;
	if (asked != HF_CONF_RUN)
		return EXIT_SUCCESS;
	if (settle(&settings) < 0)
		return 2;
	if (url == NULL || url[0] == '\0') {
		say_error("set DATABASE_URL, as in "
			  "postgresql://holdfast@/holdfast?host=/run/pg");
		return 2;
	}
	db = database_open(url);
	if (db == NULL)
		return EXIT_FAILURE;
	rc = run(db, &settings);
	PQfinish(db);
	return rc == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
