# db/ - the schema and its migrations, and the program that runs them
MIGRATIONS = \
	db/migrations/0001_tickets.sql \
	db/migrations/0002_heap_only_updates.sql \
	db/migrations/0003_blocked_tickets.sql \
	db/migrations/0004_events.sql \
	db/migrations/0005_history.sql \
	db/migrations/0006_holds.sql \
	db/migrations/0007_state.sql \
	db/migrations/0008_best_seats.sql \
	db/migrations/0009_event_changes.sql \
	db/migrations/0010_era.sql \
	db/migrations/0011_oversold.sql \
	db/migrations/0012_time_zone.sql \
	db/migrations/0013_line.sql \
	db/migrations/0014_office.sql \
	db/migrations/0015_backups.sql
# The first is compiled in, the second is to begin a file of one's own with.
HALLS = db/halls/theatre.csv
SAMPLES = db/halls/studio.csv
# To be read; they are compiled in.
migrationsdir = $(pkgdatadir)/migrations
dist_migrations_DATA = $(MIGRATIONS)
EXTRA_DIST += libhold/embed.sh
hallsdir = $(pkgdatadir)/halls
dist_halls_DATA = $(HALLS) $(SAMPLES)

# Everything but the two main(): what the programs, their tests and the fuzzer
# link.
noinst_LIBRARIES += db/libsale.a
db_libsale_a_CPPFLAGS = $(AM_CPPFLAGS) $(PQ_CFLAGS) $(CRYPTO_CFLAGS)
db_libsale_a_SOURCES = \
	db/chain.c db/chain.h \
	db/csv.c db/csv.h \
	db/database.c db/database.h \
	db/event.c db/event.h \
	db/hall.c db/hall.h \
	db/hall_arena.c db/hall_arena.h \
	db/hall_csv.c db/hall_csv.h \
	db/json_text.c db/json_text.h \
	db/layout.c db/layout.h \
	db/moment.c db/moment.h \
	db/money.c db/money.h \
	db/say.c db/say.h \
	db/tickets.c db/tickets.h \
	db/utf8.c db/utf8.h
sale_libs = db/libsale.a libhold/libhold.a $(PQ_LIBS) $(CRYPTO_LIBS) -lm

sbin_PROGRAMS += db/holdfast-init
db_holdfast_init_CPPFLAGS = $(db_libsale_a_CPPFLAGS)
db_holdfast_init_SOURCES = db/init.c \
	db/connection.c db/connection.h \
	db/migrate.c db/migrate.h
nodist_db_holdfast_init_SOURCES = db/migrations.h db/halls.h
db_holdfast_init_LDADD = $(sale_libs)

sbin_PROGRAMS += db/holdfast-admin
db_holdfast_admin_CPPFLAGS = $(db_libsale_a_CPPFLAGS)
db_holdfast_admin_SOURCES = \
	db/admin.c db/admin.h \
	db/admin_change.c \
	db/admin_event.c \
	db/admin_export.c \
	db/admin_help.c \
	db/admin_list.c \
	db/admin_qr.c \
	db/admin_verify.c
db_holdfast_admin_LDADD = $(sale_libs)

# They are compiled in, so that a program and its schema cannot part.
BUILT_SOURCES += db/migrations.h db/halls.h
CLEANFILES += db/migrations.h db/halls.h
db/migrations.h: $(MIGRATIONS) libhold/embed.sh
	$(AM_V_at)$(MKDIR_P) db
	$(AM_V_GEN)cd $(srcdir) && $(SHELL) libhold/embed.sh migrations \
		$(MIGRATIONS) >$(abs_builddir)/$@.new
	$(AM_V_at)mv $@.new $@
db/halls.h: $(HALLS) libhold/embed.sh
	$(AM_V_at)$(MKDIR_P) db
	$(AM_V_GEN)cd $(srcdir) && $(SHELL) libhold/embed.sh halls \
		$(HALLS) >$(abs_builddir)/$@.new
	$(AM_V_at)mv $@.new $@
db/holdfast_init-init.$(OBJEXT): db/migrations.h db/halls.h
