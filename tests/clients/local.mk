# tests/clients/ - small programs in other languages, on clients we did not write
NODE_SCENARIOS = \
	tests/clients/node/ioredis.js \
	tests/clients/node/main.js \
	tests/clients/node/redis.js \
	tests/clients/node/redlock.js \
	tests/clients/node/until.js
NODE_PACKAGES = \
	tests/clients/node/.npmrc \
	tests/clients/node/package-lock.json \
	tests/clients/node/package.json
EXTRA_DIST += $(NODE_SCENARIOS) $(NODE_PACKAGES)

# npm's packages, exactly those of the lock file, in the build tree.
check_DATA += tests/clients/node/installed
tests/clients/node/installed: $(NODE_PACKAGES)
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

EXTRA_DIST += \
	tests/clients/perl/main.pl \
	tests/clients/php/laravel.php \
	tests/clients/php/main.php \
	tests/clients/php/phpredis.php \
	tests/clients/ruby/main.rb
