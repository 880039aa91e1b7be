/*
 * holdfast-admin: the box office's hand in a sale.
 *
 * Looks at events, tickets and orders, changes them, and checks that the
 * database is true to its history. Every change is told there, with who made
 * it.
 */
#include "config.h"

#include "db/admin.h"
#include "db/utf8.h"
#include "libhold/conf.h"
#include "libhold/err.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ACTOR_MAX = 100 };

typedef int command_fn(struct admin *a);

static const struct command {
	const char *name;
	const char *words; /* for --help */
	int min, max;      /* how many words */
	bool no_database;
	command_fn *run;
	const char *help;
} commands[] = {
	{ "events", "", 0, 0, false, admin_events,
	  "every event, its sale and its counts" },
	{ "list", "EVENT", 1, 1, false, admin_list,
	  "every ticket of an event, and who has it" },
	{ "show", "TICKET|ORDER", 1, 1, false, admin_show,
	  "what befell a ticket; the tickets of an order" },
	{ "release", "TICKET...", 1, INT16_MAX, false, admin_release,
	  "take held tickets from who holds them" },
	{ "cancel", "ORDER...", 1, INT16_MAX, false, admin_cancel,
	  "undo the sale of orders; their tickets are for sale again" },
	{ "block", "TICKET...", 1, INT16_MAX, false, admin_block,
	  "take tickets out of the sale" },
	{ "unblock", "TICKET...", 1, INT16_MAX, false, admin_unblock,
	  "put blocked tickets up for sale" },
	{ "open", "EVENT", 1, 1, false, admin_open, "open a sale now" },
	{ "close", "EVENT", 1, 1, false, admin_close,
	  "close a sale; what is held may still be booked" },
	{ "set", "EVENT TERM VALUE", 3, 3, false, admin_set,
	  "change a term: title, venue, starts-at, time-zone,\n"
	  "                            opens-at, seats-per-client, "
	  "hold-seconds,\n"
	  "                            extensions, extend-seconds, "
	  "hold-limit-seconds,\n"
	  "                            line-limit; \"none\" for none" },
	{ "export", "EVENT", 1, 1, false, admin_export,
	  "an event's sales as CSV" },
	{ "verify", "", 0, 0, false, admin_verify,
	  "compute every ticket's history anew; name what is wrong" },
	{ "check-qr", "TEXT", 1, 1, true, admin_check_qr,
	  "is a ticket's QR code genuine, by --key?" },
};

struct settings {
	const char *actor;
	const char *key;
	bool yes;
};

static const struct hf_conf_setting table[] = {
	{ .name = "actor",
	  .kind = HF_CONF_STRING,
	  .offset = offsetof(struct settings, actor),
	  .value_name = "NAME",
	  .help = "who makes the change, for the history (else the user)" },
	{ .name = "key",
	  .kind = HF_CONF_STRING,
	  .offset = offsetof(struct settings, key),
	  .value_name = "KEY",
	  .help = "the public key, \"x\" of /api/keys" },
	{ .name = "yes",
	  .kind = HF_CONF_BOOL,
	  .offset = offsetof(struct settings, yes),
	  .help = "do it without asking" },
	{ .name = NULL },
};

static const struct hf_conf conf = {
	.program = "holdfast-admin",
	.summary = "Works on the sale in the database DATABASE_URL: "
		   "holdfast-admin COMMAND [WORDS] [OPTIONS].\n"
		   "A TICKET is an id, or the beginning of ids and a star.",
	.settings = table,
};

static void print_commands(void)
{
	printf("\nCommands:\n");
	for (size_t i = 0; i < HF_LEN(commands); i++)
		printf("  %-8s %-16s %s\n", commands[i].name, commands[i].words,
		       commands[i].help);
}

/* ---- the command line ---------------------------------------------------- */

static const struct command *command_named(const char *name)
{
	for (size_t i = 0; i < HF_LEN(commands); i++) {
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	}
	say_error("there is no command \"%s\"; see --help", name);
	return NULL;
}

