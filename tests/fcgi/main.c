#include "config.h"

#include "tests/fcgi/suites.h"

int main(int argc, char **argv)
{
	const struct hf_suite suites[] = {
		test_backlog_suite,    test_backoff_suite,
		test_booking_suite,    test_calendar_suite,
		test_caller_suite,     test_channel_suite,
		test_due_holds_suite,  test_form_body_suite,
		test_form_guard_suite, test_form_input_suite,
		test_guard_suite,      test_hall_state_suite,
		test_hold_input_suite, test_holding_suite,
		test_html_out_suite,   test_identity_suite,
		test_input_suite,      test_meter_suite,
		test_origin_suite,     test_pg_array_suite,
		test_pg_hosts_suite,   test_pg_params_suite,
		test_redis_peer_suite, test_redis_url_suite,
		test_router_suite,     test_seat_pick_suite,
		test_zk_clock_suite,   test_zk_node_suite,
		test_zk_session_suite, test_zk_url_suite,
		{ .name = NULL },
	};

	return hf_test_main(suites, argc, argv);
}
