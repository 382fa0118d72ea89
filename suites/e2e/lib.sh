# shellcheck shell=bash disable=SC2034
# Sourced by the scripts beside it: TAP, the callers that a case is run by, and a check that nothing is left.
#
# Callers: root (on files of root's), owner (root, on a project of the ordinary user's), user (an ordinary
# user with supplementary groups, made for the run). Where the tests are not run by root there is only user.
# E2E_BUILD: the build under test. E2E_CALLERS: fewer callers. E2E_ACCOUNT: the user's account, if it is there already,
# with the home /home/NAME/user; one script at a time.

# Mounts and a /dev/shm of its own, as each lane of ci/check has: what others mount meanwhile is none of a session's, nor
# are the marks there of theirs.
if [ "$(id -u)" = 0 ] && [ -z "${E2E_ACCOUNT:-}${E2E_APART:-}" ] && unshare --mount true 2>/dev/null; then
	# shellcheck disable=SC2016 # for that shell
	E2E_APART=1 exec unshare --mount --propagation private sh -c 'mount -t tmpfs -o mode=1777 e2e /dev/shm; exec "$0" "$@"' "$0" "$@"
fi

cd "${BASH_SOURCE[0]%/*}/../.." || exit 2
export LC_ALL=C
E2E_BUILD=${E2E_BUILD:-build/release}
tests=0 failed=0
who='' home='' p='' out='' as=()
account=${E2E_ACCOUNT:-cs-e2e-$$} made_account=

bail() {
	echo "Bail out! $1"
	exit 1
}

# A PATH of the system's alone: programs in a home are not there inside.
PATH=$(printf '%s' "$PATH" | tr : '\n' | grep -v -e '^/root' -e '^/home' -e "^${HOME:-/nonexistent}" | paste -sd:)
for tool in python3 setpriv timeout bwrap git gcc flock sha256sum; do
	command -v $tool >/dev/null || bail "no $tool in $PATH"
done
[ -x "$E2E_BUILD/bin/claude-sandbox" ] || bail "no $E2E_BUILD/bin/claude-sandbox: make all"

# Outside /tmp, which is fresh inside: what only that hides would prove nothing.
base=$HOME
[ "$(id -u)" != 0 ] || base=/home
if [ -n "${E2E_ACCOUNT:-}" ]; then
	scratch=$base/$E2E_ACCOUNT
	mkdir "$scratch" || bail "no scratch directory in $base"
else
	scratch=$(mktemp -d "$base/cs-e2e.XXXXXX") || bail "no scratch directory in $base"
fi
lib_cleanup() {
	if [ -n "$made_account" ]; then
		pkill -KILL -U "$account"
		[ -n "${E2E_ACCOUNT:-}" ] || userdel "$account" 2>/dev/null
	fi
	chmod -R u+rwX "$scratch" 2>/dev/null
	rm -rf "$scratch"
}
trap lib_cleanup EXIT
trap 'exit 1' INT TERM HUP
chmod 755 "$scratch"
# Each mount: its number, place and kind.
mounted() { sed 's/^\([0-9]*\) [0-9]* [^ ]* [^ ]* \([^ ]*\) .* - \([^ ]*\) .*/\1 \2 \3/' /proc/self/mountinfo | sort; }
mounted >"$scratch/mounts"
# A copy: others may build meanwhile, and the user may not see the checkout.
mkdir -p "$scratch/bin" "$scratch/libexec/claude-sandbox"
cp "$E2E_BUILD/bin/claude-sandbox" "$scratch/bin/" || bail "no launcher in $E2E_BUILD"
cp "$E2E_BUILD/libexec/claude-sandbox"/{init,egress,egress-wrong} "$scratch/libexec/claude-sandbox/" || bail "no init or egress in $E2E_BUILD"
cs=$scratch/bin/claude-sandbox

callers=(user)
if [ "$(id -u)" = 0 ]; then
	callers=(root owner user)
	[ -n "${E2E_ACCOUNT:-}" ] || useradd -M -d "$scratch/user" -s /bin/sh -G adm "$account" || bail "useradd $account"
	made_account=1
else
	account=$(id -un)
fi
[ -z "${E2E_CALLERS:-}" ] || read -ra callers <<<"$E2E_CALLERS"

# test_suite DIR: launcher and suite of an installation become those for tests, which take other parts than they were
# built with.
test_suite() {
	cp --remove-destination "$E2E_BUILD/test/claude-sandbox" "$1/bin/claude-sandbox" || bail "no test/claude-sandbox in $E2E_BUILD: make build-tests"
	cp --remove-destination "$E2E_BUILD/test/suite" "$1/libexec/claude-sandbox/suite" || bail "no test/suite in $E2E_BUILD: make build-tests"
}

# enter CALLER: sets who, home, p (a project in it, a repository), out (a directory for files outside the
# home) and as (the command's prefix; its process becomes the command's).
enter() {
	who=$1 home=$scratch/$1 p=$scratch/$1/proj out=$scratch/out-$1
	local env=(env -i HOME="$home" USER="$account" SHELL=/bin/sh TERM=xterm LANG=C.UTF-8 PATH="$PATH")
	as=("${env[@]}")
	if [ "$who" = user ] && [ "$(id -u)" = 0 ]; then
		as=("${env[@]}" setpriv --reuid="$account" --regid="$(id -g "$account")" --init-groups --)
	fi
	if [ ! -e "$home" ]; then
		mkdir -p "$p" "$out"
		git init -q "$p"
		case $who in
		user) chown -R "$account:" "$home" "$out" ;;
		owner) chown -R "$account:" "$p" ;;
		esac
	fi
}

