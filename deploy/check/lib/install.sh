# shellcheck shell=bash
# Sourced by parts of the opt-in check: a root with Holdfast from make install.

# What the programs and the sale of one machine need to run.
# shellcheck disable=SC2034 # by who sources this
run_packages=(systemd-sysv dbus nginx libnginx-mod-nchan postgresql curl
	libcurl4 libfcgi0ldbl libhiredis0.14 libjson-c5 liblua5.1-0 lua-bitop
	lua-cjson libnettle8 libpq5 libqrencode4 libssl3 libuv1 libxxhash0
	logrotate procps)

# install_into ROOT: make install, of a tree that is built for /usr
install_into() {
	local root=$1 tree=$HOLDFAST_BUILD/deploy-tree
	mkdir -p "$tree"
	{
		{ [ -e "$tree/Makefile" ] || (cd "$tree" &&
			"$HOLDFAST_SRC/configure" -q --prefix=/usr --sysconfdir=/etc \
				--localstatedir=/var); } &&
			make -s -C "$tree" -j"$(nproc)" &&
			make -s -C "$tree" install "DESTDIR=$root"
	} >"$HOLDFAST_BUILD/deploy-check/install.log" 2>&1 ||
		broken "make install: see $HOLDFAST_BUILD/deploy-check/install.log"
}
