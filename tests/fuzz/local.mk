# tests/fuzz/ - libFuzzer targets; tests/fuzz/run gives them time
FUZZ_CORPUS = tests/fuzz/corpus
EXTRA_DIST += tests/fuzz/run tests/fuzz/redis.dict $(FUZZ_CORPUS)
if FUZZERS
EXTRA_PROGRAMS = tests/fuzz/resp tests/fuzz/command tests/fuzz/journal \
	tests/fuzz/hash tests/fuzz/conf tests/fuzz/zkrec tests/fuzz/node \
	tests/fuzz/zkc tests/fuzz/api tests/fuzz/seats tests/fuzz/hall
fuzzers: $(EXTRA_PROGRAMS)
.PHONY: fuzzers
CLEANFILES += $(EXTRA_PROGRAMS)

tests_fuzz_resp_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_resp_LDADD = $(lockd_libs)
tests_fuzz_resp_SOURCES = tests/fuzz/fuzz_resp.c

tests_fuzz_command_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_command_LDADD = $(lockd_libs)
tests_fuzz_command_SOURCES = tests/fuzz/fuzz_command.c

tests_fuzz_journal_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_journal_LDADD = libhold/libhold.a
tests_fuzz_journal_SOURCES = tests/fuzz/fuzz_journal.c

tests_fuzz_hash_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_hash_LDADD = $(lockd_libs)
tests_fuzz_hash_SOURCES = tests/fuzz/fuzz_hash.c

tests_fuzz_conf_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_conf_LDADD = libhold/libhold.a
tests_fuzz_conf_SOURCES = tests/fuzz/fuzz_conf.c

tests_fuzz_zkrec_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_zkrec_LDADD = libhold/libhold.a
tests_fuzz_zkrec_SOURCES = tests/fuzz/fuzz_zkrec.c

tests_fuzz_node_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_node_LDADD = $(ephemerald_libs)
tests_fuzz_node_SOURCES = tests/fuzz/fuzz_node.c

tests_fuzz_api_CPPFLAGS = $(AM_CPPFLAGS) $(FCGI_CFLAGS) $(JSON_CFLAGS)
tests_fuzz_api_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_api_LDADD = fcgi/libworker.a libhold/libhold.a $(worker_libs)
tests_fuzz_api_SOURCES = tests/fuzz/fuzz_api.c

tests_fuzz_zkc_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_zkc_LDADD = fcgi/libworker.a libhold/libhold.a $(worker_libs)
tests_fuzz_zkc_SOURCES = tests/fuzz/fuzz_zkc.c

tests_fuzz_seats_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_seats_LDADD = fcgi/libworker.a libhold/libhold.a
tests_fuzz_seats_SOURCES = tests/fuzz/fuzz_seats.c

tests_fuzz_hall_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_hall_LDADD = $(sale_libs)
tests_fuzz_hall_SOURCES = tests/fuzz/fuzz_hall.c
endif
