#include "config.h"

#include "fcgi/pg_link.h"

#include "fcgi/schema.h"
#include "libhold/clock.h"
#include "libhold/err.h"
#include "libhold/log.h"
#include "libhold/mem.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * What each session sets. Statements rely on READ COMMITTED (store.c) and on
 * commits that wait, so neither is left to the server's defaults; an owner
 * who asked for more than a local flush keeps it. Planning again for each
 * call would cost more than the call.
 */
static const char setup[] =
    "SET statement_timeout = 5000;"
    "SET default_transaction_isolation = 'read committed';"
    "SET client_encoding = 'UTF8';"
    "SET plan_cache_mode = force_generic_plan;"
    "SET jit = off;"
    "SELECT set_config('synchronous_commit', 'on', false) "
    "WHERE current_setting('synchronous_commit') = 'off'";

_Static_assert(PG_LINK_STATEMENT_MS == 5000, "setup says the same");

/*
 * Errors after which the session is as good as before: SQLSTATE classes and
 * codes. All others may mean that another server must be looked for (it is
 * shutting down, read-only, or its schema changed under the statements).
 */
static const char *const harmless[] = {
	"22",    /* a value that PostgreSQL does not take */
	"23",    /* a CHECK of the schema */
	"40",    /* rolled back: deadlock, serialization */
	"53",    /* out of disk or memory */
	"55P03", /* a lock was not to be had */
	"57014", /* statement_timeout */
};

void pg_link_init(struct pg_link *link, const char *url,
		  const struct pg_statement *const *tables, uint64_t seed,
		  struct meter *meter)
{
	*link = (struct pg_link){ .url = hf_strdup(url),
				  .tables = tables,
				  .meter = meter };
	pg_hosts_init(&link->hosts, url);
	backoff_init(&link->backoff, seed);
}

static void count_connection(const struct pg_link *link)
{
	if (link->meter != NULL)
		meter_set(&link->meter->connections, link->pg != NULL);
}

static void hang_up(struct pg_link *link)
{
	PQfinish(link->pg);
	link->pg = NULL;
	link->named[0] = '\0';
	count_connection(link);
}

void pg_link_fini(struct pg_link *link)
{
	hang_up(link);
	pg_hosts_fini(&link->hosts);
	free(link->url);
}

/* Notes why, which may have several lines: the first one tells. */
static void drop(struct pg_link *link, const char *why)
{
	size_t used = strlen(link->reasons);

	snprintf(link->reasons + used, sizeof(link->reasons) - used, "%s%.*s",
		 used > 0 ? "; " : "", (int)strcspn(why, "\n"), why);
	hang_up(link);
}

/* No server is to be had, for now. */
static void go_away(struct pg_link *link)
{
	if (!link->away)
		hf_warnx("database lost: %s", link->reasons);
	link->away = true;
	backoff_failed(&link->backoff, hf_clock_ms());
}

static void next_host(struct pg_link *link)
{
	link->host = (link->host + 1) % link->hosts.n;
}

static bool is_harmless(const char *sqlstate)
{
	for (size_t i = 0; i < HF_LEN(harmless); i++) {
		if (strncmp(sqlstate, harmless[i], strlen(harmless[i])) == 0)
			return true;
	}
	return false;
}

/* The details are not logged: they may show what a client sent. */
static void refuse(struct pg_link *link, const PGresult *result)
{
	const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

	link->why = METER_REFUSED;
	if (sqlstate == NULL || text == NULL) {
		link->why = METER_BROKEN;
		drop(link, PQresultErrorMessage(result));
		return;
	}
	if (PQstatus(link->pg) == CONNECTION_OK && is_harmless(sqlstate)) {
		hf_warnx("database refused a statement: %s sqlstate=%s", text,
			 sqlstate);
		return;
	}
	drop(link, text);
}

/* ---- waiting, always with an end ----------------------------------------- */

/* 0 when the socket is ready for events, or HF_EUNREACHABLE. */
static int await(const struct pg_link *link, short events, int64_t until_ms)
{
	struct pollfd pfd = { .fd = PQsocket(link->pg), .events = events };
	int64_t left_ms;
	int n;

	do {
		left_ms = until_ms - hf_clock_ms();
		if (left_ms <= 0)
			return HF_EUNREACHABLE;
		n = poll(&pfd, 1, (int)left_ms);
	} while (n == 0 || (n < 0 && errno == EINTR));
	return n > 0 ? 0 : HF_EUNREACHABLE;
}

