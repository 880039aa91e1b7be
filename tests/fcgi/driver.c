/*
 * Drives a hold and a store from a script: a line in, a line out.
 *
 * The hold is LOCK_URL, or NODE_URL with LOCK_TYPE=ephemeral_node (and then
 * SESSION_FILE, if set, keeps its session); the store is DATABASE_URL; each is
 * made when first used.
 * Words are separated by spaces; a byte that would be in the way is %HH.
 * tests/support/driver.py speaks it.
 *
 *   acquire|extend CLIENT TTL_MS ID...    check CLIENT ID...
 *   release CLIENT * ID...                release CLIENT FENCE,... ID...
 *   let_go CLIENT * ID...                 let_go CLIENT FENCE,... ID...
 *   reserve|book CLIENT SERVICE ID:FENCE:MS...
 *   free|rows CLIENT ID...                available
 *   hold_ping                             store_ping
 *
 * The answer is "ok", "held", "notowner", "unreachable" or another error's
 * number, then what came with it.
 */
#include "config.h"

#include "fcgi/hold.h"
#include "fcgi/store.h"
#include "fcgi/zk_keeper.h"
#include "libhold/err.h"
#include "libhold/log.h"

#include <assert.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS_MAX = 64, LINE_MAX_BYTES = 65536 };

struct driver {
	struct hold *hold;
	struct zk_keeper *keeper;
	struct store *store;
	int n;
	char *words[WORDS_MAX];
	struct basket basket;
	struct hold_answer answer; /* the next reserve's or book's tokens */
	int64_t fences[BASKET_MAX];
};

static struct hold *make_hold(struct driver *driver, const char **reason)
{
	const char *type = getenv("LOCK_TYPE");
	const char *url = getenv("LOCK_URL"), *nodes = getenv("NODE_URL");

	if (type == NULL || strcmp(type, "ephemeral_node") != 0)
		return url != NULL ? hold_redis_new(url, reason) : NULL;
	if (nodes != NULL)
		driver->keeper =
		    zk_keeper_open(nodes, getenv("SESSION_FILE"), reason);
	return driver->keeper != NULL ? hold_zookeeper_new(driver->keeper)
				      : NULL;
}

static struct hold *hold_of(struct driver *driver)
{
	const char *reason = "LOCK_URL or NODE_URL is not set";

	if (driver->hold == NULL)
		driver->hold = make_hold(driver, &reason);
	if (driver->hold == NULL)
		hf_fatalx("%s", reason);
	return driver->hold;
}

static struct store *store_of(struct driver *driver)
{
	const char *url = getenv("DATABASE_URL");

	if (driver->store == NULL && url == NULL)
		hf_fatalx("DATABASE_URL is not set");
	if (driver->store == NULL)
		driver->store = store_new(url, NULL);
	return driver->store;
}

/* ---- reading ------------------------------------------------------------- */

/* %HH undone in place. */
static void decode(char *word)
{
	char *out = word;

	for (; *word != '\0'; word++, out++) {
		*out = *word;
		if (*word == '%') {
			const char hex[] = { word[1], word[2], '\0' };

			*out = (char)strtol(hex, NULL, 16);
			word += 2;
		}
	}
	*out = '\0';
}

static void split(struct driver *driver, char *line)
{
	driver->n = 0;
	for (char *word = strtok(line, " \n"); word != NULL;
	     word = strtok(NULL, " \n")) {
		assert(driver->n < WORDS_MAX);
		driver->words[driver->n++] = word;
	}
}

static int64_t number(const char *word)
{
	return strtoll(word, NULL, 10);
}

/* The words from the first on are tickets, "ID" or "ID:FENCE:MS". */
static void read_basket(struct driver *driver, int first)
{
	driver->basket.n = (size_t)(driver->n - first);
	assert(driver->basket.n <= BASKET_MAX);
	for (size_t i = 0; i < driver->basket.n; i++) {
		char *word = driver->words[first + (int)i];
		char *fence = strchr(word, ':');
		char *ms = fence != NULL ? strchr(fence + 1, ':') : NULL;

		if (ms != NULL) {
			*fence = *ms = '\0';
			driver->answer.grants[i].fence = number(fence + 1);
			driver->answer.grants[i].remaining_ms = number(ms + 1);
		}
		decode(word);
		driver->basket.ids[i] = word;
	}
	if (first > 1)
		decode(driver->words[1]);
}

static void read_service(struct driver *driver)
{
	snprintf(driver->answer.service, sizeof(driver->answer.service), "%s",
		 driver->words[2]);
}

/* ---- printing ------------------------------------------------------------ */

static void print_code(int rc)
{
	static const struct {
		int rc;
		const char *word;
	} codes[] = {
		{ 0, "ok" },
		{ HF_EHELD, "held" },
		{ HF_ENOTOWNER, "notowner" },
		{ HF_EUNREACHABLE, "unreachable" },
	};

	for (size_t i = 0; i < HF_LEN(codes); i++) {
		if (codes[i].rc == rc) {
			printf("%s", codes[i].word);
			return;
		}
	}
	printf("%d", rc);
}

static void print_answer(const struct driver *driver, int rc,
			 const struct hold_answer *answer)
{
	print_code(rc);
	if (rc == HF_EHELD || rc == HF_ENOTOWNER)
		printf(" %s %zu:%" PRId64, answer->service, answer->refused,
		       answer->refused_ms);
	if (rc != 0)
		return;
	printf(" %s", answer->service);
	for (size_t i = 0; i < driver->basket.n; i++) {
		const struct hold_grant *grant = &answer->grants[i];

		printf(" %" PRId64 ":%" PRId64 ":%d", grant->fence,
		       grant->remaining_ms, grant->fresh);
	}
}

