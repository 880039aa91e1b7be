# nginx/ - the configuration, and what fills it in
dist_pkgdata_DATA = nginx/holdfast.conf.in nginx/metrics.sh
dist_pkgdata_SCRIPTS = nginx/fill
