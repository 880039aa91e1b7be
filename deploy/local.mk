# deploy/ - the parts as services of systemd, filled in with where they went,
# and what makes a sale of them
systemdsystemunitdir = $(prefix)/lib/systemd/system
sysusersdir = $(prefix)/lib/sysusers.d
tmpfilesdir = $(prefix)/lib/tmpfiles.d
examplesdir = $(docdir)/examples
logrotatedir = $(sysconfdir)/logrotate.d

# Examples, so that an installation changes nobody's settings.
confdir = $(pkgdatadir)/conf
dist_conf_DATA = \
	deploy/conf/ephemerald.conf \
	deploy/conf/lockd.conf \
	deploy/conf/web.env \
	deploy/conf/worker.env
nginxsitedir = $(examplesdir)/nginx
dist_nginxsite_DATA = deploy/nginx/holdfast.example
dist_logrotate_DATA = deploy/logrotate/holdfast

dist_systemdsystemunit_DATA = \
	deploy/systemd/ephemerald.socket \
	deploy/systemd/holdfast-backup.timer \
	deploy/systemd/holdfast-worker@.socket \
	deploy/systemd/holdfast.target \
	deploy/systemd/lockd.socket
nodist_systemdsystemunit_DATA = \
	deploy/systemd/ephemerald.service \
	deploy/systemd/holdfast-backup.service \
	deploy/systemd/holdfast-web.service \
	deploy/systemd/holdfast-worker@.service \
	deploy/systemd/lockd.service
sbin_SCRIPTS += deploy/bin/holdfast-setup
pkglibexec_SCRIPTS += deploy/bin/web-conf
FILLED_IN = $(nodist_systemdsystemunit_DATA) \
	deploy/bin/holdfast-setup deploy/bin/web-conf
CLEANFILES += $(FILLED_IN)
EXTRA_DIST += $(FILLED_IN:=.in) deploy/systemd/sysusers.conf \
	deploy/systemd/tmpfiles.conf

$(FILLED_IN): Makefile
	$(AM_V_at)$(MKDIR_P) $(@D)
	$(AM_V_GEN)sed -e 's|@sbindir[@]|$(sbindir)|g' \
		-e 's|@sysconfdir[@]|$(sysconfdir)|g' \
		-e 's|@pkgdatadir[@]|$(pkgdatadir)|g' \
		-e 's|@pkglibexecdir[@]|$(pkglibexecdir)|g' \
		-e 's|@sysusersdir[@]|$(sysusersdir)|g' \
		-e 's|@tmpfilesdir[@]|$(tmpfilesdir)|g' \
		-e 's|@docdir[@]|$(docdir)|g' \
		-e 's|@VERSION[@]|$(VERSION)|g' \
		"$(srcdir)/$@.in" >"$@.new"
	$(AM_V_at)case $@ in *.service) ;; *) chmod +x "$@.new" ;; esac
	$(AM_V_at)mv "$@.new" "$@"
deploy/bin/holdfast-setup: deploy/bin/holdfast-setup.in
deploy/bin/web-conf: deploy/bin/web-conf.in
deploy/systemd/ephemerald.service: deploy/systemd/ephemerald.service.in
deploy/systemd/holdfast-backup.service: deploy/systemd/holdfast-backup.service.in
deploy/systemd/holdfast-web.service: deploy/systemd/holdfast-web.service.in
deploy/systemd/holdfast-worker@.service: deploy/systemd/holdfast-worker@.service.in
deploy/systemd/lockd.service: deploy/systemd/lockd.service.in

