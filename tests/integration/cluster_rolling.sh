#!/usr/bin/env bash
# Three daemons are replaced one by one, as mktd-cluster(7) says, while clients read and change, and one
# uploads slowly through the daemon that stops. No request fails for a client that asks another daemon
# where one is away; what a daemon had begun it ends; nothing that was answered is lost, or done twice.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/s3_server.sh"
declare -A pids=()
cleanup() {
  local name
  for name in "${!pids[@]}"; do { kill "${pids[$name]}" && wait "${pids[$name]}"; } 2>/dev/null || true; done
  stop_s3
  stop_postgres
}
source "$(dirname "$0")/postgres_server.sh"
start_s3
ask() { "$bin/psql" -qtA "$MKT_TEST_POSTGRES" -c "$1"; }

read -r port_a port_b port_c < <(perl -MIO::Socket::INET -e '
  @s = map { IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1") } 1..3;
  print join(" ", map { $_->sockport } @s), "\n"')
declare -A url_of=([a]=http://127.0.0.1:$port_a [b]=http://127.0.0.1:$port_b [c]=http://127.0.0.1:$port_c)
printf 'database = "%s"\nblobs = "%s"\n' "$MKT_TEST_POSTGRES" "$MKT_TEST_S3" >mktd.conf
expect 0 "$MKTD" init --data a --database "$MKT_TEST_POSTGRES"
token=$(<a/admin.token)
export MKT_TOKEN=$token MKT_REGISTRY=${url_of[a]}

is_ready() { curl -sf -o /dev/null --max-time 5 "${url_of[$1]}/readyz"; }
# start NAME: on its port, with its folder.
start() {
  "$MKTD" --config mktd.conf --data "$1" --listen "${url_of[$1]#http://}" "${no_limits[@]}" 2>>mktd.log &
  pids[$1]=$!
  wait_for "$1 to be ready" is_ready "$1"
}
for name in a b c; do start "$name"; done
alive() { "$MKTD" status --cluster --database "$MKT_TEST_POSTGRES" --json | jq '[.daemons[] | select(.alive)] | length'; }
[[ $(alive) == 3 ]] || fail "$(alive) daemons are alive"

register acme
"$MKT" token create --role publisher --subject acme >acme.token 2>/dev/null
make_connector tool
expect 0 "$MKT" publish tool
# slow.NAME: what publishes the connector slow-NAME, and takes four seconds to come.
for name in a b c; do
  make_connector "slow-$name"
  head -c 300000 /dev/urandom >"slow-$name/noise.bin"
  older_body "slow-$name" "$key" "slow.$name"
done

clients=6
for ((i = 0; i < clients; i++)); do
  perl "$SOURCE/tests/integration/rolling_client.pl" "$token" "answered.$i" $((i % 2)) "${url_of[@]}" >"client.$i" 2>&1 &
  pids[client$i]=$!
done
all_answered() { for ((i = 0; i < clients; i++)); do [[ $(wc -l <"answered.$i") -ge 3 ]] || return; done; }
wait_for "the clients to begin" all_answered

upgrade() { expect 0 "$MKTD" migrate --upgrade --database "$MKT_TEST_POSTGRES"; }
upgrade
for name in a b c; do
  curl -sS -o "slow.out.$name" -w '%{http_code}' --limit-rate 100K -H "Authorization: Bearer $(<acme.token)" \
    --data-binary "@slow.$name" "${url_of[$name]}/v1/publish" >"slow.status.$name" &
  upload=$!
  sleep 1.5
  began=$EPOCHREALTIME
  kill "${pids[$name]}"
  # A new connection is refused at once, or told that the daemon is not ready, while it ends what it has
  # begun: a balancer must not wait for a daemon that will not answer.
  sleep 0.5
  got=$(curl -sS -o /dev/null -w '%{http_code}' --max-time 1 "${url_of[$name]}/readyz" 2>stopping.err) || true
  [[ $got == 503 ]] || grep -q 'Failed to connect' stopping.err || fail "a daemon that stops: $got $(<stopping.err)"
  status=0
  wait "${pids[$name]}" || status=$?
  unset "pids[$name]"
  [[ $status == 0 ]] || fail "$name ended with the status $status"
  echo "$name ended in $(awk -v a="$began" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }') s"
  wait "$upload" || fail "the upload that $name had begun: $(<"slow.out.$name")"
  [[ $(<"slow.status.$name") == 201 ]] || fail "the upload that $name had begun: $(<"slow.status.$name") $(<"slow.out.$name")"
  # It said goodbye: nobody waits for its lease, and its jobs have another holder.
  [[ $(alive) == 2 ]] || fail "$name has not given its lease back"
  for other in a b c; do [[ $other == "$name" ]] || MKT_REGISTRY=${url_of[$other]}; done
  "$MKT" token create --role member --subject team --name "for-$name" --json >made 2>err
  began=$EPOCHREALTIME
  expect 0 "$MKT" token revoke "$(jq -er .id made)"
  awk -v a="$began" -v b="$EPOCHREALTIME" 'BEGIN { printf "a revocation while there are two: %.2f s\n", b - a; exit !(b - a < 5) }' ||
    fail "a revocation waits for $name, which has ended"
  [[ $(ask "SELECT count(*) FROM job_leases WHERE until > extract(epoch FROM clock_timestamp()) * 1000
            AND holder NOT IN (SELECT id FROM daemons)") == 0 ]] || fail "$name has not given its jobs back"
  start "$name"
done
upgrade
[[ $(alive) == 3 ]] || fail "$(alive) daemons are alive"

failed=
for ((i = 0; i < clients; i++)); do
  kill "${pids[client$i]}"
  wait "${pids[client$i]}" || failed=1
  unset "pids[client$i]"
done
awk '$1 != "slowest" && NF == 2 && $2 ~ /^[0-9]+$/ { n[$1] += $2 } $1 == "slowest" && $2 > most { most = $2 }
     END { for (kind in n) printf "%s %d, ", kind, n[kind]; printf "slowest %.2f s\n", most }' client.*
[[ -z $failed ]] || { grep -hvE '^[a-z0-9_]+ [0-9.]+$' client.* | sort | uniq -c >&2 || true; fail "requests failed"; }
sort answered.? >answered
ask 'SELECT id FROM tokens' | sort >kept
lost=$(comm -23 answered kept)
[[ -z $lost ]] || fail "answered, and lost: $lost"
twice=$(ask 'SELECT name FROM tokens GROUP BY name HAVING count(*) > 1')
[[ -z $twice ]] || fail "done twice: $twice"
[[ $(ask 'SELECT count(*), max(seq) - min(seq) + 1 FROM audit_log' | tr '|' '\n' | sort -u | wc -l) == 1 ]] || fail "the log has a gap"
[[ $(ask 'SELECT era FROM log_head') == 1 ]] || fail "a new era begun"
for name in a b c; do MKT_REGISTRY=${url_of[$name]} expect 0 "$MKT" info "slow-$name"; done
