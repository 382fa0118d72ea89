# shellcheck shell=bash disable=SC2034
# Sourced in the place of lib.sh by the scripts that need a network: starts the world of fixtures/egress, the same for
# all callers. E2E_EGRESS: another egress than the build's. world_names: names of hosts that the script itself will play, by programs behind "${in_hosts[@]}", at 9.9.9.2.

# shellcheck source=suites/e2e/lib.sh disable=SC2154
. "${BASH_SOURCE[0]%/*}/lib.sh"

for tool in unshare nsenter ip openssl curl; do
	command -v $tool >/dev/null || bail "no $tool in $PATH"
done
cp "${E2E_EGRESS:-$E2E_BUILD/libexec/claude-sandbox/egress}" "$scratch/libexec/claude-sandbox/" || bail "no egress in $E2E_BUILD"

world=$scratch/world
mkdir "$world"
chmod 1777 "$world"
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$world/key.pem" -out "$world/cert.pem" -days 2 -subj /CN=good.test \
	-addext 'subjectAltName=DNS:good.test,DNS:also.test,DNS:*.wild.test,DNS:six.test' 2>/dev/null || bail 'openssl makes no certificate'
own=(-n -m --propagation private) in=(-n -m) in_hosts=(nsenter)
[ "$(id -u)" = 0 ] || own=(-c --keep-caps "${own[@]}") in=(-U --preserve-credentials "${in[@]}") in_hosts=(nsenter -U --preserve-credentials)
unshare "${own[@]}" python3 fixtures/egress/world.py "$world" ${world_names[@]+"${world_names[@]}"} 2>"$world/err" &
world_pid=$!
end_world() {
	kill "$world_pid" 2>/dev/null
	wait "$world_pid" 2>/dev/null
}
trap 'end_world; lib_cleanup' EXIT
until_ok 60 test -e "$world/ready" || bail "no network of our own: $(tail -n 3 "$world/err")"
chmod 666 "$world"/{dns,asked,packets} 2>/dev/null
in_hosts+=(-n -t "$(cat "$world/hosts.pid")" --)
cp fixtures/egress/{client,without}.py "$scratch/"
chmod 755 "$scratch"/{client,without}.py

seen() { # FILE [PATTERN]: what came in since the last `fresh`
	grep -c -- "${2:-.}" "$world/$1" 2>/dev/null
}
fresh() { : >"$world/dns"; : >"$world/asked"; : >"$world/packets"; }

world_ip() { # WORD...: ip(8) on the machine
	local told=0
	[ ! -e "$world/told" ] || told=$(wc -l <"$world/told")
	echo "$*" 1<>"$world/ip"
	if ! until_ok 60 ip_answered "$told" || [ "$(tail -n 1 "$world/told")" != 0 ]; then
		bail "ip $*: $(tail -n 3 "$world/err")"
	fi
}
ip_answered() { [ "$(wc -l <"$world/told")" -gt "$1" ]; }
inside_world() { nsenter -t $world_pid "${in[@]}" -- "$@"; }
# launch in that network; --status-fd and the like as ever
net() { inside_world "${as[@]}" timeout -k 5 240 "$cs" --no-config "$@"; }
# try OPTION... -- WORD...: the client's line; in $out/said what the launcher said. That a session did not work is for the log.
try() {
	local opts=() code=0
	while [ "$1" != -- ]; do opts+=("$1"); shift; done
	shift
	net "${opts[@]}" --extra-ro "$scratch/client.py" "$p" -- python3 "$scratch/client.py" "$@" 2>"$out/said" || code=$?
	[ $code = 0 ] || { echo "code $code: $*"; cat "$out/said"; } >&2
	return $code
}
# of this script's launchers, by their start: who waits for the relay, then the relay. Not by their numbers, which begin
# anew at pid_max; of those that start in one tick the relay is the last, PID 1 of its own namespace.
egress_pids() {
	pgrep -f '^claude-sandbox-egress' | while read -r pid; do
		[ "$(readlink "/proc/$pid/exe")" = "$scratch/libexec/claude-sandbox/egress" ] || continue
		stat=$(cat "/proc/$pid/stat") || continue
		first=$(awk '/^NSpid:/ { print (NF > 2 && $NF == 1) }' "/proc/$pid/status") || continue
		# shellcheck disable=SC2086 # its words
		set -- ${stat##*) }
		echo "${20} ${first:-0} $pid"
	done 2>/dev/null | sort -n -k1,1 -k2,2 | cut -d' ' -f3
}
http() { printf 'GET %s HTTP/1.1\\r\\nHost: %s\\r\\n\\r\\n' "$1" "$2"; }
h_ok() { echo "HTTP/1.1 200 OK|Content-Length: $((${#1} + ${#2} + 26))||GET $1 HTTP/1.1 for $2 with 0|"; }
