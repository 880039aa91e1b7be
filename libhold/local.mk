# libhold/ - what at least two programs need; static, not installed
noinst_LIBRARIES += libhold/libhold.a
libhold_libhold_a_CPPFLAGS = $(AM_CPPFLAGS) $(UV_CFLAGS) $(XXHASH_CFLAGS)
libhold_libhold_a_SOURCES = \
	libhold/access.c libhold/access.h \
	libhold/base.h \
	libhold/buf.c libhold/buf.h \
	libhold/clock.c libhold/clock.h \
	libhold/conf.c libhold/conf.h \
	libhold/conf_file.c libhold/conf_file.h \
	libhold/crc32c.c libhold/crc32c.h \
	libhold/descriptors.c libhold/descriptors.h \
	libhold/err.c libhold/err.h \
	libhold/heap.c libhold/heap.h \
	libhold/hist.c libhold/hist.h \
	libhold/journal.c libhold/journal.h \
	libhold/journal_dir.c libhold/journal_dir.h \
	libhold/journal_file.c libhold/journal_file.h \
	libhold/journal_gather.c libhold/journal_gather.h \
	libhold/journal_recover.c libhold/journal_recover.h \
	libhold/list.h \
	libhold/log.c libhold/log.h \
	libhold/loop.c libhold/loop.h \
	libhold/mem.c libhold/mem.h \
	libhold/money.c libhold/money.h \
	libhold/peer.c libhold/peer.h \
	libhold/service.c libhold/service.h \
	libhold/slice.c libhold/slice.h \
	libhold/table.c libhold/table.h \
	libhold/wire.h \
	libhold/zkcodes.c libhold/zkcodes.h \
	libhold/zkframe.c libhold/zkframe.h \
	libhold/zkrec.c libhold/zkrec.h
