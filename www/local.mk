# www/ - the page; no build step
wwwdir = $(pkgdatadir)/www
dist_www_DATA = \
	www/api.js \
	www/clock.js \
	www/icon.svg \
	www/index.html \
	www/main.js \
	www/state.js \
	www/style.css \
	www/view.js
# With their folders, which www_DATA would lose.
nobase_dist_pkgdata_DATA = \
	www/core/clock.js \
	www/core/countdown.js \
	www/core/events.js \
	www/core/layout.js \
	www/core/nearest.js \
	www/core/outline.js \
	www/core/pace.js \
	www/core/seats.js \
	www/core/series.js \
	www/core/steps.js \
	www/core/viewport.js
# Says to node that these are modules.
EXTRA_DIST += www/package.json