# The manifests of Kubernetes, as they are.
EXTRA_DIST += \
	deploy/kubernetes/backup/backup.yaml \
	deploy/kubernetes/backup/claim.yaml \
	deploy/kubernetes/backup/kustomization.yaml \
	deploy/kubernetes/base/account.yaml \
	deploy/kubernetes/base/kustomization.yaml \
	deploy/kubernetes/base/namespace.yaml \
	deploy/kubernetes/base/network.yaml \
	deploy/kubernetes/base/prepare.yaml \
	deploy/kubernetes/base/sale.yaml \
	deploy/kubernetes/base/scaling.yaml \
	deploy/kubernetes/base/service.yaml \
	deploy/kubernetes/base/settings.yaml \
	deploy/kubernetes/box-office/box-office.yaml \
	deploy/kubernetes/box-office/kustomization.yaml \
	deploy/kubernetes/restore/kustomization.yaml \
	deploy/kubernetes/restore/restore.yaml \
	deploy/kubernetes/scaled/kustomization.yaml \
	deploy/kubernetes/scaled/network.yaml \
	deploy/kubernetes/scaled/scaling.yaml \
	deploy/kubernetes/scaled/settings.yaml \
	deploy/kubernetes/secrets \
	deploy/kubernetes/single/database.yaml \
	deploy/kubernetes/single/ephemerald.yaml \
	deploy/kubernetes/single/kustomization.yaml \
	deploy/kubernetes/single/lockd.yaml \
	deploy/kubernetes/single/network.yaml

# The images, and how they go together on one machine.
EXTRA_DIST += .dockerignore compose.yaml compose.metrics.yaml podman-compose.yaml \
	deploy/containers/Dockerfile \
	deploy/containers/base \
	deploy/containers/database \
	deploy/containers/health \
	deploy/containers/prepare \
	deploy/containers/web

# The opt-in check: ./check --deploy.
EXTRA_DIST += deploy/check

install-data-hook:
	$(MKDIR_P) "$(DESTDIR)$(sysusersdir)" "$(DESTDIR)$(tmpfilesdir)" \
		"$(DESTDIR)$(sysconfdir)/holdfast"
	$(INSTALL_DATA) $(srcdir)/deploy/systemd/sysusers.conf \
		"$(DESTDIR)$(sysusersdir)/holdfast.conf"
	$(INSTALL_DATA) $(srcdir)/deploy/systemd/tmpfiles.conf \
		"$(DESTDIR)$(tmpfilesdir)/holdfast.conf"

# Settings that were made stay, in a folder that is not empty then.
uninstall-hook:
	rm -f "$(DESTDIR)$(sysusersdir)/holdfast.conf" \
		"$(DESTDIR)$(tmpfilesdir)/holdfast.conf"
	-rmdir "$(DESTDIR)$(sysconfdir)/holdfast" 2>/dev/null
	-find "$(DESTDIR)$(pkgdatadir)" "$(DESTDIR)$(pkglibexecdir)" \
		"$(DESTDIR)$(docdir)" -depth -type d -empty -delete 2>/dev/null

# Backup and restore: shell over pg_dump, with what they share beside them.
dist_sbin_SCRIPTS = deploy/bin/holdfast-backup deploy/bin/holdfast-restore
setupdir = $(pkgdatadir)/setup
dist_setup_DATA = deploy/setup/refusals.sh

keepdir = $(pkgdatadir)/keep
dist_keep_DATA = deploy/keep/keep.sh deploy/keep/restored.sql
# Where the configuration is when nobody says it.
install-exec-hook:
	sed -i 's|:-/etc/holdfast}|:-$(sysconfdir)/holdfast}|' \
		"$(DESTDIR)$(sbindir)/holdfast-backup" \
		"$(DESTDIR)$(sbindir)/holdfast-restore"

# For Prometheus and Grafana, to be copied or pointed at: docs/monitoring.md
monitoringdir = $(pkgdatadir)/monitoring
dist_monitoring_DATA = \
	deploy/monitoring/alerts.yml \
	deploy/monitoring/dashboard.json \
	deploy/monitoring/locks.lua \
	deploy/monitoring/prometheus-kubernetes.yml \
	deploy/monitoring/prometheus.yml