/* Sends all, and reads until a result is whole. */
static int await_result(struct pg_link *link, int64_t until_ms)
{
	int unsent;

	while ((unsent = PQflush(link->pg)) == 1 || PQisBusy(link->pg) == 1) {
		short events = unsent == 1 ? POLLIN | POLLOUT : POLLIN;

		if (await(link, events, until_ms) < 0) {
			link->why = METER_TIMEOUT;
			drop(link, "no answer in time");
			return HF_EUNREACHABLE;
		}
		if (PQconsumeInput(link->pg) != 1)
			break;
	}
	return 0;
}

static bool is_error(const PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);

	return status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK;
}

/*
 * The last result of what was sent. NULL after an error or none in time; a
 * connection lost on the way comes as an error result, too.
 */
static PGresult *collect(struct pg_link *link, int64_t until_ms)
{
	PGresult *kept = NULL, *next;

	for (;;) {
		if (await_result(link, until_ms) < 0)
			break;
		next = PQgetResult(link->pg);
		if (next == NULL)
			return kept;
		PQclear(kept);
		kept = next;
		if (is_error(kept)) {
			refuse(link, kept);
			break;
		}
	}
	PQclear(kept);
	if (link->pg != NULL) {
		/* Refused, but the session lives: read to the end of it. */
		while (await_result(link, until_ms) == 0 &&
		       (next = PQgetResult(link->pg)) != NULL)
			PQclear(next);
	}
	return NULL;
}

/* ---- connecting ---------------------------------------------------------- */

static int finish_connect(struct pg_link *link, int64_t until_ms)
{
	PostgresPollingStatusType wants = PGRES_POLLING_WRITING;

	while (wants != PGRES_POLLING_OK) {
		short events =
		    wants == PGRES_POLLING_READING ? POLLIN : POLLOUT;

		if (wants == PGRES_POLLING_FAILED ||
		    PQstatus(link->pg) == CONNECTION_BAD) {
			drop(link, PQerrorMessage(link->pg));
			return HF_EUNREACHABLE;
		}
		if (await(link, events, until_ms) < 0) {
			drop(link, "cannot connect in time");
			return HF_EUNREACHABLE;
		}
		wants = PQconnectPoll(link->pg);
	}
	return 0;
}

/* What was just sent, if it was, must work for the session to be of use. */
static int settle(struct pg_link *link, int sent, int64_t until_ms)
{
	PGresult *result;

	if (sent != 1) {
		drop(link, PQerrorMessage(link->pg));
		return HF_EUNREACHABLE;
	}
	result = collect(link, until_ms);
	if (result == NULL) {
		if (link->pg != NULL)
			drop(link, "the session cannot be prepared");
		return HF_EUNREACHABLE;
	}
	PQclear(result);
	return 0;
}

static int prepare_table(struct pg_link *link, const struct pg_statement *s,
			 int64_t until_ms)
{
	int rc = 0;

	for (; rc == 0 && s->name != NULL; s++)
		rc = settle(link,
			    PQsendPrepare(link->pg, s->name, s->text,
					  s->n_params, s->types),
			    until_ms);
	return rc;
}

/* Else a statement would fail later, and nobody would be told why. */
static int check_schema(struct pg_link *link, int64_t until_ms)
{
	char wrong[SCHEMA_WRONG_MAX];
	PGresult *row;
	bool old;

	if (PQsendQuery(link->pg, SCHEMA_STATEMENT) != 1) {
		drop(link, PQerrorMessage(link->pg));
		return HF_EUNREACHABLE;
	}
	row = collect(link, until_ms);
	if (row == NULL)
		return HF_EUNREACHABLE; /* dropped, and told why */
	old = schema_is_old(PQgetvalue(row, 0, 0), wrong);
	PQclear(row);
	if (old)
		drop(link, wrong);
	return old ? HF_EUNREACHABLE : 0;
}

static int prepare(struct pg_link *link, int64_t until_ms)
{
	int rc = settle(link, PQsendQuery(link->pg, setup), until_ms);

	if (rc == 0)
		rc = check_schema(link, until_ms);
	for (size_t i = 0; rc == 0 && link->tables[i] != NULL; i++)
		rc = prepare_table(link, link->tables[i], until_ms);
	return rc;
}

/* Warnings of the server go to our log, not to libpq's stderr. */
static void take_notice(void *arg, const PGresult *result)
{
	struct pg_link *link = arg;
	const char *level =
	    PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
	const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

	link->warned |= level != NULL && strcmp(level, "WARNING") == 0;
	hf_debug("database says: %s", text != NULL ? text : "?");
}

