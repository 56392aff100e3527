#!/usr/bin/env bash
# Man pages are clean, every command has one and has help with examples.
source "$(dirname "$0")/lib.sh"

mandoc -Tlint -Wwarning "$SOURCE"/man/*.[1-8] >lint || { cat lint >&2; fail "mandoc has complaints"; }
commands=$("$MKT" completion bash | sed -n 's/^    \([a-z]*\)) words=.*/\1/p')
[[ -n $commands ]] || fail "no commands are completed"
for command in $commands; do
  expect 0 "$MKT" "$command" --help
  says out "Examples:"
  page=$command
  case $command in logout | whoami) page=login ;; esac
  [[ -f $SOURCE/man/mkt-$page.1 ]] || fail "there is no man page of mkt $command"
  says "$SOURCE/man/mkt.1" "$command"
done
for shell in bash zsh fish; do expect 0 "$MKT" completion "$shell"; done
bash -n <("$MKT" completion bash) || fail "the bash completion is not bash"