# The launcher as that caller; a hang ends after two minutes and fails the case.
launch() { "${as[@]}" timeout -k 5 120 "$cs" "$@"; }
run() { launch --no-config --net none "$p" -- "$@"; }

# --- TAP
result() { # RC NAME [DETAIL]
	tests=$((tests + 1))
	local name=${who:+$who: }$2
	name=${name//$'\n'/ }
	name=${name//#/.}
	if [ "$1" = 0 ]; then
		echo "ok $tests - $name"
	else
		failed=$((failed + 1))
		echo "not ok $tests - $name"
		[ -z "${3:-}" ] || printf '%s' "$3" | head -c 2000 | tr -c '[:print:]\n' '?' | sed 's/^/#   /' | awk 1
	fi
	return 0
}
ok() { # NAME COMMAND...
	local name=$1
	shift
	local rc=0
	"$@" >"$scratch/ok.log" 2>&1 || rc=$?
	result $rc "$name" "exit $rc: $(tail -n 5 "$scratch/ok.log" | tail -c 1000)
of: $*"
}
is() { # NAME GOT WANT
	local rc=0
	[ "$2" = "$3" ] || rc=1
	result $rc "$1" "got:  $2
want: $3"
}
has() { # NAME TEXT PART
	case $2 in
	*"$3"*) result 0 "$1" ;;
	*) result 1 "$1" "no [$3] in: $2" ;;
	esac
}
hasnt() { # NAME TEXT PART
	case $2 in
	*"$3"*) result 1 "$1" "[$3] in: $2" ;;
	*) result 0 "$1" ;;
	esac
}
skip() { # NAME REASON
	tests=$((tests + 1))
	echo "ok $tests - ${who:+$who: }$1 # SKIP $2"
}

# Polls until the command succeeds; its deadline is for a machine under load.
until_ok() { # SECONDS COMMAND...
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.02
	done
}

# What a directory tree looks like: names, kinds, modes, owners, sizes, times of change, links and contents.
tree_of() { # DIR [PRUNED]
	(
		cd "$1" || exit 1
		find . ${2:+-path "./$2" -prune -o} -printf '%p\t%y\t%m\t%u\t%g\t%s\t%T@\t%l\n' | sort
		find . ${2:+-path "./$2" -prune -o} -type f -print0 | sort -z | xargs -0r sha256sum
	)
}
# What of the machine a session could change, outside of the scratch directory.
machine() {
	find /dev/shm /var/tmp -maxdepth 1 | sort
	find /tmp -maxdepth 1 \( -name '*claude-sandbox*' -o -user "$account" \) | sort
	changed_mounts
}
# What is mounted and was not at the start of the script, or the other way round. Who removes a directory, in whatever
# namespace, takes away what is mounted on it in all of them: that was no session, whose directories are looked at.
changed_mounts() {
	local id point type
	comm -13 "$scratch/mounts" <(mounted) | sed 's/^/mounted: /'
	comm -23 "$scratch/mounts" <(mounted) | while read -r id point type; do
		[ ! -e "$(printf '%b' "$point")" ] || echo "no longer mounted: $id $point $type"
	done
}

# A copy of /etc without the files that useradd(8) makes in it for a moment, there or for another script beside.
copy_etc() { # DIR
	find /etc -mindepth 1 -maxdepth 1 ! -name '*.lock' ! -name '*[-+]' ! -name '*[a-z].[0-9]*' -exec cp -a -t "$1" {} +
}
no_processes() { ! pgrep -U "$account"; }

# without_landlock FILE ERRNO: a script that runs its arguments as where Landlock (444 everywhere) answers with that:
# 38, ENOSYS, as a kernel without it; 1, EPERM, as the filter of a container.
without_landlock() {
	cat >"$1" <<END
import ctypes, os, struct, sys
code = b"".join(struct.pack("=HBBI", *i) for i in [
    (0x20, 0, 0, 0), (0x15, 0, 1, 444), (0x06, 0, 0, 0x00050000 | $2), (0x06, 0, 0, 0x7fff0000)])
buf = ctypes.create_string_buffer(code, len(code))
prog = struct.pack("@HP", 4, ctypes.addressof(buf))
libc = ctypes.CDLL(None, use_errno=True)
if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, ctypes.create_string_buffer(prog, len(prog)), 0, 0):
    sys.exit("no filter: " + os.strerror(ctypes.get_errno()))
os.execvp(sys.argv[1], sys.argv[1:])
END
}

# The last line of each script: nothing is left, then the plan.
finish() {
	who=
	if [ -n "$made_account" ]; then
		ok 'no process of the user is left' until_ok 60 no_processes
	fi
	is 'no mount of a session is left' "$(grep -F "$scratch" /proc/self/mountinfo)" ''
	echo "1..$tests"
	[ $failed = 0 ]
	exit
}
