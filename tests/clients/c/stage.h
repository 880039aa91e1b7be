/*
 * What every scenario of libzookeeper stands on: a connected handle, a node
 * of its own, and ears that remember what they heard.
 */
#ifndef TESTS_CLIENTS_C_STAGE_H
#define TESTS_CLIENTS_C_STAGE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <zookeeper/zookeeper.h>

enum { PATH_BYTES = 128, SESSION_MS = 30000, EARS_MAX = 16 };

struct stage {
	const char *program;  /* this one */
	const char *hosts;    /* 127.0.0.1:port */
	zhandle_t *zh;        /* connected */
	char top[PATH_BYTES]; /* a node that is there, and empty */
};

/* Says what did not hold, and ends the scenario. */
#define EXPECT(condition)                                                      \
	do {                                                                   \
		if (!(condition)) {                                            \
			printf("%s:%d: %s\n", __FILE__, __LINE__, #condition); \
			return false;                                          \
		}                                                              \
	} while (0)

/* The events that a watch told, in their order. */
struct ears {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int heard;
	int types[EARS_MAX], states[EARS_MAX];
	char paths[EARS_MAX][PATH_BYTES];
};

#define EARS_INIT                                   \
	{                                           \
		.lock = PTHREAD_MUTEX_INITIALIZER,  \
		.changed = PTHREAD_COND_INITIALIZER \
	}

/* Watchers whose context is the ears; the second one hears of nodes only. */
void ears_hear(zhandle_t *zh, int type, int state, const char *path,
	       void *ears);
void ears_hear_nodes(zhandle_t *zh, int type, int state, const char *path,
		     void *ears);

/* Waits until it has heard so many; false: 60 seconds passed. */
bool ears_wait(struct ears *ears, int n);

/* Waits until the last state that a session event told is this one. */
bool ears_wait_state(struct ears *ears, int state);

/* Connects; NULL: it did not come to this state in 60 seconds. */
zhandle_t *stage_connect(const char *hosts, const clientid_t *id,
			 struct ears *ears, int state);

/* "top/name" in one of a few buffers that take turns. */
const char *below(const struct stage *stage, const char *name);

/* A node without data that everyone may change. */
int make(zhandle_t *zh, const char *path, int mode);

typedef bool scenario_fn(struct stage *stage);

scenario_fn nodes_are_made_read_changed_and_removed, errors_have_their_codes,
    names_are_numbered, containers_and_ttls, children_come_with_a_stat,
    acls_are_for_whom_they_name, a_chroot_is_stripped, the_config_is_empty,
    data_may_be_large_but_not_larger;
scenario_fn transactions_are_whole, a_failed_transaction_tells_why;
scenario_fn watches_fire_once, watches_can_be_removed,
    many_calls_are_answered_in_order, an_async_call_of_each_kind;
scenario_fn a_session_outlives_its_process, a_wrong_password_gets_no_session,
    an_unknown_session_is_over, a_session_moves_to_who_asks,
    a_cut_connection_comes_back_with_its_watches;

/* Leaves a node of a session whose id and password it prints; exits. */
int leave_a_node(const char *hosts, const char *path);

#endif
