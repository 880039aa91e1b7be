# Of the server that Prometheus asks, what differs: who may, each worker's numbers
# at /metrics/1, /metrics/2, ..., and at /targets the list of the workers, as
# Prometheus's http_sd_configs reads it.
# shellcheck shell=bash

# allow_lines: who may ask; METRICS_ALLOW, or this machine
allow_lines() {
	local who
	for who in ${METRICS_ALLOW:-127.0.0.1 ::1}; do
		case $who in
		*[!0-9a-fA-F.:/]*)
			fail "METRICS_ALLOW takes addresses and networks, not \"$who\"" ;;
		esac
		printf 'allow %s;\\n\\t\\t' "$who"
	done
	printf 'deny all;'
}

# target N: worker N, for Prometheus
target() {
	printf '{"targets":["$http_host"],"labels":{"__metrics_path__":"/metrics/%d","worker":"%d"}}' \
		"$1" "$1"
}

# worker_numbers SOCKET...: the workers' own; one line, as sed puts it in
worker_numbers() {
	local n=0 targets='' socket
	for socket; do
		n=$((n + 1))
		targets+=${targets:+,}$(target "$n")
		printf 'location = /metrics/%d {' "$n"
		printf '\\n\\t\\t\\tfastcgi_param REQUEST_METHOD $request_method;'
		printf '\\n\\t\\t\\tfastcgi_param DOCUMENT_URI /metrics;'
		printf '\\n\\t\\t\\tfastcgi_param REQUEST_ID $request_id;'
		printf '\\n\\t\\t\\tfastcgi_pass_request_headers off;'
		printf '\\n\\t\\t\\tfastcgi_pass unix:%s;\\n\\t\\t}\\n\\t\\t' "$socket"
	done
	# Not "return" at once: that would come before who may ask is looked at.
	printf 'location = /targets {'
	printf '\\n\\t\\t\\ttry_files /none @targets;\\n\\t\\t}'
	printf '\\n\\t\\tlocation @targets {\\n\\t\\t\\ttypes { }'
	printf '\\n\\t\\t\\tdefault_type application/json;'
	printf "\\\\n\\\\t\\\\t\\\\treturn 200 '[%s]';\\\\n\\\\t\\\\t}" "$targets"
}
