/*
 * holdfast-init: prepares the database of a sale.
 *
 * Brings the schema up to date, then makes the tickets. It asks before it
 * replaces any; nothing else of Holdfast destroys data.
 */
#include "config.h"

#include "db/connection.h"
#include "db/database.h"
#include "db/event.h"
#include "db/hall.h"
#include "db/hall_arena.h"
#include "db/hall_csv.h"
#include "db/halls.h"
#include "db/layout.h"
#include "db/migrate.h"
#include "db/migrations.h"
#include "db/money.h"
#include "db/tickets.h"
#include "libhold/conf.h"
#include "libhold/err.h"
#include "libhold/mem.h"
#include "libhold/slice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TICKETS_PRESET = 10, TICKETS_MAX = 1000000, PER_CLIENT_MAX = 1000 };

enum hall_name { HALL_NONE, HALL_THEATRE, HALL_ARENA };

static const char *const hall_names[] = { "none", "theatre", "arena", NULL };

struct settings {
	int64_t tickets; /* 0: not given */
	const char *csv;
	int hall; /* enum hall_name */
	struct event_terms terms;
	int64_t seats_per_client; /* 0: not given */
	bool dry_run;
	bool yes;
	bool if_empty;
	bool migrate_only;
	bool schema;
	bool connection;
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
	{ .name = "csv",
	  .kind = HF_CONF_STRING,
	  .offset = FIELD(csv),
	  .value_name = "FILE",
	  .help = "make the tickets of a file: its first row names the "
		  "columns section, row, seat, price and, if there are any, "
		  "id, category, x, y, pos, quality, accessible" },
	{ .name = "hall",
	  .kind = HF_CONF_CHOICE,
	  .offset = FIELD(hall),
	  .choices = hall_names,
	  .help = "make the tickets of a hall that comes with Holdfast: "
		  "1,200 or 50,000 seats" },
	{ .name = "event",
	  .kind = HF_CONF_STRING,
	  .offset = FIELD(terms.id),
	  .preset = EVENT_DEFAULT,
	  .value_name = "ID",
	  .help = "the event the tickets are for; it is made if it is new" },
	{ .name = "title",
	  .kind = HF_CONF_STRING,
	  .offset = FIELD(terms.title),
	  .value_name = "TEXT",
	  .help = "the event's title (else its id, or as it is)" },
	{ .name = "venue",
	  .kind = HF_CONF_STRING,
	  .offset = FIELD(terms.venue),
	  .value_name = "TEXT",
	  .help = "where it takes place" },
	{ .name = "starts-at",
	  .kind = HF_CONF_STRING,
	  .offset = FIELD(terms.starts_at),
	  .value_name = "TIME",
	  .help = "when it begins, as 2027-05-01T20:00:00+02:00" },
	{ .name = "time-zone",
	  .kind = HF_CONF_STRING,
	  .offset = FIELD(terms.time_zone),
	  .value_name = "NAME",
	  .help = "by which its times are shown, as Europe/Berlin (else by "
		  "each viewer's own)" },
	{ .name = "opens-at",
	  .kind = HF_CONF_STRING,
	  .offset = FIELD(terms.opens_at),
	  .value_name = "TIME",
	  .help = "when its sale opens (else at once)" },
	{ .name = "currency",
	  .kind = HF_CONF_STRING,
	  .offset = FIELD(terms.currency),
	  .value_name = "CODE",
	  .help = "of its prices, by ISO 4217 (else EUR, or as it is)" },
	{ .name = "seats-per-client",
	  .kind = HF_CONF_INT,
	  .offset = FIELD(seats_per_client),
	  .min = 1,
	  .max = PER_CLIENT_MAX,
	  .value_name = "N",
	  .help = "how many one client may hold and buy (else 10, or as it "
		  "is)" },
	{ .name = "dry-run",
	  .kind = HF_CONF_BOOL,
	  .offset = FIELD(dry_run),
	  .help = "say what --csv or --hall would make, and what is wrong "
		  "with it; touch no database" },
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
	{ .name = "schema",
	  .kind = HF_CONF_BOOL,
	  .offset = FIELD(schema),
	  .help = "print how many migrations this program has, and the last "
		  "one" },
	{ .name = "connection",
	  .kind = HF_CONF_BOOL,
	  .offset = FIELD(connection),
	  .help = "print DATABASE_URL without its password, and that on the "
		  "next line, for scripts; touch no database" },
	{ .name = NULL },
};

