# shellcheck shell=bash disable=SC2154
# Sourced by ./run: starts the parts, restarts one that dies, stops them all.
#
# Every part is a child of this shell in a session of its own, so Ctrl-C
# reaches the shell alone; if the shell is killed, the kernel tells the part
# (pdeathsig). Nothing here waits by sleeping: a pause is a child too.

declare -A part_of_pid=()  # a running part's pid -> its name
declare -A pid_of=()       # and back
declare -A part_begun=()   # name -> when it was started, in $SECONDS
declare -A pause_of=()     # name -> seconds before its next restart
declare -A timers=()       # a pause's pid -> the part to start then

# start NAME: command_NAME sets the arrays "command" and, if it is not to run
# as we do, "as_user" (setpriv's options; a later change of user would take
# pdeathsig away again)
start() {
	local name=$1 kind=${1%%-[0-9]*}
	command=()
	as_user=(--pdeathsig TERM)
	"command_$kind" "$name"
	setsid setpriv "${as_user[@]}" "${command[@]}" \
		>>"$home/log/$name.log" 2>&1 </dev/null {lock_fd}>&- &
	pid_of[$name]=$!
	part_of_pid[$!]=$name
	part_begun[$name]=$SECONDS
	echo $! >"$home/run/$name.pid"
}

# part_ended NAME PID: by itself; again, at once or after a growing pause
part_ended() {
	local name=$1 pause=${pause_of[$1]:-0}
	# What it leaves running (nginx's workers) would hold its sockets.
	kill -s KILL -- "-$2" 2>/dev/null || true
	warn "$name ended: starting it again (its log: $home/log/$name.log)"
	if [ $((SECONDS - part_begun[$name])) -ge 5 ]; then
		pause=0
	fi
	pause_of[$name]=$((pause < 5 ? pause + 1 : 5))
	sleep "$((pause * 2 / 10)).$((pause * 2 % 10))" {lock_fd}>&- &
	timers[$!]=$name
}

# Waits until something ends, and sees to it.
tend() {
	local ended=
	wait -n -p ended || true
	ended=${ended:-} # a signal leaves it unset
	[ -n "$ended" ] || return 0
	if [ -n "${timers[$ended]:-}" ]; then
		local name=${timers[$ended]}
		unset "timers[$ended]"
		start "$name"
	elif [ -n "${part_of_pid[$ended]:-}" ]; then
		local name=${part_of_pid[$ended]}
		unset "part_of_pid[$ended]" "pid_of[$name]"
		rm -f "$home/run/$name.pid"
		part_ended "$name" "$ended"
	fi
}

# stop NAME SIGNAL: and waits; after 15 s it is killed
stop() {
	local name=$1 signal=$2 pid=${pid_of[$1]:-}
	[ -n "$pid" ] || return 0
	unset "part_of_pid[$pid]" "pid_of[$name]"
	kill -s "$signal" "$pid" 2>/dev/null || true
	local tries=300
	while kill -0 "$pid" 2>/dev/null && [ $((tries -= 1)) -gt 0 ]; do
		sleep 0.05
	done
	kill -s KILL "$pid" 2>/dev/null || true
	wait "$pid" 2>/dev/null || true
	rm -f "$home/run/$name.pid"
}

# until_true SECONDS WHAT COMMAND...: tends the parts meanwhile
until_true() {
	local end=$((SECONDS + $1)) what=$2
	shift 2
	until "$@" >/dev/null 2>&1; do
		[ -z "$stopping" ] || return 1
		[ "$SECONDS" -lt "$end" ] ||
			fail "$what did not happen in time: see $home/log/"
		sleep 0.1 {lock_fd}>&- &
		tend
	done
}
