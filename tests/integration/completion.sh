#!/usr/bin/env bash
# Completion in the real shells: commands, options, and values from the registry; and without one,
# quickly, what is known here.
source "$(dirname "$0")/lib.sh"
start_mktd
export MKT_TOKEN=$token PATH=$(dirname "$MKT"):$PATH
register acme
make_connector hello
expect 0 "$MKT" publish hello
make_connector help-desk
expect 0 "$MKT" publish help-desk

# --- The candidates themselves ---------------------------------------------------------------------------
candidates() { "$MKT" __complete -- "$@" | cut -f1; }
holds() { # holds WORD COMMAND-WORD…: the word is a candidate
  local word=$1
  shift
  is_candidate() { grep -qxF -- "$word" <<<"$(candidates "$@")"; }
  # A busy machine may miss the 200 ms that the registry is given: it is asked again.
  wait_for "$word to be a candidate of: mkt $*" is_candidate "$@"
}
holds publish pub
holds revoke key r
holds --dry-run publish --d
holds --registry publish --reg
holds member token create --role m
holds compromised key revoke "$key" --reason-code ''
holds hello info he
holds help-desk install he
holds hello@1.0.0 info hello@
holds "$key" sign x.tgz --key ''
holds "$key" key revoke acme:
holds exit-statuses help ex
holds install help in
holds zsh completion ''
holds minApprovals= policy set min
[[ -z $(candidates search xyz) ]] || fail "a word of a search is completed"
MKT_REGISTRY=http://127.0.0.1:1 holds publish pub
expect 0 env MKT_REGISTRY=http://127.0.0.1:1 "$MKT" __complete -- info he
[[ ! -s err ]] || fail "a registry that is away is told of"

# --- bash ------------------------------------------------------------------------------------------------
"$MKT" completion bash >mkt.bash
cat >drive.bash <<'BASH'
source ./mkt.bash
COMP_LINE=$1
COMP_POINT=${#1}
_mkt
printf '%s\n' "${COMPREPLY[@]}"
BASH
in_bash() { bash --norc drive.bash "$1"; } # in_bash LINE: what its end is completed to
grep -qx publish <<<"$(in_bash "mkt pub")" || fail "bash: mkt pub"
grep -qx revoke <<<"$(in_bash "mkt key rev")" || fail "bash: mkt key rev"
in_bash_holds() { grep -q -- "$2" <<<"$(in_bash "$1")"; }
wait_for "a version in bash" in_bash_holds "mkt info hello@" 1.0.0
wait_for "a key behind a colon in bash" in_bash_holds "mkt key revoke acme:" "${key#acme:}"

in_bash_of_mktd() {
  "$MKTD" completion bash | sed 's/^complete.*//' >mktd.bash
  bash --norc -c 'source ./mktd.bash; COMP_LINE=$1 COMP_POINT=${#1}; _mktd; printf "%s\n" "${COMPREPLY[@]}"' - "$1"
}
grep -qx backup <<<"$(in_bash_of_mktd "mktd back")" || fail "bash: mktd back"
grep -qx open <<<"$(in_bash_of_mktd "mktd --registration ")" || fail "bash: the values of --registration"
grep -qx -- --check-config <<<"$(in_bash_of_mktd "mktd --data x --chec")" || fail "bash: an option of mktd"
grep -qx resync <<<"$(in_bash_of_mktd "mktd mirror re")" || fail "bash: mktd mirror re"
grep -qx -- --json <<<"$(in_bash_of_mktd "mktd check --js")" || fail "bash: an option of mktd check"
expect 2 "$MKTD" completion csh
says err "bash, zsh or fish"

# --- fish ------------------------------------------------------------------------------------------------
if command -v fish >/dev/null; then
  "$MKT" completion fish >mkt.fish
  in_fish() { fish --no-config -c 'source mkt.fish; complete -C "$argv[1]"' "$1"; }
  grep -q "^publish" <<<"$(in_fish "mkt pub")" || fail "fish: mkt pub"
  grep -q "^revoke" <<<"$(in_fish "mkt key rev")" || fail "fish: mkt key rev"
  in_fish_holds() { grep -q -- "$2" <<<"$(in_fish "$1")"; }
  wait_for "a connector in fish" in_fish_holds "mkt info hel" "^hello"
  "$MKTD" completion fish >mktd.fish
  grep -q "^backup" <<<"$(fish --no-config -c 'source mktd.fish; complete -C "mktd back"')" || fail "fish: mktd back"
  grep -q "^--dry-run" <<<"$(in_fish "mkt publish --dr")" || fail "fish: an option"
else
  skipped+=" fish"
fi

# --- zsh -------------------------------------------------------------------------------------------------
if command -v zsh >/dev/null; then
  mkdir -p zfunc
  "$MKT" completion zsh >zfunc/_mkt
  "$MKTD" completion zsh >zfunc/_mktd
  cat >drive.zsh <<'ZSH'
zmodload zsh/zpty
zpty -b z zsh -f -i
zpty -w z 'PS1="READY>"; fpath=(./zfunc $fpath); autoload -U compinit; compinit -u -D; setopt no_list_beep; bindkey "^I" complete-word'
zpty -w z 'print SET-UP'
zpty -n -w z $1$'\t'
sleep 2
zpty -n -w z $'\x01print -r -- \x27LINE=\x05\x27\n'
sleep 1
local out all
while zpty -r -t z out; do all+=$out; done
print -r -- $all
zpty -d z
ZSH
  in_zsh() { zsh -f drive.zsh "$1" 2>/dev/null | tr -d '\r' | grep -o 'LINE=.*' | tail -n 1; }
  # On a busy machine zsh may not have completed when it is looked at.
  in_zsh_begins() { [[ $(in_zsh "$1") == "$2"* ]]; }
  wait_for "mkt publi in zsh" in_zsh_begins "mkt publi" "LINE=mkt publish"
  wait_for "mkt key revo in zsh" in_zsh_begins "mkt key revo" "LINE=mkt key revoke"
  wait_for "mktd back in zsh" in_zsh_begins "mktd back" "LINE=mktd backup"
  wait_for "a connector in zsh" in_zsh_begins "mkt info help" "LINE=mkt info help-desk"
  wait_for "a key behind a colon in zsh" in_zsh_begins "mkt key revoke acme" "LINE=mkt key revoke $key"
else
  skipped+=" zsh"
fi
[[ -z ${skipped:-} ]] || skip "not installed:$skipped (bash holds)"
