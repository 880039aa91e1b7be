# fcgi/ - the ticketing worker; all but main() is a library for its tests
noinst_LIBRARIES += fcgi/libworker.a
fcgi_libworker_a_CPPFLAGS = $(AM_CPPFLAGS) $(PQ_CFLAGS) $(HIREDIS_CFLAGS)
fcgi_libworker_a_SOURCES = \
	fcgi/backoff.c fcgi/backoff.h \
	fcgi/basket.h \
	fcgi/hold.h \
	fcgi/hold_redis.c \
	fcgi/pg_link.c fcgi/pg_link.h \
	fcgi/pg_params.c fcgi/pg_params.h \
	fcgi/redis_link.c fcgi/redis_link.h \
	fcgi/redis_url.c fcgi/redis_url.h \
	fcgi/store.c fcgi/store.h
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
CLEANFILES += fcgi/lua_scripts.h
fcgi/lua_scripts.h: $(HOLD_LUA) libhold/embed.sh
	$(AM_V_at)$(MKDIR_P) fcgi
	$(AM_V_GEN)cd $(srcdir) && $(SHELL) libhold/embed.sh lua_scripts \
		$(HOLD_LUA) >$(abs_builddir)/$@.new
	$(AM_V_at)mv $@.new $@
