# bench/ - side-by-side measurements: "bench/run", "bench/lockd" and
# "bench/ephemerald" print tables
noinst_LIBRARIES += bench/libbench.a
bench_libbench_a_SOURCES = \
	bench/dial.c bench/dial.h \
	bench/http_reply.c bench/http_reply.h \
	bench/load.c bench/load.h \
	bench/resp_reply.c bench/resp_reply.h \
	bench/resp_work.c bench/resp_work.h \
	bench/zk_crowd.c bench/zk_crowd.h \
	bench/zk_hello.c bench/zk_hello.h \
	bench/zk_work.c bench/zk_work.h

noinst_PROGRAMS += bench/http_load bench/resp_load bench/hand_over \
	bench/null_server bench/zk_load bench/zk_fan bench/first_session
bench_http_load_SOURCES = bench/http_load.c
bench_http_load_LDADD = bench/libbench.a libhold/libhold.a
bench_resp_load_SOURCES = bench/resp_load.c
bench_resp_load_LDADD = bench/libbench.a libhold/libhold.a
bench_hand_over_SOURCES = bench/hand_over.c
bench_hand_over_LDADD = bench/libbench.a libhold/libhold.a
bench_zk_load_SOURCES = bench/zk_load.c
bench_zk_load_LDADD = bench/libbench.a libhold/libhold.a
bench_zk_fan_SOURCES = bench/zk_fan.c
bench_zk_fan_LDADD = bench/libbench.a libhold/libhold.a
bench_first_session_SOURCES = bench/first_session.c
bench_first_session_LDADD = bench/libbench.a libhold/libhold.a
bench_null_server_CPPFLAGS = $(AM_CPPFLAGS) $(UV_CFLAGS)
bench_null_server_SOURCES = bench/null_server.c
bench_null_server_LDADD = libhold/libhold.a $(UV_LIBS)

include tests/bench/local.mk

EXTRA_DIST += bench/run bench/scale bench/lockd bench/ephemerald bench/herd bench/live bench/page bench/arena bench/lines.py \
	bench/side_by_side.py docs/benchmarks.md
