# The server that Prometheus asks, apart from the public one: each worker's
# numbers at /metrics/1, /metrics/2, ..., nginx's own at /nginx_status, and at
# /targets the list of the workers, as Prometheus's http_sd_configs reads it.
# shellcheck shell=bash

# allow_lines: who may ask; METRICS_ALLOW, or this machine
allow_lines() {
	local who
	for who in ${METRICS_ALLOW:-127.0.0.1 ::1}; do
		case $who in
		*[!0-9a-fA-F.:/]*)
			fail "METRICS_ALLOW takes addresses and networks, not \"$who\"" ;;
		esac
		printf '\\n\\t\\tallow %s;' "$who"
	done
	printf '\\n\\t\\tdeny all;'
}

# target N: worker N, for Prometheus
target() {
	printf '{"targets":["$http_host"],"labels":{"__metrics_path__":"/metrics/%d","worker":"%d"}}' \
		"$1" "$1"
}

# metrics_server SOCKET...: the workers' sockets; one line, as sed puts it in
metrics_server() {
	local n=0 targets='' socket
	printf 'server {\\n\\t\\tlisten %s;' "$METRICS_LISTEN"
	printf '\\n\\t\\taccess_log off;'
	allow_lines
	printf '\\n\\t\\tlocation / {\\n\\t\\t\\treturn 404;\\n\\t\\t}'
	printf '\\n\\t\\tlocation = /nginx_status {\\n\\t\\t\\tstub_status;\\n\\t\\t}'
	for socket; do
		n=$((n + 1))
		targets+=${targets:+,}$(target "$n")
		printf '\\n\\t\\tlocation = /metrics/%d {' "$n"
		printf '\\n\\t\\t\\tfastcgi_param REQUEST_METHOD $request_method;'
		printf '\\n\\t\\t\\tfastcgi_param DOCUMENT_URI /metrics;'
		printf '\\n\\t\\t\\tfastcgi_param REQUEST_ID $request_id;'
		printf '\\n\\t\\t\\tfastcgi_pass_request_headers off;'
		printf '\\n\\t\\t\\tfastcgi_pass unix:%s;\\n\\t\\t}' "$socket"
	done
	# Not "return" at once: that would come before who may ask is looked at.
	printf '\\n\\t\\tlocation = /targets {'
	printf '\\n\\t\\t\\ttry_files /none @targets;\\n\\t\\t}'
	printf '\\n\\t\\tlocation @targets {\\n\\t\\t\\ttypes { }'
	printf '\\n\\t\\t\\tdefault_type application/json;'
	printf "\\\\n\\\\t\\\\t\\\\treturn 200 '[%s]';\\\\n\\\\t\\\\t}\\\\n\\\\t}" "$targets"
}
