#!/bin/bash
# Includes point down only: lockd/, fcgi/ and db/ never include each other,
# libhold/ includes none of them, and CORE files include no loop, clock or
# parser. A planted violation of each rule must be found. Speaks TAP.
set -u
src=${HOLDFAST_SRC:-$(dirname "$0")/..}
n=0

ok() {
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; fi
}

# violations ROOT: a line for each include that points the wrong way
violations() {
	local root=$1
	grep -nE '#include "(lockd|ephemerald|fcgi|db|tests|bench)/' "$root"/libhold/*.[ch]
	grep -nE '#include "(ephemerald|fcgi|db|tests|bench)/' "$root"/lockd/*.[ch]
	grep -nE '#include "(lockd|fcgi|db|tests|bench)/' \
		"$root"/ephemerald/*.[ch]
	grep -nE '#include "(ephemerald|lockd|db|tests|bench)/' "$root"/fcgi/*.[ch]
	grep -nE '#include "(ephemerald|lockd|fcgi|tests|bench)/' "$root"/db/*.[ch]
	# CORE: told the time, no sockets, no bytes off the wire
	grep -nE '#include ("libhold/(loop|clock|journal)|"lockd/(resp|server)|<sys/socket|<uv)' \
		"$root"/lockd/keyspace.[ch] "$root"/lockd/glob.[ch] \
		"$root"/lockd/pubsub.[ch] "$root"/lockd/locktab.[ch] \
		"$root"/lockd/lock_value.[ch] "$root"/lockd/lock_stats.[ch] \
		"$root"/lockd/lock_roll.[ch] \
		"$root"/lockd/hash_value.[ch] "$root"/lockd/lateness.[ch] \
		"$root"/lockd/watch.[ch]
	grep -nE '#include ("libhold/(loop|clock|journal)|"ephemerald/(request|server|persist)|<sys/socket|<uv)' \
		"$root"/ephemerald/acl.[ch] "$root"/ephemerald/acl_ip.[ch] \
		"$root"/ephemerald/change.[ch] "$root"/ephemerald/quota.[ch] \
		"$root"/ephemerald/session.[ch] "$root"/ephemerald/txn.[ch] \
		"$root"/ephemerald/watch.[ch] "$root"/ephemerald/zdb.[ch] \
		"$root"/ephemerald/zpath.[ch] "$root"/ephemerald/ztree.[ch]
	grep -nE '#include ("libhold/clock|"fcgi/(http|router|listener)|<fcgi|<json|<hiredis|<libpq)' \
		"$root"/fcgi/best.[ch] "$root"/fcgi/booking.[ch] "$root"/fcgi/channel.[ch] \
		"$root"/fcgi/due_holds.[ch] "$root"/fcgi/holding.[ch] \
		"$root"/fcgi/hall_state.[ch] "$root"/fcgi/line.[ch] \
		"$root"/fcgi/seat_pick.[ch] \
		"$root"/fcgi/zk_clock.[ch] \
		"$root"/fcgi/zk_node.[ch]
}

found=$(violations "$src" 2>/dev/null)
[ -z "$found" ]
ok $? "no include points up or sideways"
[ -z "$found" ] || while IFS= read -r line; do echo "# $line"; done <<<"$found"

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
plant() { # FILE LINE
	rm -rf "${copy:?}"/*
	for dir in libhold lockd ephemerald fcgi db; do cp -r "$src/$dir" "$copy/"; done
	chmod -R u+w "$copy"
	echo "$2" >>"$copy/$1"
	[ "$(violations "$copy" 2>/dev/null | wc -l)" -eq 1 ]
	ok $? "found when planted: $2 in $1"
}
plant libhold/buf.c '#include "lockd/keyspace.h"'
plant lockd/resp.c '#include "fcgi/store.h"'
plant fcgi/http.c '#include "lockd/resp.h"'
plant lockd/keyspace.c '#include "libhold/clock.h"'
plant ephemerald/txn.c '#include "libhold/clock.h"'
plant ephemerald/session.h '#include "ephemerald/request.h"'
plant fcgi/booking.c '#include "fcgi/http.h"'
echo "1..$n"