static const struct hf_conf conf = {
	.program = "holdfast-init",
	.summary = "Prepares the database DATABASE_URL for a sale: brings its "
		   "schema up to date,\nthen makes the tickets of an event; "
		   "asks before it replaces existing ones.",
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

static bool has_hall(const struct settings *settings)
{
	return settings->csv != NULL || settings->hall != HALL_NONE;
}

static int refuse(const char *why)
{
	say_error("%s", why);
	return HF_EUSAGE;
}

/* Options that do not go together. */
static int check_together(const struct settings *s)
{
	if (s->migrate_only && (s->tickets != 0 || has_hall(s) || s->if_empty ||
				s->yes || s->dry_run))
		return refuse("--migrate-only touches no ticket: leave out "
			      "the other options");
	if ((s->csv != NULL) + (s->hall != HALL_NONE) + (s->tickets != 0) > 1)
		return refuse("--csv, --hall and --tickets each make all "
			      "tickets: give one");
	if (s->dry_run && !has_hall(s))
		return refuse("--dry-run is for --csv and --hall");
	if (strcmp(s->terms.id, EVENT_DEFAULT) != 0 && !has_hall(s))
		return refuse("the tickets of an event come from --csv or "
			      "--hall");
	return 0;
}

static int settle(struct settings *settings)
{
	int rc = check_together(settings);

	if (rc == 0)
		rc = event_terms_check(&settings->terms);
	return rc == 0 && !has_hall(settings) ? settle_tickets(settings) : rc;
}

/* ---- may it be done? ----------------------------------------------------- */

/* The owner's answer to "replace them?"; a terminal is there. */
static bool ask(const struct ticket_counts *counts, int64_t tickets)
{
	char answer[16];

	printf("There are %lld tickets, %lld of them booked. "
	       "Replace all by %lld new ones? Type yes: ",
	       (long long)counts->all, (long long)counts->booked,
	       (long long)tickets);
	fflush(stdout);
	return fgets(answer, sizeof(answer), stdin) != NULL &&
	       strcmp(answer, "yes\n") == 0;
}

static bool may_replace(const struct settings *settings,
			const struct ticket_counts *counts, int64_t tickets)
{
	if (counts->all == 0 || settings->yes)
		return true;
	if (isatty(STDIN_FILENO) == 0) {
		say_error("there are %lld tickets, %lld of them booked, and no "
			  "terminal to ask on; --yes replaces them",
			  (long long)counts->all, (long long)counts->booked);
		return false;
	}
	if (ask(counts, tickets))
		return true;
	say_error("nothing was replaced");
	return false;
}

/* ---- the seats ----------------------------------------------------------- */

static void copy_theatre(struct hall *hall, struct complaints *c)
{
	size_t len = strlen(halls[0].text);

	hall_csv_parse(hall, hf_strndup(halls[0].text, len), len, c);
}

/* 0, or HF_EBAD after what is wrong with them. */
static int read_hall(const struct settings *settings, const char *currency,
		     struct hall *hall, struct complaints *c)
{
	hall->decimals = hf_money_decimals(currency);
	if (settings->csv != NULL)
		hall_csv_read(hall, settings->csv, c);
	else if (settings->hall == HALL_THEATRE)
		copy_theatre(hall, c);
	else
		hall_arena_make(hall);
	hall_arrange(hall, settings->terms.id, c);
	return complaints_end(c);
}

static struct complaints complaints_of(const struct settings *settings)
{
	return (struct complaints){ .file = settings->csv != NULL
						? settings->csv
						: hall_names[settings->hall] };
}

static int dry_run(const struct settings *settings)
{
	struct complaints c = complaints_of(settings);
	const char *currency = settings->terms.currency;
	struct hall hall = { 0 };
	int rc;

	if (currency == NULL)
		currency = "EUR";
	rc = read_hall(settings, currency, &hall, &c);
	if (rc == 0)
		hall_preview(&hall, currency);
	hall_fini(&hall);
	return rc;
}

/* ---- the tickets --------------------------------------------------------- */

static int make_plain(PGconn *db, const struct settings *settings,
		      const struct ticket_counts *counts)
{
	if (!may_replace(settings, counts, settings->tickets))
		return HF_EHELD;
	return tickets_replace_plain(db, &settings->terms, settings->tickets,
				     settings->yes ? NULL : counts);
}

static int make_from_hall(PGconn *db, const struct settings *settings,
			  const char *currency, struct hall *hall,
			  const struct ticket_counts *counts)
{
	struct complaints c = complaints_of(settings);
	int rc = read_hall(settings, currency, hall, &c);

	if (rc < 0)
		return rc;
	hall_preview(hall, currency);
	if (!may_replace(settings, counts, (int64_t)hall->n))
		return HF_EHELD;
	return tickets_replace(db, &settings->terms, hall, &c,
			       settings->yes ? NULL : counts);
}

/* The option's, or the one that the event has. */
static int settle_currency(PGconn *db, const struct settings *settings,
			   char **currency_out)
{
	int rc;

	if (settings->terms.currency != NULL) {
		*currency_out = hf_strdup(settings->terms.currency);
		return 0;
	}
	rc = event_currency(db, settings->terms.id, currency_out);
	if (rc != HF_ENOTFOUND)
		return rc;
	*currency_out = hf_strdup("EUR");
	return 0;
}

static int make_hall(PGconn *db, const struct settings *settings,
		     const struct ticket_counts *counts)
{
	struct hall hall = { 0 };
	char *currency;
	int rc = settle_currency(db, settings, &currency);

	if (rc < 0)
		return rc;
	rc = make_from_hall(db, settings, currency, &hall, counts);
	free(currency);
	hall_fini(&hall);
	return rc;
}

static int make_tickets(PGconn *db, const struct settings *settings)
{
	struct ticket_counts counts;
	int rc = tickets_count(db, settings->terms.id, &counts);

	if (rc < 0)
		return rc;
	if (settings->if_empty && counts.all > 0) {
		printf("%lld tickets are there already\n",
		       (long long)counts.all);
		return 0;
	}
	rc = has_hall(settings) ? make_hall(db, settings, &counts)
				: make_plain(db, settings, &counts);
	if (rc == 0)
		rc = tickets_count(db, settings->terms.id, &counts);
	if (rc == 0)
		printf("%lld tickets are for sale\n", (long long)counts.all);
	return rc;
}

static int migrate_all(PGconn *db, size_t *ran_out)
{
	struct migration own[HF_LEN(migrations)];

	for (size_t i = 0; i < HF_LEN(own); i++)
		own[i] = (struct migration){ migrations[i].name,
					     migrations[i].text };
	return migrate(db, own, HF_LEN(own), ran_out);
}

static void print_schema(void)
{
	printf("%zu %s\n", HF_LEN(migrations),
	       migrations[HF_LEN(migrations) - 1].name);
}

static int run(PGconn *db, const struct settings *settings)
{
	size_t ran;
	int rc = database_lock(db);

	if (rc == 0)
		rc = migrate_all(db, &ran);
	if (rc < 0)
		return rc;
	if (ran > 0)
		printf("%zu migrations were run\n", ran);
	if (!settings->migrate_only)
		rc = make_tickets(db, settings);
	/* Of a database that is older than layouts. */
	return rc == 0 ? layout_store_missing(db) : rc;
}

int main(int argc, char **argv)
{
	const char *url = getenv("DATABASE_URL");
	struct settings settings = { 0 };
	char seats_per_client[24];
	enum hf_conf_ask asked;
	PGconn *db;
	int rc;

	if (hf_conf_parse(&conf, argc, argv, &settings, &asked) < 0)
		return 2;
	if (asked != HF_CONF_RUN)
		return EXIT_SUCCESS;
	if (settle(&settings) < 0)
		return 2;
	if (settings.schema) {
		print_schema();
		return EXIT_SUCCESS;
	}
	if (settings.dry_run)
		return dry_run(&settings) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
	if (settings.seats_per_client > 0) {
		snprintf(seats_per_client, sizeof(seats_per_client), "%lld",
			 (long long)settings.seats_per_client);
		settings.terms.seats_per_client = seats_per_client;
	}
	if (url == NULL || url[0] == '\0') {
		say_error("set DATABASE_URL, as in "
			  "postgresql://holdfast@/holdfast?host=/run/pg");
		return 2;
	}
	if (settings.connection)
		return connection_print(url) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
	db = database_open(url);
	if (db == NULL)
		return EXIT_FAILURE;
	rc = run(db, &settings);
	PQfinish(db);
	return rc == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