/* How many words stand before the first option. */
static int count_words(int argc, char **argv)
{
	int n = 0;

	while (1 + n < argc && strncmp(argv[1 + n], "--", 2) != 0)
		n++;
	return n;
}

/* Who the system says we are; else the user's number. */
static const char *name_by_uid(char *room, size_t size)
{
	const struct passwd *user = getpwuid(getuid());

	if (user != NULL && user->pw_name[0] != '\0')
		return user->pw_name;
	snprintf(room, size, "uid %lu", (unsigned long)getuid());
	return room;
}

static const char *name_of_user(char *room, size_t size)
{
	const char *user = getenv("SUDO_USER");

	if (user == NULL || user[0] == '\0')
		user = getenv("USER");
	return user != NULL && user[0] != '\0' ? user : name_by_uid(room, size);
}

static int settle_actor(struct admin *a)
{
	const char *wrong;

	if (a->actor == NULL)
		a->actor = name_of_user(a->actor_room, sizeof(a->actor_room));
	wrong = utf8_wrong(a->actor);
	if (wrong == NULL && strlen(a->actor) > ACTOR_MAX)
		wrong = "is longer than 100 bytes";
	if (wrong == NULL && a->actor[0] == '\0')
		wrong = "is empty";
	if (wrong == NULL)
		return 0;
	say_error("--actor %s", wrong);
	return HF_EUSAGE;
}

/* No word reaches the database that it could only complain of. */
static int check_words(const struct admin *a)
{
	for (int i = 0; i < a->n; i++) {
		const char *wrong = utf8_wrong(a->words[i]);

		if (wrong == NULL)
			continue;
		say_error("word %d %s", i + 1, wrong);
		return HF_EUSAGE;
	}
	return 0;
}

/* The command, or NULL after a line. */
static const struct command *settle(struct admin *a, int n, char **words)
{
	const struct command *command;

	if (n == 0) {
		say_error("name a command; see --help");
		return NULL;
	}
	command = command_named(words[0]);
	if (command == NULL || settle_actor(a) < 0)
		return NULL;
	a->words = (const char *const *)words + 1;
	a->n = n - 1;
	if (a->n >= command->min && a->n <= command->max)
		return check_words(a) == 0 ? command : NULL;
	say_error("use: holdfast-admin %s%s%s", command->name,
		  command->words[0] != '\0' ? " " : "", command->words);
	return NULL;
}

/* ---- running ------------------------------------------------------------- */

static int run_on_database(struct admin *a, const struct command *command)
{
	const char *url = getenv("DATABASE_URL");
	int rc;

	if (url == NULL || url[0] == '\0') {
		say_error("set DATABASE_URL, as in "
			  "postgresql://holdfast@/holdfast?host=/run/pg");
		return HF_EUSAGE;
	}
	a->db = database_open(url);
	if (a->db == NULL)
		return HF_EUNREACHABLE;
	rc = command->run(a);
	PQfinish(a->db);
	return rc;
}

/* Standard output may be a file on a full disk. */
static int end(int rc)
{
	if (rc == 0 && fflush(stdout) != 0) {
		say_error("cannot write all of it");
		return EXIT_FAILURE;
	}
	if (rc == HF_EUSAGE)
		return 2;
	return rc == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	int n = count_words(argc, argv);
	struct settings settings = { 0 };
	const struct command *command;
	enum hf_conf_ask asked;
	struct admin a;

	/* The options are what stands behind the words. */
	if (hf_conf_parse(&conf, argc - n, argv + n, &settings, &asked) < 0)
		return 2;
	if (asked == HF_CONF_HELP)
		print_commands();
	if (asked != HF_CONF_RUN)
		return EXIT_SUCCESS;
	a = (struct admin){ .actor = settings.actor,
			    .key = settings.key,
			    .yes = settings.yes };
	command = settle(&a, n, argv + 1);
	if (command == NULL)
		return 2;
	return end(command->no_database ? command->run(&a)
					: run_on_database(&a, command));
}
