#!/usr/bin/env bash
# mkt init asks a person at a terminal, with defaults; and nobody else.
source "$(dirname "$0")/lib.sh"

type -P expect >/dev/null || skip "init_terminal: there is no expect"
type -P git >/dev/null || skip "init_terminal: there is no git"
export MKT GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=$work/gitconfig
printf '[user]\n\tname = Ada Lovelace\n' >gitconfig

# dialog STATUS: runs the script on standard input, whose last command ended with that status.
dialog() {
  local got=0
  { echo 'set timeout 20
proc answer {question text} {
  expect {
    -ex $question { send "$text\r" }
    timeout { exit 103 }
    eof { exit 104 }
  }
}
proc ends {} {
  expect {
    -ex "]: " { exit 105 }
    timeout { exit 103 }
    eof {}
  }
  exit [lindex [wait] 3]
}'
    cat; } >dialog.exp
  command expect dialog.exp >out 2>&1 || got=$?
  [[ $got == "$1" ]] || { cat out >&2; fail "expected status $1, got $got"; }
}

# Enter takes the default; a wrong answer is asked again; what an option gave is not asked.
dialog 0 <<'EXP'
spawn -noecho $env(MKT) init asked-for --license MIT
answer "Id \[asked-for]: " ""
answer "Version \[0.1.0]: " "one"
answer "Version \[0.1.0]: " "1.2.3"
answer "Description \[" "Answers questions"
answer "Author \[Ada Lovelace]: " ""
ends
EXP
[[ $(jq -r '[.id, .version, .description, .author, .license] | join("|")' asked-for/connector.manifest.json) == \
  "asked-for|1.2.3|Answers questions|Ada Lovelace|MIT" ]] || fail "$(<asked-for/connector.manifest.json)"
expect 0 "$MKT" pack asked-for

# Ctrl-D gives up, and nothing is written.
dialog 2 <<'EXP'
spawn -noecho $env(MKT) init given-up
answer "Id \[given-up]: " ""
expect {
  -ex "Version \[0.1.0]: " { send "\004" }
  timeout { exit 103 }
  eof { exit 104 }
}
ends
EXP
[[ ! -e given-up ]] || fail "something was written"

# Nobody is asked with --yes, with --json, in CI, or where standard input is no terminal.
dialog 0 <<<'spawn -noecho $env(MKT) init quiet-1 --yes
ends'
dialog 0 <<<'spawn -noecho $env(MKT) init quiet-2 --json
ends'
dialog 0 <<<'spawn -noecho env CI=true $env(MKT) init quiet-3
ends'
dialog 0 <<<'spawn -noecho sh -c "\"\$MKT\" init quiet-4 </dev/null"
ends'
for i in 1 2 3 4; do [[ -f quiet-$i/connector.manifest.json ]] || fail "quiet-$i was not started"; done
