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
