# shellcheck shell=bash disable=SC2154
# Sourced by ./run and ./check: installs what is missing, builds.

# packages_of KIND...: of these kinds in packages.txt, lines "package [command]"
packages_of() {
	local kind
	for kind; do
		sed -n "s/^$kind  *//p" "$top/packages.txt"
	done
}

is_installed() {
	dpkg-query -W -f '${db:Status-Status}\n' "$1" 2>/dev/null |
		grep -qx installed
}

# Installs what of these kinds is missing; only root can.
install_packages() {
	local missing=() package instead
	while read -r package instead; do
		is_installed "$package" ||
			{ [ -n "$instead" ] && command -v "$instead" >/dev/null; } ||
			missing+=("$package")
	done < <(packages_of "$@")
	[ ${#missing[@]} -gt 0 ] || return 0
	if [ "$(id -u)" -ne 0 ]; then
		fail "packages are missing: as root, apt-get install --no-install-recommends ${missing[*]}"
	fi
	note "installing ${missing[*]}"
	apt-get update -qq >&2 || fail "apt-get update failed"
	DEBIAN_FRONTEND=noninteractive apt-get install -qq -y \
		--no-install-recommends "${missing[@]}" >&2 ||
		fail "apt-get install failed"
}

# build DIR [CONFIGURE-FLAG...]: an up-to-date build in DIR, out of tree
build() {
	build_only all "$@"
}

# build_only "TARGET..." DIR [CONFIGURE-FLAG...]: one target after the other, as
# automake's "all" is a make of its own, which would compile beside this one
# what both need.
build_only() {
	local targets=$1 dir=$2 target
	shift 2
	if [ ! -x "$top/configure" ] || [ "$top/configure.ac" -nt "$top/configure" ]; then
		note "making configure"
		(cd "$top" && autoreconf -fi) >&2 || fail "autoreconf failed"
	fi
	mkdir -p "$dir"
	if [ ! -e "$dir/Makefile" ]; then
		note "configuring $dir"
		(cd "$dir" && "$top/configure" -q "$@") >&2 ||
			fail "configure failed"
	fi
	note "building $dir"
	for target in $targets; do
		make -s -C "$dir" -j"$(nproc)" "$target" >&2 || fail "make failed"
	done
}
