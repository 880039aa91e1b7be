# shellcheck shell=bash
# Sourced by parts of the opt-in check, after machine.sh: a test bed for
# autopkgtest, as an image of a podman of its own. Nothing of this machine's
# podman is touched.

testbed_image=holdfast-testbed
testbed_network=holdfast-testbed
testbed_home= # storage, sockets and networks while it is used
testbed_debs=$HOLDFAST_CACHE/debs

# begin_testbed: sets where podman finds what is its own
begin_testbed() {
	local files
	need podman podman runc runc iptables iptables /usr/lib/podman/netavark netavark
	testbed_home=$(mktemp -d "$HOLDFAST_CACHE/testbed.XXXXXX")
	mkdir -p "$testbed_debs/partial"
	files=$(ulimit -Hn)
	[ "$files" != unlimited ] || files=1048576
	printf '[storage]\ndriver = "overlay"\ngraphroot = "%s"\nrunroot = "%s"\n' \
		"$testbed_home/images" "$testbed_home/run" >"$testbed_home/storage.conf"
	# Where no systemd is, and limits cannot be raised.
	cat >"$testbed_home/containers.conf" <<-TEXT
		[containers]
		default_ulimits = ["nofile=$files:$files", "nproc=10000:10000"]
		[engine]
		runtime = "runc"
		cgroup_manager = "cgroupfs"
		events_logger = "file"
		[network]
		network_backend = "netavark"
		network_config_dir = "$testbed_home/networks"
	TEXT
	export CONTAINERS_STORAGE_CONF=$testbed_home/storage.conf
	export CONTAINERS_CONF=$testbed_home/containers.conf
}

# make_testbed ARCHIVE: an image of a root that has systemd as its init
make_testbed() {
	podman import --change 'CMD ["/sbin/init"]' - "$testbed_image" <"$1" >/dev/null &&
		podman network create --disable-dns "$testbed_network" >/dev/null
}

# in_testbed OPTION...: autopkgtest; what apt has fetched is there the next time.
# Privileged, as hardened units make namespaces of their own; but the kernel's
# settings stay this machine's. And what systemd mounts for one unit, its
# credentials, has to be seen by it: in a container / is not shared by itself.
in_testbed() {
	autopkgtest --setup-commands 'mount --make-rshared / && apt-get update' \
		"$@" -- podman --init "$testbed_image" -- \
		--privileged --network "$testbed_network" \
		--volume /dev/null:/etc/systemd/system/systemd-sysctl.service \
		--volume "$testbed_debs:/var/cache/apt/archives"
}

# end_testbed: and takes all of it away but what apt has fetched
end_testbed() {
	[ -n "$testbed_home" ] || return 0
	podman rm --all --force --time 1
	podman network rm --force "$testbed_network"
	podman rmi --all --force
	rm -rf "$testbed_home"
	testbed_home=
} >/dev/null 2>&1
