/*
 * Tries libzookeeper, unmodified, on the server at 127.0.0.1:PORT:
 *
 *     zookeeper 127.0.0.1:PORT
 *
 * A line for each scenario, "ok - NAME" or "not ok - NAME"; ends with 1 when
 * one failed.
 */
#include "config.h"

#include "stage.h"

static const struct {
	const char *name;
	scenario_fn *run;
} scenarios[] = {
#define SCENARIO(function)          \
	{                           \
#function, function \
	}
	SCENARIO(nodes_are_made_read_changed_and_removed),
	SCENARIO(errors_have_their_codes),
	SCENARIO(names_are_numbered),
	SCENARIO(containers_and_ttls),
	SCENARIO(children_come_with_a_stat),
	SCENARIO(acls_are_for_whom_they_name),
	SCENARIO(a_chroot_is_stripped),
	SCENARIO(the_config_is_empty),
	SCENARIO(data_may_be_large_but_not_larger),
	SCENARIO(transactions_are_whole),
	SCENARIO(a_failed_transaction_tells_why),
	SCENARIO(watches_fire_once),
	SCENARIO(watches_can_be_removed),
	SCENARIO(many_calls_are_answered_in_order),
	SCENARIO(an_async_call_of_each_kind),
	SCENARIO(a_session_outlives_its_process),
	SCENARIO(a_wrong_password_gets_no_session),
	SCENARIO(an_unknown_session_is_over),
	SCENARIO(a_session_moves_to_who_asks),
	SCENARIO(a_cut_connection_comes_back_with_its_watches),
#undef SCENARIO
};

enum { SCENARIOS = sizeof(scenarios) / sizeof(scenarios[0]) };

static bool run(const char *program, const char *hosts, int number)
{
	struct ears ears = EARS_INIT;
	struct stage stage = { .program = program, .hosts = hosts };
	bool well;

	stage.zh = stage_connect(hosts, NULL, &ears, ZOO_CONNECTED_STATE);
	if (stage.zh == NULL)
		return false;
	snprintf(stage.top, sizeof(stage.top), "/c-%d", number);
	well = make(stage.zh, stage.top, 0) == ZOK &&
	       scenarios[number].run(&stage);
	zookeeper_close(stage.zh);
	return well;
}

int main(int argc, char **argv)
{
	int failed = 0;

	if (argc == 3)
		return leave_a_node(argv[1], argv[2]);
	if (argc != 2)
		return 2;
	for (int i = 0; i < SCENARIOS; i++) {
		bool well = run(argv[0], argv[1], i);

		printf("%s - %s\n", well ? "ok" : "not ok", scenarios[i].name);
		fflush(stdout);
		failed += !well;
	}
	return failed > 0;
}
