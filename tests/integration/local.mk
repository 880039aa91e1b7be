# tests/integration/ - the whole house: real daemons, real clients
EXTRA_DIST += \
	tests/integration/conftest.py \
	tests/support/buyer.py \
	tests/support/client_script.py \
	tests/support/fastcgi.py \
	tests/support/grants.py \
	tests/support/herd.py \
	tests/support/history.py \
	tests/support/kazoo_suite.py \
	tests/support/live.py \
	tests/support/node_history.py \
	tests/support/openapi.py \
	tests/support/page_commands.py \
	tests/support/paused.py \
	tests/support/plain.py \
	tests/support/race.py \
	tests/support/replay.py \
	tests/support/service_manager.py \
	tests/support/stack.py \
	tests/support/web.py \
	tests/support/wire.py \
	tests/integration/zookeeper_differences.py \
	tests/support/zk_duel.py \
	tests/support/zk_sequences.py \
	tests/support/zk_wire.py

INTEGRATION_TESTS = \
	tests/integration/test_api_holds.py \
	tests/integration/test_api_identity.py \
	tests/integration/test_api_orders.py \
	tests/integration/test_bad_disk.py \
	tests/integration/test_bad_input.py \
	tests/integration/test_ephemerald.py \
	tests/integration/test_ephemerald_crash.py \
	tests/integration/test_ephemerald_disk.py \
	tests/integration/test_ephemerald_journal.py \
	tests/integration/test_ephemerald_limits.py \
	tests/integration/test_ephemerald_pitfalls.py \
	tests/integration/test_ephemerald_reads.py \
	tests/integration/test_ephemerald_promises.py \
	tests/integration/test_ephemerald_server.py \
	tests/integration/test_ephemerald_service.py \
	tests/integration/test_lockd.py \
	tests/integration/test_lockd_access.py \
	tests/integration/test_lockd_busy.py \
	tests/integration/test_lockd_hashes.py \
	tests/integration/test_lockd_clock.py \
	tests/integration/test_lockd_crash.py \
	tests/integration/test_lockd_journal.py \
	tests/integration/test_lockd_late_disk.py \
	tests/integration/test_lockd_locks.py \
	tests/integration/test_lockd_memory.py \
	tests/integration/test_lockd_pubsub.py \
	tests/integration/test_lockd_script_libraries.py \
	tests/integration/test_lockd_scripts.py \
	tests/integration/test_lockd_server.py \
	tests/integration/test_lockd_service.py \
	tests/integration/test_lockd_transactions.py \
	tests/integration/test_lockd_values.py \
	tests/integration/test_worker.py \
	tests/integration/test_zookeeper_differential.py
TESTS += $(INTEGRATION_TESTS)
EXTRA_DIST += $(INTEGRATION_TESTS)

# Scripts, nginx and whole houses; other people's clients, all that they can.
# They mostly wait, and what they ask of our servers the tests above ask with
# sanitizers, too.
HOUSE_TESTS = \
	tests/integration/test_api_best.py \
	tests/integration/test_api_buyers.py \
	tests/integration/test_api_keys.py \
	tests/integration/test_api_line.py \
	tests/integration/test_api_openapi.py \
	tests/integration/test_api_state.py \
	tests/integration/test_ephemerald_kazoo.py \
	tests/integration/test_healing.py \
	tests/integration/test_herd.py \
	tests/integration/test_history.py \
	tests/integration/test_live.py \
	tests/integration/test_lock_types.py \
	tests/integration/test_lockd_docs.py \
	tests/integration/test_metrics.py \
	tests/integration/test_nginx.py \
	tests/integration/test_node_outages.py \
	tests/integration/test_paused_holder.py \
	tests/integration/test_plain.py \
	tests/integration/test_race.py \
	tests/integration/test_readme.py \
	tests/integration/test_request_id.py \
	tests/integration/test_run.py \
	tests/integration/test_scenarios.py \
	tests/integration/test_unreachable.py \
	tests/integration/test_worker_restart.py \
	tests/integration/test_worker_service.py
LOCKD_CLIENT_TESTS = \
	tests/integration/test_lockd_clients_debian.py \
	tests/integration/test_lockd_clients_node.py \
	tests/integration/test_lockd_clients_python.py \
	tests/integration/test_lockd_clients_replayed.py \
	tests/integration/test_lockd_clients_tools.py
EPHEMERALD_CLIENT_TESTS = \
	tests/integration/test_ephemerald_clients.py \
	tests/integration/test_ephemerald_clients_java.py \
	tests/integration/test_ephemerald_clients_tools.py \
	tests/integration/test_ephemerald_docs.py \
	tests/integration/test_ephemerald_kazoo_client.py \
	tests/integration/test_ephemerald_kazoo_locks.py \
	tests/integration/test_ephemerald_kazoo_recipes.py
if !SANITIZERS
TESTS += $(HOUSE_TESTS) $(LOCKD_CLIENT_TESTS) \
	$(EPHEMERALD_CLIENT_TESTS)
endif
EXTRA_DIST += $(HOUSE_TESTS) $(LOCKD_CLIENT_TESTS) \
	$(EPHEMERALD_CLIENT_TESTS)

# Half of such a run is ZooKeeper's, which gains nothing from sanitizers.
if SANITIZERS
AM_TESTS_ENVIRONMENT += HOLDFAST_SEQUENCES=50; export HOLDFAST_SEQUENCES;
endif
