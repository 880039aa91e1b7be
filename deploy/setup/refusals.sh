# shellcheck shell=bash disable=SC2154
# Sourced by holdfast-setup: what no step can mend, or would break a sale. All
# of it is looked at before anything is changed, by the settings as they would
# be: a setting that cannot be carried out must not be there at the next start.

# refuse_all: ends the program with what to type
refuse_all() {
	refuse_machine
	refuse_event
	refuse_lock_server
	refuse_port
	refuse_connections
	refuse_other_locks
	refuse_other_database
	refuse_new_secret has_sold_here was_backed_up
}

refuse_machine() {
	local command missing=()
	[ "$(id -u)" -eq 0 ] || fail "only root can: sudo holdfast-setup"
	[ -d /run/systemd/system ] ||
		fail "systemd does not run here: ./run of the sources needs none"
	for command in nginx psql curl; do
		command -v "$command" >/dev/null || missing+=("${command/psql/postgresql}")
	done
	[ ${#missing[@]} -eq 0 ] ||
		fail "these are missing: apt-get install ${missing[*]} libnginx-mod-nchan"
	[ -e "$sysusers" ] ||
		fail "$sysusers is missing: make install again, with --prefix=/usr --sysconfdir=/etc"
	[ -n "$dry" ] || {
		exec {setup_lock}<"$0" && flock -w 5 "$setup_lock"
	} || fail "another holdfast-setup runs: wait for its end"
}

# As holdfast-init sees it: a hall's file, a title.
refuse_event() {
	local hall=("${tickets[@]}")
	[ "${hall[0]}" != --tickets ] || hall=(--hall theatre) # whose title it is
	holdfast-init --dry-run "${hall[@]}" "${title[@]}" >/dev/null ||
		fail "nothing was done: mend ${tickets[1]}${title[*]:+ or --title} first"
}

# A lock service of this machine's own needs its program.
refuse_lock_server() {
	local server
	server=$(own_lock_server)
	[ -z "$server" ] || command -v "$server" >/dev/null ||
		fail "$server is missing, which would hold the tickets: apt-get install holdfast-$server, or --lock-type of another. Nothing was changed"
}

# listeners PORT: the inodes of sockets that listen there, on any address
listeners() {
	local hex
	printf -v hex '%04X' "$1"
	awk -v port=":$hex" '$4 == "0A" && substr($2, length($2) - 4) == port { print $10 }' \
		/proc/net/tcp /proc/net/tcp6 2>/dev/null
}

# listens PORT: our own nginx does, whatever its settings say by now
listens() {
	local main inode
	main=$(systemctl show -P MainPID holdfast-web.service)
	[ "${main:-0}" -gt 0 ] || return 1
	for inode in $(listeners "$1"); do
		find "/proc/$main/fd" -lname "socket:\[$inode\]" 2>/dev/null | grep -q . &&
			return
	done
	return 1
}

refuse_port() {
	listens "$port" || [ -z "$(listeners "$port")" ] ||
		fail "port $port is in use: stop what listens there, or --port N. Nothing was changed"
}

# Where it can be asked already: a first run may have to start it.
refuse_connections() {
	! is_local || ! look_postgresql || look_connections "$(connections_wanted)" || {
		do_connections "$(connections_wanted)"
		fail "PostgreSQL has not the connections for $workers workers; $hint. Nothing was changed"
	}
}

# Two kinds of lock at once guard nothing from each other, and what one has
# granted the other does not know.
refuse_other_locks() {
	local held
	[ -n "$(setting worker.env LOCK_TYPE)" ] &&
		! look_value worker.env LOCK_TYPE "$(value worker.env LOCK_TYPE)" || return 0
	held=$(ask "$(setting worker.env DATABASE_URL)" "SELECT count(*) FROM tickets
		WHERE state = 'reserved' AND reserved_until > clock_timestamp()")
	[ "${held:-0}" -eq 0 ] || [ -n "$end_holds" ] ||
		fail "$held tickets are held by the present lock service, and could not be booked: close the sales (holdfast-admin close), wait until the last hold is over, or say --end-holds. Nothing was changed"
}

# has_sold URL: tickets are sold or held in this database
has_sold() {
	[ "$(ask "$1" "SELECT EXISTS (SELECT FROM tickets
		WHERE state IN ('booked', 'reserved'))")" = t ]
}

# What is sold here would be for sale again there.
refuse_other_database() {
	local now
	now=$(setting worker.env DATABASE_URL)
	[ -n "$now" ] && [ "$now" != "$url" ] && [ -z "$new_sale" ] || return 0
	[ "$(ask "$url" 'SELECT 1')" = 1 ] || return 0 # a step says why not
	! has_sold "$now" || has_sold "$url" ||
		fail "the present database has sold or held tickets, the other one has none: they would be for sale again. Bring them along (holdfast-backup, holdfast-restore), or say --new-sale. Nothing was changed"
}

has_sold_here() { has_sold "$url"; }

# was_backed_up: this installation; on a new one they are another's, to be restored
was_backed_up() {
	[ -e "$conf/worker.env" ] && compgen -G '/var/lib/holdfast/backups/*.hfb' >/dev/null
}

# refuse_new_secret SIGN...: one that there was another, with which identities
# and tickets are sealed: they would be void
refuse_new_secret() {
	local sign
	[ -z "$new_secret" ] && ! look_secret || return 0
	for sign; do
		! "$sign" ||
			fail "$conf/secret is missing, and sold tickets are sealed with it: holdfast-restore FILE --files-only brings it back from a backup (/var/lib/holdfast/backups); --new-secret makes another, and voids them. Nothing was changed"
	done
}
