# shellcheck shell=bash
# What holdfast-backup and holdfast-restore share: messages, programs,
# databases, and the file that a backup is.
#
# A backup is one file: a tar archive, and behind it one line with the SHA-256
# of all before it, so that no byte can be missing or another. In the archive:
#
#   MANIFEST       "holdfast-backup 1", then lines of a name and a value, and
#                  one line for each part: part SHA256 MODE NAME
#   database.dump  pg_dump's custom format
#   files/...      the secret and the configuration, by their names
#
# Who sources this has set $program and $here, its own folder.
# shellcheck disable=SC2154,SC2015,SC2034

KEEP_FORMAT=1
KEEP_TRAILER='holdfast-backup sha256 '
KEEP_TRAILER_BYTES=$((${#KEEP_TRAILER} + 64 + 1))
work=

say() { echo "$program: $*" >&2; }
fail() {
	say "$*"
	exit 1
}
misused() {
	say "$*"
	exit 2
}

# keep_work: a folder of ours in $work that is gone when the program ends; if
# that was killed, when the next one begins: it is locked while it is used.
keep_work() {
	umask 077
	find "${TMPDIR:-/tmp}" -maxdepth 1 -type d -name "$program.??????" \
		-user "$(id -u)" -mmin +1 -exec flock -n {} rm -rf {} \; 2>/dev/null
	work=$(mktemp -d "${TMPDIR:-/tmp}/$program.XXXXXX") &&
		exec {work_lock}<"$work" && flock "$work_lock" ||
		fail "cannot make a folder in ${TMPDIR:-/tmp}"
}
keep_end() { [ -z "$work" ] || rm -rf "$work"; }

# need COMMAND...: each is there
need() {
	local one
	for one; do
		command -v "$one" >/dev/null ||
			fail "$one is missing: apt-get install postgresql-client"
	done
}

# holdfast_program NAME: where a program of ours is, as a path
holdfast_program() {
	local at
	for at in "$here/$1" "${HOLDFAST_BUILD:-$here/../../build}/db/$1" \
		"$(command -v "$1")"; do
		[ ! -x "$at" ] || {
			echo "$at"
			return
		}
	done
	fail "$1 is missing: it is installed beside $program"
}

# ---- the database ------------------------------------------------------------

# Root works on the database as who the site's workers are.
as=()

# db COMMAND...: where who it runs as may be
db() { (cd / && PGAPPNAME=$program exec "${as[@]}" "$@"); }

# url_of DATABASE: DATABASE_URL, but of another database there
url_of() { echo "$DATABASE_URL dbname=$1"; }

# hide_password URL: in $hidden as settings without the password; what a
# command line has, everybody can read. Programs find it in PGPASSWORD.
hide_password() {
	local init lines=()
	init=$(holdfast_program holdfast-init) || exit 1
	mapfile -t lines < <(DATABASE_URL=$1 "$init" --connection)
	[ ${#lines[@]} -eq 2 ] || misused "that names no database"
	hidden=${lines[0]}
	[ -z "${lines[1]}" ] || export PGPASSWORD="${lines[1]}"
}

# rows URL SQL: what it gives, unaligned; errors are told by psql
rows() { db psql -XqAt -v ON_ERROR_STOP=1 -d "$1" -c "$2"; }

# workers_database: the one of the configuration, or nothing
workers_database() {
	[ ! -r "$config/worker.env" ] || sed -n 's/^DATABASE_URL=//p' "$config/worker.env" |
		tail -n 1 | sed "s/^\([\"']\)\(.*\)\1\$/\2/"
}

# The one of the environment; the one that ./run keeps in $HOLDFAST_HOME; or
# the workers'.
settle_database() {
	local workers
	workers=$(workers_database)
	if [ -n "${DATABASE_URL:-}" ]; then
		:
	elif [ -n "${HOLDFAST_HOME:-}" ]; then
		DATABASE_URL="host=$HOLDFAST_HOME/sql dbname=holdfast user=holdfast"
	else
		DATABASE_URL=$workers
	fi
	[ "$DATABASE_URL" != "$workers" ] || [ "$(id -u)" -ne 0 ] ||
		! id -u holdfast >/dev/null 2>&1 ||
		as=(setpriv --reuid=holdfast --regid=holdfast --init-groups
			env HOME=/var/lib/holdfast) # root's is closed to it
	[ -n "${DATABASE_URL:-}" ] ||
		misused "set DATABASE_URL, as in postgresql://holdfast@/holdfast?host=/run/postgresql"
	hide_password "$DATABASE_URL"
	export DATABASE_URL=$hidden
}

# ---- the file ----------------------------------------------------------------

sha256_of() { sha256sum <"$1" | cut -d ' ' -f 1; }

# keep_check_whole FILE: it ends with the SHA-256 of what is before that
keep_check_whole() {
	local file=$1 size last sum
	[ -f "$file" ] || fail "there is no file $file"
	[ -r "$file" ] || fail "$file may not be read"
	size=$(stat -L -c %s "$file")
	[ "$size" -gt "$KEEP_TRAILER_BYTES" ] ||
		fail "$file is no backup, or the beginning of one: nothing was touched"
	# Bash leaves out bytes of zero with a warning.
	last=$(tail -c "$KEEP_TRAILER_BYTES" "$file" | tr '\0' '?')
	case $last in
	"$KEEP_TRAILER"*) ;;
	*) fail "$file is no backup, or not all of one: nothing was touched" ;;
	esac
	sum=$(head -c "$((size - KEEP_TRAILER_BYTES))" "$file" | sha256sum)
	[ "$last" = "$KEEP_TRAILER${sum%% *}" ] ||
		fail "$file is damaged: nothing was touched"
}

# keep_value NAME: of the manifest in $work
keep_value() { sed -n "s/^$1 //p" "$work/MANIFEST" | head -n 1; }

# keep_parts: each part of the manifest, "SHA256 MODE NAME"
keep_parts() { sed -n 's/^part //p' "$work/MANIFEST"; }

# keep_check_parts: each is there, and what the manifest says
keep_check_parts() {
	local sum mode name
	while read -r sum mode name; do
		case $name in
		/* | *..* | *[!A-Za-z0-9._/@+-]*)
			fail "a part of the backup has a name that is none: $name" ;;
		esac
		case $mode in
		[0-7][0-7][0-7]) ;;
		*) fail "part $name has a mode that is none: $mode" ;;
		esac
		[ -f "$work/$name" ] && [ ! -L "$work/$name" ] ||
			fail "$name is missing in the backup"
		[ "$(sha256_of "$work/$name")" = "$sum" ] ||
			fail "$name is damaged in the backup"
	done < <(keep_parts)
	[ -f "$work/database.dump" ] || fail "the backup has no database"
}

# keep_open FILE: checks all of it and unpacks it into $work
keep_open() {
	keep_check_whole "$1"
	tar -C "$work" --no-same-owner -xf "$1" 2>"$work/tar.err" ||
		fail "$1 cannot be unpacked: $(head -n 1 "$work/tar.err")"
	[ -f "$work/MANIFEST" ] || fail "$1 has no manifest"
	[ "$(head -n 1 "$work/MANIFEST")" = "holdfast-backup $KEEP_FORMAT" ] ||
		fail "$1 has a form that this program does not know: $(head -n 1 "$work/MANIFEST")"
	keep_check_parts
	pg_restore --list "$work/database.dump" >/dev/null ||
		fail "the database in $1 cannot be read by this pg_restore"
}

# keep_load_sql DUMP: the statements that make its schema and fill it
keep_load_sql() {
	pg_restore --no-owner --no-privileges --schema=public -f - "$1"
}

# The counts that a backup is held against, each a name and an expression.
KEEP_COUNTS='SELECT (SELECT count(*) FROM tickets), (SELECT count(*) FROM history),
	(SELECT count(*) FROM orders), (SELECT count(*) FROM bookings),
	(SELECT count(*) FROM holds)'
keep_counts() {
	echo "$(keep_value tickets)|$(keep_value history)|$(keep_value orders)|$(keep_value bookings)|$(keep_value holds)"
}