static int dial_host(struct pg_link *link)
{
	int64_t until_ms = hf_clock_ms() + PG_LINK_CONNECT_MS;
	int rc;

	link->pg = pg_hosts_connect(&link->hosts, link->host, link->url);
	if (link->pg == NULL) {
		drop(link, "no memory");
		return HF_EUNREACHABLE;
	}
	PQsetNoticeReceiver(link->pg, take_notice, link);
	rc = finish_connect(link, until_ms);
	if (rc < 0)
		return rc;
	if (PQsetnonblocking(link->pg, 1) != 0) {
		drop(link, PQerrorMessage(link->pg));
		return HF_EUNREACHABLE;
	}
	count_connection(link);
	return prepare(link, until_ms);
}

static int dial(struct pg_link *link)
{
	int64_t now_ms = hf_clock_ms();
	int64_t until_ms = now_ms + PG_LINK_LOOK_MS;

	link->why = METER_AWAY;
	if (!backoff_ready(&link->backoff, now_ms))
		return HF_EUNREACHABLE;
	link->why = METER_CONNECT;
	link->reasons[0] = '\0';
	for (size_t i = 0; i < link->hosts.n && hf_clock_ms() < until_ms; i++) {
		if (dial_host(link) == 0)
			return 0;
		hang_up(link);
		next_host(link);
	}
	go_away(link);
	return HF_EUNREACHABLE;
}

/*
 * Nothing is outstanding between statements: what can be read now is the
 * server's farewell and the end of the connection, or a notice.
 */
static bool idle_is_lost(struct pg_link *link)
{
	struct pollfd pfd = { .fd = PQsocket(link->pg), .events = POLLIN };

	while (poll(&pfd, 1, 0) > 0) {
		if (PQconsumeInput(link->pg) != 1 ||
		    PQstatus(link->pg) != CONNECTION_OK)
			return true;
	}
	return false;
}

static int connected(struct pg_link *link)
{
	if (link->pg != NULL && idle_is_lost(link))
		hang_up(link);
	return link->pg != NULL ? 0 : dial(link);
}

/* False: the session is lost. */
static bool name_session(struct pg_link *link)
{
	const char *id = hf_log_request_id();
	PGresult *result = NULL;

	if (!hf_log_shows(HF_LOG_DEBUG) || id[0] == '\0' ||
	    strcmp(link->named, id) == 0)
		return true;
	snprintf(link->named, sizeof(link->named), "%s", id);
	if (PQsendQueryParams(link->pg,
			      "SELECT set_config('application_name', $1, "
			      "false)",
			      1, NULL, &id, NULL, NULL, 0) == 1)
		result = collect(link, hf_clock_ms() + PG_LINK_ANSWER_MS);
	PQclear(result);
	return link->pg != NULL;
}

/*
 * NULL, and perhaps no connection, when there is nothing that can be trusted;
 * link->why says why.
 */
static PGresult *ask(struct pg_link *link, const struct pg_statement *s,
		     const struct pg_params *params)
{
	PGresult *result;

	if (!name_session(link))
		return NULL;
	link->warned = false;
	link->reasons[0] = '\0';
	if (PQsendQueryPrepared(link->pg, s->name, params->n, params->values,
				params->lengths, params->formats, 0) != 1) {
		link->why = METER_BROKEN;
		drop(link, PQerrorMessage(link->pg));
		return NULL;
	}
	result = collect(link, hf_clock_ms() + PG_LINK_ANSWER_MS);
	if (result == NULL || !link->warned)
		return result;
	/*
	 * Somebody ended a commit's wait for the standby: done here, which may
	 * not be where it counts. None of our statements has other warnings.
	 */
	PQclear(result);
	link->why = METER_REFUSED;
	drop(link, "the server warns that a commit may not be replicated");
	return NULL;
}

static PGresult *ask_timed(struct pg_link *link, const struct pg_statement *s,
			   const struct pg_params *params)
{
	int64_t began_us = hf_clock_us();
	PGresult *result;

	if (link->meter != NULL)
		meter_set(&link->meter->statements_running, 1);
	result = ask(link, s, params);
	if (link->meter != NULL)
		meter_set(&link->meter->statements_running, 0);
	if (result != NULL) {
		meter_statement(link->meter, hf_clock_us() - began_us);
	} else if (link->pg == NULL) {
		next_host(link); /* this one may be hanging */
		go_away(link);
	}
	return result;
}

PGresult *pg_link_run(struct pg_link *link, const struct pg_statement *s,
		      const struct pg_params *params)
{
	PGresult *result = NULL;

	if (connected(link) == 0)
		result = ask_timed(link, s, params);
	if (result == NULL) {
		meter_statement_failed(link->meter, link->why);
		return NULL;
	}
	if (link->away)
		hf_info("database is back");
	link->away = false;
	backoff_worked(&link->backoff);
	return result;
}
