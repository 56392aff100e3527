#!/usr/bin/env bash
# Behind nginx, over TCP and a Unix socket, as mktd(8) shows it.
source "$(dirname "$0")/lib.sh"
command -v nginx >/dev/null || skip "nginx is not installed"

start_mktd --listen "unix:$work/mktd.sock" --trusted-proxies unix \
  --allowed-hosts connectors.acme.example
direct=$MKT_REGISTRY

free_port() { perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 1)->sockport'; }
tcp=$(free_port)
unix=$(free_port)
mkdir -p nginx
cat >nginx.conf <<CONF
daemon off;
user $(id -un) $(id -gn);
pid $work/nginx/pid;
error_log $work/nginx/error.log;
events {}
http {
  access_log off;
  client_body_temp_path $work/nginx/body;
  proxy_temp_path $work/nginx/proxy;
  fastcgi_temp_path $work/nginx/fastcgi;
  uwsgi_temp_path $work/nginx/uwsgi;
  scgi_temp_path $work/nginx/scgi;
  upstream tcp { server ${direct#http://}; keepalive 8; }
  upstream unix { server unix:$work/mktd.sock; keepalive 8; }
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_set_header Host \$host;
  proxy_set_header X-Forwarded-For \$proxy_add_x_forwarded_for;
  client_max_body_size 60m;
  proxy_request_buffering off;
  server { listen 127.0.0.1:$tcp; location / { proxy_pass http://tcp; } }
  server { listen 127.0.0.1:$unix; location / { proxy_pass http://unix; } }
}
CONF
nginx -c "$work/nginx.conf" -p "$work/nginx" 2>nginx/start.log &
proxy=$!
trap 'kill "$proxy" 2>/dev/null || true; wait "$proxy" 2>/dev/null || true; finish' EXIT

export MKT_TOKEN=$token
for port in "$tcp" "$unix"; do
  MKT_REGISTRY=http://127.0.0.1:$port
  wait_for "nginx" curl -sf -o /dev/null "$MKT_REGISTRY/healthz"
  register "p$port"
  make_connector "c$port"
  head -c 3000000 /dev/urandom >"c$port/noise.bin"
  expect 0 "$MKT" publish "c$port" --key "$key"
  expect 0 "$MKT" install "c$port"
  expect_http 206 - GET "/v1/connectors/c$port/1.0.0/tarball" -H 'Range: bytes=5-9'
  [[ $(stat -c %s body) == 5 ]] || fail "a range through nginx"
  expect_http 200 - GET "/v1/connectors/c$port/1.0.0" -H 'Host: connectors.acme.example'
  expect_http 200 - GET "/v1/search?q=c$port" -H 'X-Forwarded-For: 203.0.113.7'
done
# nginx appends whom it saw: what the client wrote farther left is not believed.
grep -q 'path=/v1/search.*' mktd.log || fail "no access log"
grep 'path=/v1/search' mktd.log | grep -v 'address=127.0.0.1' && fail "the address behind the Unix socket"
! grep -q '203.0.113.7' <<<"$(grep 'path=/v1/search' mktd.log)" || fail "a client chose its own address"
stop_mktd
