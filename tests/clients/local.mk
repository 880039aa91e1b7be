# tests/clients/ - small programs in other languages, on clients we did not write
NODE_SCENARIOS = \
	tests/clients/node/ioredis.js \
	tests/clients/node/main.js \
	tests/clients/node/redis.js \
	tests/clients/node/redlock.js \
	tests/clients/node/until.js \
	tests/clients/node/zookeeper.js
NODE_PACKAGES = \
	tests/clients/node/.npmrc \
	tests/clients/node/package-lock.json \
	tests/clients/node/package.json
EXTRA_DIST += $(NODE_SCENARIOS) $(NODE_PACKAGES)

# npm's packages, exactly those of the lock file, in the build tree.
check_DATA += tests/clients/node/installed
# By their full names: what is looked for in the build tree is the old copy.
tests/clients/node/installed: $(NODE_PACKAGES:%=$(top_srcdir)/%)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && \
	for file in $(NODE_PACKAGES); do \
		rm -f $$file.new && \
		cp $(top_srcdir)/$$file $$file.new && \
		mv -f $$file.new $$file || exit 1; \
	done && \
	(cd $(@D) && npm ci --silent --omit=dev) && touch $@

# The folder may be another tree's: then only the link to it goes.
clean-local: clean-node-clients
clean-node-clients:
	if test '$(srcdir)' = .; then \
		rm -rf tests/clients/node/node_modules; \
	else \
		rm -rf tests/clients/node; \
	fi
CLEANFILES += tests/clients/node/installed

# libzookeeper's scenarios. With sanitizers they would watch the library only.
if !SANITIZERS
check_PROGRAMS += tests/clients/c/zookeeper
endif
tests_clients_c_zookeeper_SOURCES = \
	tests/clients/c/main.c \
	tests/clients/c/multi.c \
	tests/clients/c/nodes.c \
	tests/clients/c/sessions.c \
	tests/clients/c/stage.c tests/clients/c/stage.h \
	tests/clients/c/watches.c
tests_clients_c_zookeeper_CPPFLAGS = $(AM_CPPFLAGS) -DTHREADED
tests_clients_c_zookeeper_LDADD = -lzookeeper_mt -lpthread

# Curator's scenarios, as classes in the build tree.
JAVA_SCENARIOS = \
	tests/clients/java/Caches.java \
	tests/clients/java/Counts.java \
	tests/clients/java/Leaders.java \
	tests/clients/java/Locks.java \
	tests/clients/java/Main.java \
	tests/clients/java/Nodes.java \
	tests/clients/java/Pipe.java \
	tests/clients/java/Queues.java \
	tests/clients/java/Scenario.java \
	tests/clients/java/Sessions.java \
	tests/clients/java/Stage.java
# It names the others that it needs.
CURATOR = /usr/share/java/curator-recipes.jar
EXTRA_DIST += $(JAVA_SCENARIOS) tests/clients/zkcli/session
if !SANITIZERS
check_DATA += tests/clients/java/Main.class
endif
tests/clients/java/Main.class: $(JAVA_SCENARIOS)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && javac -nowarn -Xlint:-deprecation \
		-d $(@D) -cp $(CURATOR) \
		$(JAVA_SCENARIOS:%=$(top_srcdir)/%)
# And what a library of Curator's has as source.
CLEANFILES += tests/clients/java/*.class \
	tests/clients/java/edu/umd/cs/findbugs/annotations/*.class

EXTRA_DIST += \
	tests/clients/perl/main.pl \
	tests/clients/php/laravel.php \
	tests/clients/php/main.php \
	tests/clients/php/phpredis.php \
	tests/clients/ruby/main.rb
