# ephemerald/ - everything but main(): what the daemon and its tests link
noinst_LIBRARIES += ephemerald/libephemerald.a
ephemerald_libephemerald_a_CPPFLAGS = $(AM_CPPFLAGS) $(UV_CFLAGS) \
	$(NETTLE_CFLAGS) $(XXHASH_CFLAGS)
ephemerald_libephemerald_a_SOURCES = \
	ephemerald/acl.c ephemerald/acl.h \
	ephemerald/acl_ip.c ephemerald/acl_ip.h \
	ephemerald/address.c ephemerald/address.h \
	ephemerald/chance.c ephemerald/chance.h \
	ephemerald/change.c ephemerald/change.h \
	ephemerald/client.c ephemerald/client.h \
	ephemerald/connect.c ephemerald/connect.h \
	ephemerald/ephemerald.c ephemerald/ephemerald.h \
	ephemerald/events.c ephemerald/events.h \
	ephemerald/op_multi.c \
	ephemerald/op_read.c \
	ephemerald/op_session.c \
	ephemerald/op_watch.c \
	ephemerald/op_write.c ephemerald/op_write.h \
	ephemerald/persist.c ephemerald/persist.h \
	ephemerald/quota.c ephemerald/quota.h \
	ephemerald/reaper.c ephemerald/reaper.h \
	ephemerald/scrape.c ephemerald/scrape.h \
	ephemerald/request.c ephemerald/request.h \
	ephemerald/server.c ephemerald/server.h \
	ephemerald/session.c ephemerald/session.h \
	ephemerald/settings.c ephemerald/settings.h \
	ephemerald/txn.c ephemerald/txn.h \
	ephemerald/watch.c ephemerald/watch.h \
	ephemerald/words.c ephemerald/words.h \
	ephemerald/words_client.c \
	ephemerald/words_server.c \
	ephemerald/words_table.h \
	ephemerald/zdb.c ephemerald/zdb.h \
	ephemerald/zpath.c ephemerald/zpath.h \
	ephemerald/ztree.c ephemerald/ztree.h
ephemerald_libs = ephemerald/libephemerald.a libhold/libhold.a $(UV_LIBS) \
	$(XXHASH_LIBS) $(NETTLE_LIBS)

sbin_PROGRAMS += ephemerald/ephemerald
ephemerald_ephemerald_CPPFLAGS = $(ephemerald_libephemerald_a_CPPFLAGS)
ephemerald_ephemerald_SOURCES = ephemerald/main.c
ephemerald_ephemerald_LDADD = $(ephemerald_libs)
