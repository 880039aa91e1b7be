# shellcheck shell=bash disable=SC2154 # "log" is the part's
# Sourced by parts of the opt-in check that type what docs/operations.md says:
# a sale with the event "gala" that the page is about, and its customers.

# customer WHAT NAME [OPTION...]: of customer.py
customer() {
	"${beside[@]}" "$HOLDFAST_SRC/deploy/check/lib/customer.py" "$1" "$log.$2.json" "${@:3}" \
		>"$log.customer" 2>&1 || broken "customer $2, $1: $(tail -n 3 "$log.customer")"
}
has() { # NAME WHAT
	python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' \
		"$log.$1.json" "$2"
}

# as_the_page COMMAND: with what the page's first section has told the shell
as_the_page() {
	inside bash -c "$(as_typed <<<"$1")" >"$log.page" 2>&1
}

gala_again() {
	as_the_page "sale holdfast-init --csv /tmp/gala-hall.csv --event gala --seats-per-client 180 --yes" ||
		broken "event gala: $(cat "$log.page")"
}

# Customers of other runs are no more.
set_up_gala() {
	local row seat
	rm -f "$log".*.json
	inside holdfast-setup --tickets 100000 >"$log.setup" 2>&1 ||
		broken "holdfast-setup: $(tail -n 1 "$log.setup")"
	no_rate_limit
	{
		echo section,row,seat,price
		for row in {1..9}; do for seat in {1..20}; do echo "S,$row,$seat,45"; done; done
	} >"$log.gala"
	inside sh -c 'cat >/tmp/gala-hall.csv' <"$log.gala"
	mapfile -t page_before < <(page_commands operations.md First | sed -n 1,2p)
	[[ ${page_before[1]} == "sale() {"* ]] || broken "docs/operations.md, First: ${page_before[*]}"
	gala_again
}
