#!/usr/bin/env bash
# The commands of mkt-tutorial(7), in order and in one shell, print what the page shows.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/man_page.sh"
source "$(dirname "$0")/session.sh"
page=mkt-tutorial.7
mkdir -p programs tutorial
ln -s "$MKT" programs/mkt
ln -s "$MKTD" programs/mktd
export PATH=$work/programs:$PATH MKTD_LISTEN=127.0.0.1:0
set +m

last=0
ran=0
leave() { return "$1"; }
# run_command COMMAND SHOWN NEXT: SHOWN is a file, NEXT the command after it.
run_command() {
  local command=$1 shown=$2 next=$3 before=$last
  set +e
  leave "$before"
  eval "$command" >"$work/printed" 2>&1
  last=$?
  set -e
  ran=$((ran + 1))
  if [[ $command == mktd* ]]; then
    daemon=$!
    wait_for "the registry of the page" test -s registry/mktd.url
    MKT_REGISTRY=$(<registry/mktd.url)
    export MKT_REGISTRY
  fi
  [[ -z ${MKT_REGISTRY:-} ]] || sed -i "s|$MKT_REGISTRY|http://127.0.0.1:3456|g" "$work/printed"
  if [[ $next != 'echo $?' && $last != 0 ]]; then
    cat "$work/printed" >&2
    fail "exit status $last: $command"
  fi
  prints_shown "$shown" "$work/printed" "$command"
}

for name in $(blocks $page session); do block $page session "$name"; done >sessions
count=$(split_commands "$work" <sessions)
((count > 30)) || fail "only $count commands in the page"

cd tutorial
for ((i = 1; i <= count; i++)); do
  next=
  [[ ! -f $work/$((i + 1)).command ]] || next=$(<"$work/$((i + 1)).command")
  command=$(<"$work/$i.command")
  if [[ $command == kill* ]]; then
    # The page speaks of the job of its reader's shell.
    stop_mktd
  else
    run_command "$command" "$work/$i.shown" "$next"
  fi
done
cd "$work"
echo "$ran commands"
