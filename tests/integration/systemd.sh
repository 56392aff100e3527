#!/usr/bin/env bash
# The units: what systemd-analyze says of them, what mktd asks of the kernel under the service's restrictions,
# and a socket that systemd opened.
source "$(dirname "$0")/lib.sh"

for program in systemd-analyze systemd-socket-activate; do
  type -P $program >/dev/null || skip "systemd: there is no $program"
done
units=$SOURCE/scripts/packaging
unit=$units/mktd.service

# --- As systemd reads them
expect 0 systemd-analyze security --offline=true --threshold=19 "$unit"
grep -E 'Overall exposure level for mktd.service: [01]\.[0-9] ' out >/dev/null || fail "the exposure: $(tail -n 1 out)"
mkdir verified
sed "s#/usr/sbin/mktd#$MKTD#" "$unit" >verified/mktd.service
cp "$units/mktd.socket" verified
expect 0 systemd-analyze verify --man=no verified/mktd.service verified/mktd.socket
[[ ! -s err ]] || { cat err >&2; fail "systemd-analyze verify has complaints"; }
# The operations' manual and the unit agree on the statuses that need a person.
[[ $(grep -h '^RestartPreventExitStatus=' "$unit") == "$(grep -h '^RestartPreventExitStatus=' "$SOURCE/man/mktd-operations.7")" ]] ||
  fail "mktd-operations(7) has another RestartPreventExitStatus"

# --- A socket of systemd takes the place of the configured addresses
port=$((20000 + RANDOM % 10000))
while (: <>/dev/tcp/127.0.0.1/$port) 2>/dev/null; do port=$((20000 + RANDOM % 10000)); done
systemd-socket-activate -l 127.0.0.1:$port --setenv=HOME="$HOME" "$MKTD" --data data --listen 127.0.0.1:1 "${no_limits[@]}" 2>>mktd.log &
daemon=$!
export MKT_REGISTRY=http://127.0.0.1:$port
wait_for "the activated mktd" curl -sSf -o readyz "$MKT_REGISTRY/readyz"
[[ $(<data/mktd.url) == "$MKT_REGISTRY" ]] || fail "mktd.url holds $(<data/mktd.url)"
expect 0 "$MKT" --token-file data/admin.token token list
stop_mktd

# --- Under the restrictions of the service
[[ -z $SANITIZER ]] || skip "systemd: a sanitizer asks the kernel for more than mktd"
type -P strace >/dev/null || skip "systemd: there is no strace, so the calls to the kernel were not looked at"
strace -o /dev/null true 2>/dev/null || skip "systemd: strace may not look at a process here"
# calls SET: the names of all system calls of a set, with those of the sets in it.
calls() {
  local line
  systemd-analyze syscall-filter "$1" | sed '1d; s/#.*//' | while read -r line; do
    case $line in
      '') ;;
      @*) calls "$line" ;;
      *) echo "$line" ;;
    esac
  done
}
allowed=() denied=()
for set in $(sed -n 's/^SystemCallFilter=//p' "$unit" | tr '\n' ' '); do
  case $set in
    '~'*) deny=1 set=${set#\~} ;;
  esac
  if ((${deny:-0})); then denied+=($(calls "$set")); else allowed+=($(calls "$set")); fi
done
((${#allowed[@]} > 200 && ${#denied[@]} > 20)) || fail "the sets of system calls were not read"
# As the filter does, strace answers what is denied with EPERM; a call that it does not know is not made either.
strace -f -qq -o calls.log --seccomp-bpf \
  -e "trace=all" -e "inject=$(printf '?%s,' "${denied[@]}" | sed 's/,$//'):error=EPERM" \
  "$MKTD" --data data --listen 127.0.0.1:0 --listen unix:"$work/mktd.sock" "${no_limits[@]}" 2>>mktd.log &
tracer=$!
rm -f data/mktd.url
daemon=$tracer
wait_for "mktd under the filter" test -s data/mktd.url
MKT_REGISTRY=$(<data/mktd.url)
register acme
make_connector tool
expect 0 "$MKT" publish tool
expect 0 "$MKT" install tool
expect 0 "$MKT" search tool
expect_http 200 - GET /metrics
[[ $(curl -sS --unix-socket mktd.sock -o body -w '%{http_code}' http://localhost/readyz) == 200 ]] || fail "through the Unix socket: $(<body)"
expect 0 "$MKTD" backup --data data backup.tar
kill -HUP "$(<data/LOCK)"
wait_for "the reload" grep -q 'reloaded, nothing changed' mktd.log
kill "$(<data/LOCK)"
wait "$tracer" || fail "mktd ended with $?"
daemon=
printf '%s\n' "${allowed[@]}" | sort -u >allowed
sed -nE 's/^[0-9]+ +([a-z0-9_]+)\(.*/\1/p' calls.log | sort -u >made
(($(wc -l <made) > 40)) || fail "strace saw only $(wc -l <made) calls"
comm -23 made allowed >beyond
[[ ! -s beyond ]] || fail "the filter of the unit refuses what mktd needs: $(tr '\n' ' ' <beyond)"
# MemoryDenyWriteExecute, RestrictAddressFamilies, ProcSubset and RestrictSUIDSGID have nothing to refuse either.
! grep -E '(mmap|mprotect)\(.*PROT_WRITE\|PROT_EXEC' calls.log || fail "mktd maps memory to write and execute"
grep -oE 'socket\(AF_[A-Z0-9_]+' calls.log | sort -u | grep -vE 'AF_(UNIX|INET|INET6)$' >families || true
[[ ! -s families ]] || fail "mktd opens sockets of $(tr '\n' ' ' <families)"
grep -oE '"/proc/[^"]+"' calls.log | grep -vE '"/proc/(self|[0-9]+)/' | sort -u >proc || true
[[ ! -s proc ]] || fail "mktd reads $(tr '\n' ' ' <proc)"