static void print_rows(const struct driver *driver,
		       const struct store_row *rows)
{
	static const char *const states[] = { "unknown", "free", "reserved",
					      "booked", "lapsed" };

	for (size_t i = 0; i < driver->basket.n; i++)
		printf(" %s:%d:%" PRId64, states[rows[i].state], rows[i].mine,
		       rows[i].remaining_ms);
}

static void print_id(void *arg, const char *id)
{
	HF_UNUSED(arg);
	printf(" %s", id);
}

/* ---- the commands -------------------------------------------------------- */

static void run_acquire(struct driver *driver)
{
	struct hold_answer answer;
	int64_t ttl_ms = number(driver->words[2]);
	int rc;

	read_basket(driver, 3);
	rc = hold_acquire(hold_of(driver), &driver->basket, driver->words[1],
			  ttl_ms, &answer);
	print_answer(driver, rc, &answer);
}

static void run_extend(struct driver *driver)
{
	struct hold_answer answer;
	int64_t ttl_ms = number(driver->words[2]);
	int rc;

	read_basket(driver, 3);
	rc = hold_extend(hold_of(driver), &driver->basket, driver->words[1],
			 ttl_ms, &answer);
	print_answer(driver, rc, &answer);
}

static void run_check(struct driver *driver)
{
	struct hold_answer answer;
	int rc;

	read_basket(driver, 2);
	rc = hold_check(hold_of(driver), &driver->basket, driver->words[1],
			&answer);
	print_answer(driver, rc, &answer);
}

/* The fences to release; NULL: whatever the client holds. */
static const int64_t *read_fences(struct driver *driver)
{
	bool any = strcmp(driver->words[2], "*") == 0;
	char *word = driver->words[2];

	for (size_t i = 0; !any && i < BASKET_MAX; i++) {
		driver->fences[i] = strtoll(word, &word, 10);
		word += *word == ',';
	}
	read_basket(driver, 3);
	return any ? NULL : driver->fences;
}

static void run_release(struct driver *driver)
{
	const int64_t *fences = read_fences(driver);

	print_code(hold_release(hold_of(driver), &driver->basket,
				driver->words[1], fences));
}

static void run_let_go(struct driver *driver)
{
	const int64_t *fences = read_fences(driver);

	hold_let_go(hold_of(driver), &driver->basket, driver->words[1], fences);
	print_code(0);
}

static void run_reserve(struct driver *driver)
{
	struct store_row rows[BASKET_MAX];
	int rc;

	read_service(driver);
	read_basket(driver, 3);
	rc = store_reserve(store_of(driver), &driver->basket, driver->words[1],
			   &driver->answer, rows);
	print_code(rc);
	if (rc == HF_EHELD)
		print_rows(driver, rows);
}

static void run_book(struct driver *driver)
{
	struct store_row rows[BASKET_MAX];
	int rc;

	read_service(driver);
	read_basket(driver, 3);
	rc = store_book(store_of(driver), &driver->basket, driver->words[1],
			&driver->answer, rows);
	print_code(rc);
	if (rc == HF_ENOTOWNER)
		print_rows(driver, rows);
}

static void run_free(struct driver *driver)
{
	struct store_row rows[BASKET_MAX];
	int rc;

	read_basket(driver, 2);
	rc = store_release(store_of(driver), &driver->basket, driver->words[1],
			   rows);
	print_code(rc);
	if (rc == 0)
		print_rows(driver, rows);
}

static void run_rows(struct driver *driver)
{
	struct store_row rows[BASKET_MAX];
	int rc;

	read_basket(driver, 2);
	rc = store_rows(store_of(driver), &driver->basket, driver->words[1],
			rows);
	print_code(rc);
	if (rc == 0)
		print_rows(driver, rows);
}

static void run_available(struct driver *driver)
{
	int rc = store_available(store_of(driver), print_id, NULL);

	putchar(' ');
	print_code(rc);
}

static void run_hold_ping(struct driver *driver)
{
	print_code(hold_ping(hold_of(driver)));
}

static void run_store_ping(struct driver *driver)
{
	print_code(store_ping(store_of(driver)));
}

static const struct {
	const char *name;
	int least_words;
	void (*run)(struct driver *driver);
} commands[] = {
	{ "acquire", 4, run_acquire },     { "extend", 4, run_extend },
	{ "check", 3, run_check },         { "release", 4, run_release },
	{ "let_go", 4, run_let_go },       { "reserve", 4, run_reserve },
	{ "book", 4, run_book },           { "free", 3, run_free },
	{ "rows", 3, run_rows },           { "available", 1, run_available },
	{ "hold_ping", 1, run_hold_ping }, { "store_ping", 1, run_store_ping },
};

static void run_line(struct driver *driver, char *line)
{
	split(driver, line);
	for (size_t i = 0; driver->n > 0 && i < HF_LEN(commands); i++) {
		if (strcmp(driver->words[0], commands[i].name) != 0)
			continue;
		assert(driver->n >= commands[i].least_words);
		commands[i].run(driver);
		putchar('\n');
		fflush(stdout);
		return;
	}
	hf_fatalx("no such command");
}

int main(void)
{
	static char line[LINE_MAX_BYTES];
	struct driver driver = { 0 };

	hf_log_init("driver", HF_LOG_INFO);
	signal(SIGPIPE, SIG_IGN);
	while (fgets(line, sizeof(line), stdin) != NULL)
		run_line(&driver, line);
	hold_free(&driver.hold);
	zk_keeper_close(&driver.keeper);
	store_free(&driver.store);
	return EXIT_SUCCESS;
}
