# lockd/ - everything but main(): what the daemon, its tests and its fuzzers link
noinst_LIBRARIES += lockd/liblockd.a
lockd_liblockd_a_CPPFLAGS = $(AM_CPPFLAGS) $(UV_CFLAGS) $(LUA_CFLAGS) \
	$(NETTLE_CFLAGS) $(XXHASH_CFLAGS)
lockd_liblockd_a_SOURCES = \
	lockd/auth.c lockd/auth.h \
	lockd/chance.c lockd/chance.h \
	lockd/client.c lockd/client.h \
	lockd/cmd_client.c \
	lockd/cmd_command.c \
	lockd/cmd_config.c \
	lockd/cmd_connection.c \
	lockd/cmd_count.c \
	lockd/cmd_fence.c \
	lockd/cmd_hash.c \
	lockd/cmd_hash_scan.c \
	lockd/cmd_key.c \
	lockd/cmd_keyspace.c \
	lockd/cmd_lock.c \
	lockd/cmd_lock_show.c \
	lockd/cmd_move.c \
	lockd/cmd_multi.c \
	lockd/cmd_object.c \
	lockd/cmd_observe.c \
	lockd/cmd_pubsub.c \
	lockd/cmd_script.c \
	lockd/cmd_server.c \
	lockd/cmd_set.c \
	lockd/cmd_string.c \
	lockd/command.c lockd/command.h \
	lockd/command_docs.c lockd/command_docs.h \
	lockd/expiry.c lockd/expiry.h \
	lockd/glob.c lockd/glob.h \
	lockd/hash_value.c lockd/hash_value.h \
	lockd/info.c lockd/info.h \
	lockd/key_specs.c lockd/key_specs.h \
	lockd/keyspace.c lockd/keyspace.h \
	lockd/lateness.c lockd/lateness.h \
	lockd/lock_roll.c lockd/lock_roll.h \
	lockd/lock_stats.c lockd/lock_stats.h \
	lockd/lock_value.c lockd/lock_value.h \
	lockd/lockd.c lockd/lockd.h \
	lockd/locks.c lockd/locks.h \
	lockd/locktab.c lockd/locktab.h \
	lockd/memory.c lockd/memory.h \
	lockd/monitor.c lockd/monitor.h \
	lockd/multi.c lockd/multi.h \
	lockd/notify.c lockd/notify.h \
	lockd/pubsub.c lockd/pubsub.h \
	lockd/persist.c lockd/persist.h \
	lockd/real.c lockd/real.h \
	lockd/reply.c lockd/reply.h \
	lockd/resp.c lockd/resp.h \
	lockd/scan_options.c lockd/scan_options.h \
	lockd/script.c lockd/script.h \
	lockd/script_api.c lockd/script_api.h \
	lockd/script_convert.c lockd/script_convert.h \
	lockd/script_extra.c lockd/script_extra.h \
	lockd/script_library.c lockd/script_library.h \
	lockd/script_log.c lockd/script_log.h \
	lockd/script_meter.c lockd/script_meter.h \
	lockd/script_pattern.c lockd/script_pattern.h \
	lockd/script_sandbox.c lockd/script_sandbox.h \
	lockd/script_shebang.c lockd/script_shebang.h \
	lockd/server.c lockd/server.h \
	lockd/settings.c lockd/settings.h \
	lockd/sha1.c lockd/sha1.h \
	lockd/slowlog.c lockd/slowlog.h \
	lockd/stall.c lockd/stall.h \
	lockd/stats.c lockd/stats.h \
	lockd/tuning.h \
	lockd/values.c lockd/values.h \
	lockd/watch.c lockd/watch.h
lockd_libs = lockd/liblockd.a libhold/libhold.a $(UV_LIBS) $(XXHASH_LIBS) \
	$(CJSON_LIBS) $(BITOP_LIBS) $(LUA_LIBS) $(NETTLE_LIBS) -lm

sbin_PROGRAMS += lockd/lockd
lockd_lockd_CPPFLAGS = $(lockd_liblockd_a_CPPFLAGS)
lockd_lockd_SOURCES = lockd/main.c
lockd_lockd_LDADD = $(lockd_libs)
