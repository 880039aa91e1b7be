# fcgi/ - the ticketing worker; all but main() is a library for its tests
noinst_LIBRARIES += fcgi/libworker.a
fcgi_libworker_a_CPPFLAGS = $(AM_CPPFLAGS) $(PQ_CFLAGS) $(HIREDIS_CFLAGS) \
	$(JSON_CFLAGS) $(CURL_CFLAGS) $(FCGI_CFLAGS) $(XXHASH_CFLAGS) \
	$(CRYPTO_CFLAGS) $(QRENCODE_CFLAGS) $(ZLIB_CFLAGS)
fcgi_libworker_a_SOURCES = \
	fcgi/api_args.c fcgi/api_args.h \
	fcgi/api_events.c \
	fcgi/api_health.c \
	fcgi/api_holds.c \
	fcgi/api_identity.c \
	fcgi/api_line.c \
	fcgi/api_metrics.c \
	fcgi/api_orders.c \
	fcgi/api_tickets.c \
	fcgi/backlog.c fcgi/backlog.h \
	fcgi/backoff.c fcgi/backoff.h \
	fcgi/barrier.h \
	fcgi/base64url.c fcgi/base64url.h \
	fcgi/basket.c fcgi/basket.h \
	fcgi/best.c fcgi/best.h \
	fcgi/booking.c fcgi/booking.h \
	fcgi/calendar.c fcgi/calendar.h \
	fcgi/channel.c fcgi/channel.h \
	fcgi/changes.h \
	fcgi/caller.c fcgi/caller.h \
	fcgi/due_holds.c fcgi/due_holds.h \
	fcgi/expirer.c fcgi/expirer.h \
	fcgi/form_body.c fcgi/form_body.h \
	fcgi/form_event.c \
	fcgi/form_guard.c fcgi/form_guard.h \
	fcgi/form_hold.c \
	fcgi/form_input.c fcgi/form_input.h \
	fcgi/form_order.c \
	fcgi/form_page.c fcgi/form_page.h \
	fcgi/form_parts.c fcgi/form_parts.h \
	fcgi/form_refusal.c fcgi/form_refusal.h \
	fcgi/guard.c fcgi/guard.h \
	fcgi/hall_state.c fcgi/hall_state.h \
	fcgi/hold.c fcgi/hold.h \
	fcgi/hold_input.c fcgi/hold_input.h \
	fcgi/hold_out.c fcgi/hold_out.h \
	fcgi/hold_redis.c \
	fcgi/hold_zookeeper.c \
	fcgi/holding.c fcgi/holding.h \
	fcgi/html_out.c fcgi/html_out.h \
	fcgi/http.c fcgi/http.h \
	fcgi/idempotency.c fcgi/idempotency.h \
	fcgi/identity.c fcgi/identity.h \
	fcgi/input.c fcgi/input.h \
	fcgi/json_body.c fcgi/json_body.h \
	fcgi/json_out.c fcgi/json_out.h \
	fcgi/line.c fcgi/line.h \
	fcgi/listener.c fcgi/listener.h \
	fcgi/live.c fcgi/live.h \
	fcgi/live_store.c fcgi/live_store.h \
	fcgi/making.c fcgi/making.h \
	fcgi/meter.c fcgi/meter.h \
	fcgi/metrics.c fcgi/metrics.h \
	fcgi/origin.c fcgi/origin.h \
	fcgi/order_out.c fcgi/order_out.h \
	fcgi/pack.c fcgi/pack.h \
	fcgi/pause.c fcgi/pause.h \
	fcgi/pg_array.c fcgi/pg_array.h \
	fcgi/pg_hosts.c fcgi/pg_hosts.h \
	fcgi/pg_link.c fcgi/pg_link.h \
	fcgi/pg_params.c fcgi/pg_params.h \
	fcgi/pg_rows.h \
	fcgi/plain_layout.c fcgi/plain_layout.h \
	fcgi/problem.c fcgi/problem.h \
	fcgi/qr.c fcgi/qr.h \
	fcgi/query.c fcgi/query.h \
	fcgi/post.c fcgi/post.h \
	fcgi/process_stats.c fcgi/process_stats.h \
	fcgi/prom_text.c fcgi/prom_text.h \
	fcgi/publisher.c fcgi/publisher.h \
	fcgi/redis_find.c fcgi/redis_find.h \
	fcgi/redis_link.c fcgi/redis_link.h \
	fcgi/redis_peer.c fcgi/redis_peer.h \
	fcgi/redis_url.c fcgi/redis_url.h \
	fcgi/router.c fcgi/router.h \
	fcgi/schema.c fcgi/schema.h \
	fcgi/seat_pick.c fcgi/seat_pick.h \
	fcgi/secret.c fcgi/secret.h \
	fcgi/settings.c fcgi/settings.h \
	fcgi/state_cache.c fcgi/state_cache.h \
	fcgi/store.c fcgi/store.h \
	fcgi/store_best.c fcgi/store_best.h \
	fcgi/store_events.c fcgi/store_events.h \
	fcgi/store_backup.c fcgi/store_backup.h \
	fcgi/store_forms.c fcgi/store_forms.h \
	fcgi/store_holds.c fcgi/store_holds.h \
	fcgi/store_inner.h \
	fcgi/store_keys.c fcgi/store_keys.h \
	fcgi/store_line.c fcgi/store_line.h \
	fcgi/store_orders.c fcgi/store_orders.h \
	fcgi/store_oversold.c fcgi/store_oversold.h \
	fcgi/text_check.c fcgi/text_check.h \
	fcgi/ticket_text.c fcgi/ticket_text.h \
	fcgi/url.c fcgi/url.h \
	fcgi/worker.c fcgi/worker.h \
	fcgi/zk_calls.c fcgi/zk_calls.h \
	fcgi/zk_clock.c fcgi/zk_clock.h \
	fcgi/zk_hold.c fcgi/zk_hold.h \
	fcgi/zk_hold_acquire.c \
	fcgi/zk_hold_create.c \
	fcgi/zk_hold_extend.c \
	fcgi/zk_hold_look.c \
	fcgi/zk_hold_release.c \
	fcgi/zk_hold_root.c \
	fcgi/zk_keeper.c fcgi/zk_keeper.h \
	fcgi/zk_keeper_due.c \
	fcgi/zk_keeper_inner.h \
	fcgi/zk_keeper_sweep.c \
	fcgi/zk_keeper_take_up.c \
	fcgi/zk_kept.c \
	fcgi/zk_node.c fcgi/zk_node.h \
	fcgi/zk_session.c fcgi/zk_session.h \
	fcgi/zk_url.c fcgi/zk_url.h \
	fcgi/zkc.c fcgi/zkc.h \
	fcgi/zkc_batch.c fcgi/zkc_batch.h \
	fcgi/zkc_calls.c \
	fcgi/zkc_connect.c \
	fcgi/zkc_dial.c fcgi/zkc_dial.h \
	fcgi/zkc_inner.h \
	fcgi/zkc_serve.c
