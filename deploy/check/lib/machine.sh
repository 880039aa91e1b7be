# shellcheck shell=bash
# Sourced by parts of the opt-in check: roots of Debian made by debootstrap,
# and booted by systemd-nspawn with a network of their own.
#
# A root's archive is kept in HOLDFAST_CACHE under the hash of what is in it.

cannot() { # WHY: this part's last line
	echo "cannot be run here: $*"
	exit 77
}
broken() {
	echo "failed: $*"
	exit 1
}
need() { # COMMAND PACKAGE ...
	while [ $# -gt 0 ]; do
		command -v "$1" >/dev/null || cannot "$1 is missing: apt-get install $2"
		shift 2
	done
}

# where_from RELEASE: the archive that this machine's apt takes it from
where_from() {
	apt-get indextargets --format '$(RELEASE) $(REPO_URI)' \
		'Created-By: Packages' | awk -v release="$1" '$1 == release { print $2; exit }'
}

# sources: sources.list of a root, with the updates that this machine takes
sources() {
	local release from
	for release in bookworm bookworm-updates bookworm-security; do
		from=$(where_from "$release")
		[ -z "$from" ] || echo "deb $from $release main"
	done
}

root_options=() # of systemd-nspawn, more

# in_root ROOT COMMAND...: not booted, with this machine's network
in_root() {
	local root=$1
	shift
	systemd-nspawn --quiet --register=no --keep-unit --as-pid2 --pipe \
		--resolv-conf=copy-host --timezone=off --setenv=LANG=C.UTF-8 \
		--setenv=DEBIAN_FRONTEND=noninteractive "${root_options[@]}" -D "$root" "$@"
}

# bootstrap ROOT LOG: a Debian as small as it gets
bootstrap() {
	local root=$1 log=$2 mirror
	mirror=$(where_from bookworm)
	[ -n "$mirror" ] || cannot "apt has no source for bookworm"
	debootstrap --variant=minbase bookworm "$root" "$mirror" >"$log" 2>&1 || {
		tail -n 5 "$log"
		rm -rf "$root"
		cannot "debootstrap failed: $log"
	}
	sources >"$root/etc/apt/sources.list"
	# A root that was cut short is made anew: no need to wait for the disk.
	echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/no-sync"
}

# add_packages ROOT PACKAGE...: and what is newer than what it has
add_packages() {
	local root=$1
	shift
	# Nothing is started in a root that is not booted.
	printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
	chmod +x "$root/usr/sbin/policy-rc.d"
	in_root "$root" apt-get -q update &&
		in_root "$root" apt-get -q -y upgrade &&
		{ [ $# -eq 0 ] || in_root "$root" apt-get -q -y install \
			--no-install-recommends "$@"; } &&
		in_root "$root" apt-get clean &&
		rm -f "$root/usr/sbin/policy-rc.d"
}

# make_root TAR PACKAGE...: as an archive; all begin with the one of no package
make_root() {
	local tar=$1 root
	shift
	[ $# -eq 0 ] || root_archive
	root=$(mktemp -d "$HOLDFAST_CACHE/root.XXXXXX")
	chmod 0755 "$root" # as / has it: daemons' users pass through
	echo "making $tar by debootstrap and apt"
	if [ $# -eq 0 ]; then
		bootstrap "$root" "$tar.log"
	else
		tar -C "$root" -xf "$archive"
		: >"$tar.log"
	fi
	add_packages "$root" "$@" >>"$tar.log" 2>&1 || {
		tail -n 5 "$tar.log"
		rm -rf "$root"
		cannot "packages could not be installed: $tar.log"
	}
	tar -C "$root" -cf "$tar.new" . && mv "$tar.new" "$tar"
	rm -rf "$root"
}

# root_archive [PACKAGE...]: sets "archive"; made when it is not there
root_archive() {
	local tar
	tar=$HOLDFAST_CACHE/bookworm-$(printf '%s\n' "$@" | sha256sum | cut -c1-12).tar
	[ -s "$tar" ] || make_root "$tar" "$@"
	archive=$tar
}

# ---- a booted one -----------------------------------------------------------

machine_root=
machine_pid=
machine_leader=
beside=() # before a command: a program of ours, on the machine's network

# unpack ARCHIVE: sets "machine_root"
unpack() {
	machine_root=$(mktemp -d "$HOLDFAST_CACHE/machine.XXXXXX")
	tar -C "$machine_root" -xf "$1"
}

# boot: returns when its systemd has started all it has to
boot() {
	local end=$((SECONDS + 120))
	systemd-nspawn --quiet --register=no --keep-unit --boot --private-network \
		--console=read-only --link-journal=no --timezone=off \
		-D "$machine_root" >"$HOLDFAST_BUILD/deploy-check/console.log" 2>&1 </dev/null &
	machine_pid=$!
	until machine_leader=$(pgrep -P "$machine_pid" -x systemd | head -n 1) &&
		[ -n "$machine_leader" ] &&
		inside systemctl is-system-running 2>/dev/null | grep -qE 'running|degraded'; do
		kill -0 "$machine_pid" 2>/dev/null ||
			cannot "systemd-nspawn ended: $(tail -n 1 "$HOLDFAST_BUILD/deploy-check/console.log")"
		[ "$SECONDS" -lt "$end" ] || cannot "the machine does not come up"
		sleep 0.3
	done
	beside=(nsenter --target "$machine_leader" --net --)
}

# inside COMMAND...: in the booted machine, as its root
inside() {
	nsenter --target "$machine_leader" --mount --uts --ipc --net --pid \
		--root --wd -- env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
		LANG=C.UTF-8 HOME=/root "$@"
}

# halt: and takes the root away
halt_machine() {
	[ -z "$machine_pid" ] || {
		# To nspawn's systemd: halt.
		kill -s RTMIN+3 "$machine_leader" 2>/dev/null
		local tries=100
		while kill -0 "$machine_pid" 2>/dev/null && [ $((tries -= 1)) -gt 0 ]; do
			sleep 0.1
		done
		kill -s KILL "$machine_pid" 2>/dev/null
		wait "$machine_pid" 2>/dev/null
	}
	machine_pid=
	[ -z "$machine_root" ] || rm -rf "$machine_root"
	machine_root=
}
