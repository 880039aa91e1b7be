# deploy/ - the parts as services of systemd, filled in with where they went
systemdsystemunitdir = $(prefix)/lib/systemd/system
sysusersdir = $(prefix)/lib/sysusers.d
tmpfilesdir = $(prefix)/lib/tmpfiles.d

# Examples, so that an installation changes nobody's settings.
confdir = $(pkgdatadir)/conf
dist_conf_DATA = \
	deploy/conf/ephemerald.conf \
	deploy/conf/lockd.conf \
	deploy/conf/worker.env

UNITS_IN = \
	deploy/systemd/ephemerald.service.in \
	deploy/systemd/holdfast-worker@.service.in \
	deploy/systemd/lockd.service.in
dist_systemdsystemunit_DATA = \
	deploy/systemd/ephemerald.socket \
	deploy/systemd/holdfast-worker@.socket \
	deploy/systemd/holdfast.target \
	deploy/systemd/lockd.socket
nodist_systemdsystemunit_DATA = \
	deploy/systemd/ephemerald.service \
	deploy/systemd/holdfast-worker@.service \
	deploy/systemd/lockd.service
CLEANFILES += $(nodist_systemdsystemunit_DATA)
EXTRA_DIST += $(UNITS_IN) deploy/systemd/sysusers.conf \
	deploy/systemd/tmpfiles.conf

$(nodist_systemdsystemunit_DATA): Makefile $(UNITS_IN)
	$(AM_V_at)$(MKDIR_P) deploy/systemd
	$(AM_V_GEN)sed -e 's|@sbindir[@]|$(sbindir)|g' \
		-e 's|@sysconfdir[@]|$(sysconfdir)|g' \
		-e 's|@pkglibexecdir[@]|$(pkglibexecdir)|g' \
		"$(srcdir)/$@.in" >"$@.new" && mv "$@.new" "$@"

install-data-hook:
	$(MKDIR_P) "$(DESTDIR)$(sysusersdir)" "$(DESTDIR)$(tmpfilesdir)"
	$(INSTALL_DATA) $(srcdir)/deploy/systemd/sysusers.conf \
		"$(DESTDIR)$(sysusersdir)/holdfast.conf"
	$(INSTALL_DATA) $(srcdir)/deploy/systemd/tmpfiles.conf \
		"$(DESTDIR)$(tmpfilesdir)/holdfast.conf"

uninstall-hook:
	rm -f "$(DESTDIR)$(sysusersdir)/holdfast.conf" \
		"$(DESTDIR)$(tmpfilesdir)/holdfast.conf"
