#!/usr/bin/env bash
# The service as systemd runs it: a Debian of the test's own is booted in a container, the packages are installed
# there, and the unit is started, watched, broken, reloaded and restarted.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/own_debian.sh"

type -P systemd-nspawn >/dev/null || skip "service: there is no systemd-nspawn"
pack_debs
make_debian
[[ -z $no_debian ]] || skip "service: $no_debian"

# It shares this system's network, and has an id, processes and files of its own.
port=$((20000 + RANDOM % 10000))
while (: <>/dev/tcp/127.0.0.1/$port) 2>/dev/null; do port=$((20000 + RANDOM % 10000)); done
systemd-machine-id-setup --root=debian >/dev/null 2>&1 || true
alone=()
[[ -d /run/systemd/system ]] || alone=(--keep-unit) # nobody here would make a unit for it
SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 systemd-nspawn --quiet --directory=debian --machine="mkt-$$" --boot --register=no \
  "${alone[@]}" --console=pipe </dev/null >boot.out 2>&1 &
container=$!
init= # the process that is the first one there
cleanup() {
  [[ -z $init ]] || kill -RTMIN+4 "$init" 2>/dev/null || true # power off
  local i
  for ((i = 0; i < 500; i++)); do
    kill -0 "$container" 2>/dev/null || return 0
    sleep 0.02
  done
  kill -KILL "$container" "${init:-$container}" 2>/dev/null || true
}
within() {
  nsenter --target "$init" --mount --uts --ipc --pid --cgroup env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
    LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive MKT_REGISTRY="http://127.0.0.1:$port" "$@"
}
boots() {
  if ! kill -0 "$container" 2>/dev/null; then
    skip "service: no container can be booted here: $(tail -n 1 boot.out)"
  fi
  init=$(pgrep -P "$container" -x systemd) && within systemctl is-system-running 2>/dev/null | grep -qE '^(running|degraded)$'
}
boots_in_time() {
  local i
  for ((i = 0; i < 1000; i++)); do
    boots && return
    sleep 0.02
  done
  return 1
}
boots_in_time || skip "service: the container does not boot here: $(tail -n 1 boot.out)"

expect 0 within dpkg -i /packages/"$(basename "$mkt_deb")" /packages/"$(basename "$mktd_deb")"
of_unit() { within systemctl show --property "$1" --value mktd.service; }
is() { [[ $(within systemctl is-active mktd.service) == "$1" ]]; }
journal() { within journalctl --unit mktd.service --output "$@"; }
url=http://127.0.0.1:$port

# --- Set up as the installation says.
is inactive || fail "it runs before it was set up"
expect 0 within mktd init --reads token --listen "127.0.0.1:$port"
cp out set_up
says out "systemctl enable --now mktd"
expect 0 within systemctl enable --now mktd
is active || fail "it is $(within systemctl is-active mktd)"
expect 0 within mktd status
says out "mktd is running and ready"
expect 0 within sh -c "$(tail -n 1 set_up)"
says out "as admin"
[[ $(within cat "/proc/$(of_unit MainPID)/comm") == mktd ]] || fail "ps would not find it"
[[ $(within stat -c %U:%a /var/lib/mktd/mktd.db) == mktd:600 ]] || fail "the data are not its own"

# --- It does all of its work as confined as it is.
expect 0 within sh -ec 'cd /root; mkt key generate --publisher acme --no-passphrase >key; mkt init tool
  mkt publisher register acme --display-name Acme --email a@acme.example --key "$(cat key)"
  mkt publish tool; mkt install tool; mkt verify connectors/tool'
expect 0 within mktd gc
expect 0 within mktd check --online
expect 0 within mktd backup /root/backup.tar
exposure=$(within systemd-analyze security mktd.service | sed -n 's/.*exposure level for mktd.service: \([0-9.]*\).*/\1/p')
awk -v exposure="$exposure" 'BEGIN { exit !(exposure != "" && exposure < 2.0) }' || fail "systemd's exposure level is ${exposure:-unknown}"

# --- The journal has the fields of a request.
traced() { journal json | jq -se 'any(.[]; .MKTD_TRACE_ID == "0af7651916cd43dd8448eb211c80319c" and .MKTD_STATUS == "401" and .PRIORITY == "6")' >/dev/null; }
curl -s -o /dev/null -H "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" "$url/v1/search"
wait_for "the request in the journal" traced

# --- Reload: what is right is taken over, what is wrong changes nothing.
logged() { journal cat | grep -qF -- "$1"; }
within sh -c 'echo "log-level = \"debug\"" >>/etc/mktd/mktd.conf'
expect 0 within systemctl reload mktd
wait_for "the reload" logged 'log-level: info, now debug'
within sh -c 'echo "nonsense = 1" >>/etc/mktd/mktd.conf'
expect 0 within systemctl reload mktd
wait_for "the refusal" logged 'nonsense is not a setting'
is active || fail "a wrong setting stopped it"

# --- After a crash it is back; with wrong settings it waits for a person.
within sed -i /nonsense/d /etc/mktd/mktd.conf
within sh -c "kill -KILL $(of_unit MainPID)"
is_back() { is active && [[ $(of_unit NRestarts) == 1 ]]; }
wait_for "its restart" is_back
wait_for "its answer" curl -sf -o /dev/null "$url/healthz"
expect 0 within mkt info tool
within sh -c 'echo "nonsense = 1" >>/etc/mktd/mktd.conf'
expect 1 within systemctl restart mktd
[[ $(of_unit ExecMainStatus) == 2 && $(of_unit NRestarts) == 0 ]] || fail "it starts again and again"
is failed || fail "it is $(within systemctl is-active mktd)"
within sed -i /nonsense/d /etc/mktd/mktd.conf
expect 0 within systemctl reset-failed mktd

# --- With systemd's socket nobody is refused while it restarts.
within sh -c "mkdir -p /etc/systemd/system/mktd.socket.d
  printf '[Socket]\nListenStream=\nListenStream=127.0.0.1:$port\n' >/etc/systemd/system/mktd.socket.d/port.conf
  systemctl daemon-reload"
expect 0 within systemctl enable --now mktd.socket
expect 0 within systemctl start mktd
(while [[ ! -e asked.enough ]]; do curl -s -o /dev/null -w '%{http_code}\n' "$url/healthz" || true; done >answers) &
asking=$!
wait_for "answers" test -s answers
expect 0 within systemctl restart mktd
before=$(wc -l <answers)
more() { (($(wc -l <answers) > before + 5)); }
wait_for "answers after it" more
touch asked.enough
wait $asking
[[ $(sort -u answers) == 200 ]] || fail "while it restarted: $(sort answers | uniq -c | tr '\n' ' ')"

expect 0 within systemctl stop mktd.socket mktd.service
[[ $(of_unit Result) == success ]] || fail "it stopped with $(of_unit Result)"
