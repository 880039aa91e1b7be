# shellcheck shell=bash disable=SC2154 # "log" is the part's
# Sourced by parts of the opt-in check: a sale that goes on inside a machine
# (machine.sh) while its units are killed.

counted=0
sold=0
sale_pid=
sale_confirmed=

ok() {
	counted=$((counted + 1))
	echo "ok $counted - $*"
}

wait_for() { # SECONDS WHAT COMMAND...
	local end=$((SECONDS + $1)) what=$2
	shift 2
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || {
			inside journalctl -b --no-pager -n 40
			broken "$what: not in time"
		}
		sleep 0.1
	done
}

# fingerprint: of what holdfast-setup might change
fingerprint() {
	inside sh -c 'find /etc /run/holdfast* /var/lib/holdfast* -printf "%p %m %u %s %T@\n" 2>/dev/null
		getent passwd; systemctl list-unit-files --no-legend --no-pager
		su postgres -c "pg_dumpall --schema-only" 2>/dev/null | grep -v "^.restrict\|^.unrestrict"' |
		sort | sha256sum
}

answers() { inside curl -fsS --max-time 5 http://localhost:6005/healthz; }

# Buyers from one address.
no_rate_limit() {
	inside sed -i 's/^RATE_LIMIT=.*/RATE_LIMIT=0/' /etc/holdfast/web.env &&
		inside systemctl reload holdfast-web || broken "reload of holdfast-web"
}

sold_now() { wc -l <"$sale_confirmed"; }

# begin_sale FIRST LAST [OPTION...]: of sale.py
begin_sale() {
	sale_confirmed=$log.sold.$1
	: >"$sale_confirmed"
	"${beside[@]}" "$HOLDFAST_SRC/deploy/check/lib/sale.py" --first "$1" --last "$2" \
		"${@:3}" "$sale_confirmed" >"$log.sale.json" 2>"$log.sale.err" &
	sale_pid=$!
	sale_goes_on "at its start"
}

sale_goes_on() { # WHEN
	local before
	before=$(sold_now)
	# shellcheck disable=SC2317 # called by name
	is_more() { [ "$(sold_now)" -gt $((before + 20)) ]; }
	wait_for 60 "20 sales $1" is_more
}

end_sale() {
	[ -z "$sale_pid" ] || kill "$sale_pid" 2>/dev/null
	sale_pid=
}

# finish_sale: and looks for each sale that was confirmed
finish_sale() {
	local missing
	kill "$sale_pid"
	wait "$sale_pid" || broken "the sale: $(cat "$log.sale.json" "$log.sale.err")"
	sale_pid=
	missing=$(comm -23 <(sort "$sale_confirmed") <(query \
		"SELECT id || ' ' || holder FROM tickets WHERE state = 'booked'" | sort) |
		head -n 3)
	[ -z "$missing" ] || broken "confirmed and not in the table: $missing"
	sold=$((sold + $(sold_now)))
	verify
	ok "all $(sold_now) confirmed sales are in the table: $(cat "$log.sale.json")"
}

query() { # STATEMENT
	inside su postgres -c "psql -XqAt -d holdfast -c \"$1\""
}

verify() {
	inside setpriv --reuid=holdfast --regid=holdfast --init-groups \
		env DATABASE_URL='host=/run/postgresql dbname=holdfast' \
		holdfast-admin verify >"$log.verify" 2>&1 ||
		broken "holdfast-admin verify: $(tail -n 5 "$log.verify")"
	ok "holdfast-admin verify: $(tail -n 1 "$log.verify")"
}

run_of() { inside systemctl show -P InvocationID "$1"; }

# came_back UNIT RUN: it runs, and it is another run
came_back() {
	# shellcheck disable=SC2317 # called by name
	is_back() {
		[ "$(run_of "$1")" != "$2" ] && inside systemctl -q is-active "$1"
	}
	wait_for 60 "$1 comes back" is_back "$1" "$2"
}

# strike UNIT: kill -9 of all its processes, until it runs anew. systemctl also
# fails where the first ones took the others' group along before it got to them
# ("auxiliary processes: Input/output error"), so what counts is what came of it.
strike() {
	local run
	run=$(run_of "$1")
	inside systemctl kill --signal=KILL "$1" 2>/dev/null
	came_back "$1" "$run"
}

# kill_unit UNIT: and the sale goes on
kill_unit() {
	strike "$1"
	sale_goes_on "after a kill -9 of $1"
	ok "kill -9 of $1: it is back and tickets are sold"
}

# kill_often UNIT N: it is not given up
kill_often() {
	local i
	for ((i = 0; i < $2; i++)); do
		strike "$1"
	done
	sale_goes_on "after $2 kills of $1"
	ok "$2 kills of $1 in a row: it is back each time"
}

# hang_unit UNIT: its watchdog sees a process that is stopped
hang_unit() {
	local run
	run=$(run_of "$1")
	inside systemctl kill --kill-who=main --signal=STOP "$1" || broken "stop of $1"
	came_back "$1" "$run"
	inside journalctl -b --no-pager -u "$1" | grep -q 'Watchdog timeout' ||
		broken "$1 came back without its watchdog"
	sale_goes_on "after $1 hung"
	ok "SIGSTOP of $1: its watchdog has started it anew"
}
