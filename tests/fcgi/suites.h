/* The suites of the worker's test program, one a module. */
#ifndef TESTS_FCGI_SUITES_H
#define TESTS_FCGI_SUITES_H

#include "tests/support/runner.h"

extern const struct hf_suite test_backlog_suite;
extern const struct hf_suite test_backoff_suite;
extern const struct hf_suite test_booking_suite;
extern const struct hf_suite test_calendar_suite;
extern const struct hf_suite test_caller_suite;
extern const struct hf_suite test_channel_suite;
extern const struct hf_suite test_due_holds_suite;
extern const struct hf_suite test_form_body_suite;
extern const struct hf_suite test_form_guard_suite;
extern const struct hf_suite test_form_input_suite;
extern const struct hf_suite test_guard_suite;
extern const struct hf_suite test_hall_state_suite;
extern const struct hf_suite test_hold_input_suite;
extern const struct hf_suite test_holding_suite;
extern const struct hf_suite test_html_out_suite;
extern const struct hf_suite test_identity_suite;
extern const struct hf_suite test_input_suite;
extern const struct hf_suite test_meter_suite;
extern const struct hf_suite test_origin_suite;
extern const struct hf_suite test_pg_array_suite;
extern const struct hf_suite test_pg_params_suite;
extern const struct hf_suite test_pg_hosts_suite;
extern const struct hf_suite test_redis_peer_suite;
extern const struct hf_suite test_redis_url_suite;
extern const struct hf_suite test_router_suite;
extern const struct hf_suite test_seat_pick_suite;
extern const struct hf_suite test_zk_clock_suite;
extern const struct hf_suite test_zk_node_suite;
extern const struct hf_suite test_zk_session_suite;
extern const struct hf_suite test_zk_url_suite;

#endif
