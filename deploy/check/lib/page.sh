# shellcheck shell=bash disable=SC2154 # "log" is the part's
# Sourced by parts of the opt-in check: commands of docs/, taken from the page
# and run as they stand there, in a booted machine (machine.sh).

typed=0       # commands that were run
page_before=() # what the shell of a section has been told before

page_commands() { # PAGE SECTION...
	"$HOLDFAST_SRC/tests/support/page_commands.py" "$HOLDFAST_SRC/docs/$1" "${@:2}"
}

# as_typed: commands, one a line, as a script that ends at the first that fails
as_typed() {
	local command end
	printf '%s\n' "${page_before[@]}"
	while IFS= read -r command; do
		end='{ echo "status $?"; exit 1; }'
		# Of a unit that does not run it says just that, by its status.
		[[ $command != "systemctl "*" status "* ]] || end='[ "$?" -eq 3 ] || exit 1'
		printf 'echo %q\n{ %s\n} </dev/null || %s\n' "# $command" "$command" "$end"
	done
}

# type_section PAGE SECTION [LINES]: or only some, as sed has them
type_section() {
	local commands script
	commands=$(page_commands "$1" "$2" | sed -n "${3:-1,\$}p")
	[ -n "$commands" ] || broken "docs/$1 has nothing to type under \"$2\""
	script=$(as_typed <<<"$commands")
	inside bash -c "$script" >"$log.typed" 2>&1 ||
		broken "docs/$1, \"$2\": $(tail -n 12 "$log.typed")"
	typed=$((typed + $(wc -l <<<"$commands")))
}
