# tests/fuzz/ - libFuzzer targets; tests/fuzz/run gives them time
FUZZ_CORPUS = tests/fuzz/corpus
EXTRA_DIST += tests/fuzz/run tests/fuzz/redis.dict $(FUZZ_CORPUS)
if FUZZERS
EXTRA_PROGRAMS = tests/fuzz/resp tests/fuzz/command tests/fuzz/journal \
	tests/fuzz/hash tests/fuzz/conf
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
endif