nodist_fcgi_libworker_a_SOURCES = fcgi/lua_scripts.h

# The scripts of the holds are compiled in.
HOLD_LUA = \
	fcgi/lua/acquire.lua \
	fcgi/lua/check.lua \
	fcgi/lua/extend.lua \
	fcgi/lua/hold.lua \
	fcgi/lua/release.lua
EXTRA_DIST += $(HOLD_LUA)
BUILT_SOURCES += fcgi/lua_scripts.h
fcgi/libworker_a-hold_redis.$(OBJEXT): fcgi/lua_scripts.h
CLEANFILES += fcgi/lua_scripts.h
fcgi/lua_scripts.h: $(HOLD_LUA) libhold/embed.sh
	$(AM_V_at)$(MKDIR_P) fcgi
	$(AM_V_GEN)cd $(srcdir) && $(SHELL) libhold/embed.sh lua_scripts \
		$(HOLD_LUA) >$(abs_builddir)/$@.new
	$(AM_V_at)mv $@.new $@

worker_libs = $(CURL_LIBS) $(FCGI_LIBS) $(HIREDIS_LIBS) $(PQ_LIBS) $(JSON_LIBS) \
	$(XXHASH_LIBS) $(CRYPTO_LIBS) $(QRENCODE_LIBS) $(ZLIB_LIBS)
pkglibexec_PROGRAMS = fcgi/ticketing.fcgi
fcgi_ticketing_fcgi_CPPFLAGS = $(fcgi_libworker_a_CPPFLAGS)
fcgi_ticketing_fcgi_SOURCES = fcgi/main.c
fcgi_ticketing_fcgi_LDADD = fcgi/libworker.a libhold/libhold.a $(worker_libs)

# The same worker with a place where a test can hold it (fcgi/barrier.h): its
# own booking.o is taken before the library's.
check_PROGRAMS += fcgi/ticketing-barrier.fcgi
fcgi_ticketing_barrier_fcgi_CPPFLAGS = $(fcgi_libworker_a_CPPFLAGS) \
	-DHF_TEST_BARRIER
fcgi_ticketing_barrier_fcgi_SOURCES = fcgi/main.c fcgi/booking.c \
	fcgi/holding.c fcgi/barrier.c
fcgi_ticketing_barrier_fcgi_LDADD = $(fcgi_ticketing_fcgi_LDADD)

# The newest migration at build time: no worker works on an older schema.
BUILT_SOURCES += fcgi/schema_needed.h
CLEANFILES += fcgi/schema_needed.h
fcgi/schema_needed.h: $(MIGRATIONS) Makefile
	$(AM_V_at)$(MKDIR_P) fcgi
	$(AM_V_GEN)for file in $(MIGRATIONS); do last=$$file; done; \
		echo "#define SCHEMA_NEEDED \"$${last##*/}\"" >$@.new
	$(AM_V_at)mv $@.new $@
fcgi/libworker_a-schema.$(OBJEXT): fcgi/schema_needed.h
