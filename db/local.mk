# db/ - the schema and its migrations, and the program that runs them
MIGRATIONS = \
	db/migrations/0001_tickets.sql \
	db/migrations/0002_heap_only_updates.sql \
	db/migrations/0003_blocked_tickets.sql \
	db/migrations/0004_events.sql \
	db/migrations/0005_history.sql \
	db/migrations/0006_holds.sql \
	db/migrations/0007_state.sql
EXTRA_DIST += $(MIGRATIONS) libhold/embed.sh

sbin_PROGRAMS += db/holdfast-init
db_holdfast_init_CPPFLAGS = $(AM_CPPFLAGS) $(PQ_CFLAGS) $(CRYPTO_CFLAGS)
db_holdfast_init_SOURCES = \
	db/database.c db/database.h \
	db/init.c \
	db/migrate.c db/migrate.h \
	db/tickets.c db/tickets.h
nodist_db_holdfast_init_SOURCES = db/migrations.h
db_holdfast_init_LDADD = libhold/libhold.a $(PQ_LIBS) $(CRYPTO_LIBS)

# They are compiled in, so that a program and its schema cannot part.
BUILT_SOURCES += db/migrations.h
CLEANFILES += db/migrations.h
db/migrations.h: $(MIGRATIONS) libhold/embed.sh
	$(AM_V_at)$(MKDIR_P) db
	$(AM_V_GEN)cd $(srcdir) && $(SHELL) libhold/embed.sh migrations \
		$(MIGRATIONS) >$(abs_builddir)/$@.new
	$(AM_V_at)mv $@.new $@
db/holdfast_init-migrate.$(OBJEXT): db/migrations.h
