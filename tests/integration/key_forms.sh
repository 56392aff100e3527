#!/usr/bin/env bash
# Keys of other programs: taken in, given out, and signed with where they are: in CI's environment,
# and at an ssh-agent.
source "$(dirname "$0")/lib.sh"

agent_pid=
cleanup() { [[ -z $agent_pid ]] || kill "$agent_pid" 2>/dev/null; }
skipped=()
have() { command -v "$1" >/dev/null || { skipped+=("$1"); return 1; }; }
keys=$XDG_CONFIG_HOME/mkt/keys

# fingerprint_of KEYID, digits_of PEM-PUBLIC: mkt's fingerprint of a key here, and of an openssl key.
fingerprint_of() { "$MKT" --json key show "$1" | jq -r .fingerprint; }
digits_of() { openssl pkey "$@" -outform DER | tail -c 32 | sha256sum | cut -d' ' -f1; }
# imports FINGERPRINT ARGUMENT…: imports it without a new passphrase; sets key.
imports() {
  local want=$1
  shift
  expect 0 "$MKT" key import "$@"
  key=$(<out)
  [[ $(fingerprint_of "$key") == "$want" ]] || fail "another key was imported: $*"
  [[ $key == acme:${want:0:16} ]] || fail "the key id is $key"
  [[ $(stat -c %a "$keys/${key/:/-}.key") == 600 ]] || fail "the mode of the key file"
}
# encrypted KEYID: is its file under a passphrase?
encrypted() { [[ $("$MKT" --json key show "$1" | jq -r .encrypted) == true ]]; }

make_connector tool
expect 0 "$MKT" pack tool -o tool.tgz
# signs_with KEYID: the signature beside tool.tgz names the key, and openssl verifies it.
signed_with() {
  [[ $(jq -r .keyId tool.tgz.sig.json) == "$1" ]] || fail "signed by $(jq -r .keyId tool.tgz.sig.json), not $1"
  jq -j .checksum tool.tgz.sig.json >checksum.txt
  jq -r .signature tool.tgz.sig.json | base64 -d >sig.bin
  openssl pkeyutl -verify -rawin -pubin -inkey "$2" -sigfile sig.bin -in checksum.txt >verified ||
    fail "openssl does not verify the signature by $1"
}

# --- openssl: PEM, from a file and from standard input, with a passphrase and without.
openssl genpkey -algorithm ed25519 -out plain.pem
openssl pkey -in plain.pem -pubout -out plain-public.pem
imports "$(digits_of -in plain.pem -pubout)" plain.pem --publisher acme --no-passphrase
pem_key=$key
! encrypted "$key" || fail "it asked for no passphrase"
expect 0 "$MKT" sign tool.tgz
signed_with "$pem_key" plain-public.pem
# It is not overwritten, whatever it is called now.
cp "$keys/${pem_key/:/-}.key" before
expect 8 "$MKT" key import plain.pem --publisher acme --no-passphrase
says err "is on this machine already"
cmp before "$keys/${pem_key/:/-}.key" || fail "the key was overwritten"
expect 2 "$MKT" key import plain.pem --no-passphrase
says err "--publisher"
openssl genpkey -algorithm ed25519 -out piped.pem
imports "$(digits_of -in piped.pem -pubout)" - --publisher acme --no-passphrase <piped.pem
chmod 644 piped.pem
expect 8 "$MKT" key import piped.pem --publisher acme --no-passphrase
openssl genpkey -algorithm ed25519 -out open.pem && chmod 644 open.pem
imports "$(digits_of -in open.pem -pubout)" open.pem --publisher acme --no-passphrase
says err "others may read open.pem"

export MKT_KEY_PASSPHRASE="correct horse"
openssl genpkey -algorithm ed25519 -aes256 -pass env:MKT_KEY_PASSPHRASE -out sealed.pem
MKT_KEY_PASSPHRASE=wrong expect 4 "$MKT" key import sealed.pem --publisher acme
says err "passphrase does not open"
imports "$(digits_of -in sealed.pem -passin env:MKT_KEY_PASSPHRASE -pubout)" sealed.pem --publisher acme
encrypted "$key" || fail "the key lost its passphrase"
expect 0 "$MKT" sign tool.tgz --key "$key"
MKT_KEY_PASSPHRASE=wrong expect 4 "$MKT" sign tool.tgz --key "$key"
unset MKT_KEY_PASSPHRASE
expect 4 setsid -w "$MKT" key import sealed.pem --publisher acme </dev/null
says err "MKT_KEY_PASSPHRASE"

# --- What is no key of ours is refused, and nothing is left of it.
ls "$keys" >before
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.pem 2>/dev/null
expect 2 "$MKT" key import rsa.pem --publisher acme --no-passphrase
says err "RSA"
head -c 60 plain.pem >cut.pem
expect 2 "$MKT" key import cut.pem --publisher acme --no-passphrase
says err "damaged or not complete"
echo "nothing of the kind" >text
expect 2 "$MKT" key import text --publisher acme --no-passphrase
head -c 100000 /dev/zero >long
expect 2 "$MKT" key import long --publisher acme --no-passphrase
says err "too long"
expect 2 "$MKT" key import plain-public.pem --publisher acme --no-passphrase
expect 3 "$MKT" key import absent.pem --publisher acme --no-passphrase
ls "$keys" | diff before - || fail "a refused key left something"

# --- A key file of mkt, from another machine; it knows its publisher and keeps its passphrase.
made=$(XDG_CONFIG_HOME=$work/there MKT_KEY_PASSPHRASE=theirs "$MKT" key generate --publisher acme 2>/dev/null)
file=$work/there/mkt/keys/${made/:/-}.key
expect 2 env MKT_KEY_PASSPHRASE=theirs "$MKT" key import "$file" --publisher others
says err "is one of acme"
MKT_KEY_PASSPHRASE=other expect 4 "$MKT" key import "$file"
MKT_KEY_PASSPHRASE=theirs imports "$(jq -r .publicKey "$file" | base64 -d | sha256sum | cut -d' ' -f1)" "$file"
[[ $key == "$made" ]] || fail "another key id"
encrypted "$key" || fail "the key lost its passphrase"
[[ $(jq -r .createdAt "$keys/${key/:/-}.key") == "$(jq -r .createdAt "$file")" ]] || fail "another age"
MKT_KEY_PASSPHRASE=theirs expect 0 "$MKT" sign tool.tgz --key "$key"

# --- minisign: one that minisign itself made, under the passphrase "minisign pass".
cat >minisign.key <<'KEY'
untrusted comment: minisign encrypted secret key
RWRTY0IyLEub264csEnJu0GD75hKwxwxVMj20W413QE0Uglz0oUAAAACAAAAAAAAAEAAAAAA/gouKAqqOuUXh/jdjjMXjpS4PDwvVfhg1pubiHa5L8FzafGYhaXjwdCEgCHkfUh3t6r2kcf1zsmMdFcb1bg+P0XP+U1x8BvKnpnzgaJ4NjUBLsJR6Krjb3o8JO59GmeJxtYWUO8Xb/8=
KEY
minisign_public=RWQAOZjjS38Z5Y0IYe86QExHuq5Ge2vy+8KDbJOv2jJPKMA906bpibGN
digits=$(base64 -d <<<"$minisign_public" | tail -c 32 | sha256sum | cut -d' ' -f1)
MKT_KEY_PASSPHRASE=wrong expect 4 "$MKT" key import minisign.key --publisher acme
MKT_KEY_PASSPHRASE="minisign pass" imports "$digits" minisign.key --publisher acme --no-passphrase
expect 0 "$MKT" key export "$key" --format minisign -o exported.pub
[[ $(sed -n 2p exported.pub | base64 -d | tail -c 32 | sha256sum | cut -d' ' -f1) == "$digits" ]] || fail "another key was exported"
if have minisign; then
  minisign -G -W -p mini.pub -s mini.key >/dev/null
  imports "$(sed -n 2p mini.pub | base64 -d | tail -c 32 | sha256sum | cut -d' ' -f1)" mini.key --publisher acme --no-passphrase
  minisign -S -s mini.key -m text -x text.minisig >/dev/null
  expect 0 "$MKT" key export "$key" --format minisign -o exported.pub --force
  # minisign reads it; the number is mkt's, and it shows the digits of the key id.
  minisign -V -p exported.pub -m text -x text.minisig >out 2>&1 || true
  says out "$(tr a-f A-F <<<"${key#acme:}" | sed 's/^0*//')" # minisign writes no zeros before it
fi

# --- Exports: openssl reads the PEM, ssh-keygen the line.
expect 0 "$MKT" key export "$pem_key" --format pem -o exported.pem
cmp exported.pem plain-public.pem || fail "the PEM is not what openssl writes"
expect 0 "$MKT" key export "$pem_key" --format base64
[[ $(<out) == "$(openssl pkey -in plain.pem -pubout -outform DER | tail -c 32 | base64)" ]] || fail "the base64"
expect 2 "$MKT" key export "$pem_key" --format pgp
expect 0 "$MKT" key export "$pem_key" --format ssh -o exported_ssh.pub
if have ssh-keygen; then
  ssh-keygen -l -f exported_ssh.pub >out || fail "ssh-keygen does not read the exported key"
  says out "$pem_key"
fi

start_mktd
expect 0 "$MKT" publisher register acme --display-name Acme --email dev@acme.example --key "$pem_key"

# --- The key of a CI job: in the environment, or in a file that it names. No file of the user is used.
ci() { env XDG_CONFIG_HOME="$work/ci" MKT_TOKEN="$token" "$@"; }
seed=$(jq -r .secretKey "$keys/${pem_key/:/-}.key")
leaks() { ! grep -qF -e "$seed" -e "$(sed -n 2p plain.pem)" out err || fail "the key was shown"; }
rm -f tool.tgz.sig.json
expect 0 ci MKT_SIGNING_KEY="acme:$seed" "$MKT" sign tool.tgz
signed_with "$pem_key" plain-public.pem
leaks
for given in "$seed" "$(<plain.pem)" "$(<"$keys/${pem_key/:/-}.key")"; do
  rm tool.tgz.sig.json
  expect 0 ci MKT_SIGNING_KEY="$given" MKT_SIGNING_KEY_PUBLISHER=acme "$MKT" sign tool.tgz
  signed_with "$pem_key" plain-public.pem
  leaks
done
rm tool.tgz.sig.json
expect 0 ci MKT_SIGNING_KEY_FILE=plain.pem MKT_SIGNING_KEY_PUBLISHER=acme "$MKT" --json publish tool
[[ $(jq -r .keyId out) == "$pem_key" ]] || fail "published by $(<out)"
[[ ! -e ci/mkt/keys ]] || fail "a key was stored"
# It wins over MKT_KEY, and --key over it.
expect 0 env MKT_SIGNING_KEY="acme:$seed" MKT_KEY="$made" "$MKT" sign tool.tgz
signed_with "$pem_key" plain-public.pem
expect 4 setsid -w env MKT_SIGNING_KEY="acme:$seed" "$MKT" sign tool.tgz --key "$made" </dev/null
# What is wrong is said, and not shown.
# No program that mkt starts gets it, whether mkt signs or not.
mkdir spies
printf '#!/bin/sh\nenv >>"%s/seen"\nexit 1\n' "$work" >spies/git
chmod +x spies/git
expect 0 env PATH="$work/spies:$PATH" MKT_SIGNING_KEY="acme:$seed" "$MKT" init spied </dev/null
says seen "PATH=$work/spies"
! grep -F "$seed" seen || fail "git has the key in its environment"
expect 2 ci MKT_SIGNING_KEY="$seed" "$MKT" sign tool.tgz
says err "MKT_SIGNING_KEY_PUBLISHER"
leaks
expect 2 ci MKT_SIGNING_KEY="acme:${seed}x" "$MKT" sign tool.tgz
leaks
expect 2 ci MKT_SIGNING_KEY="acme:$seed" MKT_SIGNING_KEY_PUBLISHER=others "$MKT" sign tool.tgz
leaks
expect 2 ci MKT_SIGNING_KEY="acme:$seed" MKT_SIGNING_KEY_FILE=plain.pem "$MKT" sign tool.tgz
leaks
expect 3 ci MKT_SIGNING_KEY_FILE=absent.pem "$MKT" sign tool.tgz
says err "MKT_SIGNING_KEY_FILE"
# Wiped where others of this user, and the programs it starts, could read it: while it waits for the
# registry, in /proc.
if [[ -r /proc/self/environ ]]; then
  make_connector waits 1.0.0
  kill -STOP "$daemon"
  env XDG_CONFIG_HOME="$work/ci" MKT_TOKEN="$token" MKT_SIGNING_KEY="acme:$seed" "$MKT" publish waits >out 2>err &
  publishing=$!
  # env(1) becomes mkt, so that this is mkt's own environment.
  gone() { [[ $(readlink "/proc/$publishing/exe") == "$(readlink -f "$MKT")" ]] && ! grep -qF "$seed" "/proc/$publishing/environ"; }
  wait_for "the key to be wiped" gone
  kill -CONT "$daemon"
  wait "$publishing" || fail "the publish: $(<err)"
fi

# It signs several approvals at once, though it is taken out of the environment for the first.
approver=$(XDG_CONFIG_HOME=$work/approver "$MKT" key generate --publisher alice --no-passphrase 2>/dev/null)
approver_file=$work/approver/mkt/keys/${approver/:/-}.key
expect 0 env XDG_CONFIG_HOME="$work/approver" "$MKT" publisher register alice --display-name Alice \
  --email a@acme.example --key "$approver"
for who in "member bob" "approver alice"; do
  "$MKT" token create --role ${who% *} --subject team --name "${who#* }" 2>/dev/null >"${who#* }.token"
done
asked=()
for id in one two; do
  make_connector $id
  jq '.capabilities = ["auth"]' $id/connector.manifest.json >changed && mv changed $id/connector.manifest.json
  expect 0 "$MKT" publish $id --key "$pem_key"
  expect 5 "$MKT" --tenant team --token-file bob.token install $id
  asked+=("$(<out)")
done
expect 0 env MKT_SIGNING_KEY="$(<"$approver_file")" "$MKT" --tenant team --token-file alice.token --json \
  request approve "${asked[@]}" --sign
[[ $(jq -r '[.requests[].approvals[0].keyId] | unique[]' out) == "$approver" ]] || fail "approved by $(<out)"

# --- `key` in config.toml: below MKT_KEY, which is below --key.
config=$XDG_CONFIG_HOME/mkt/config.toml
expect 2 "$MKT" sign tool.tgz # several keys are here
says err "several keys"
printf 'key = "%s"\n' "$pem_key" >"$config"
expect 0 "$MKT" sign tool.tgz
signed_with "$pem_key" plain-public.pem
MKT_KEY=acme:0123456789abcdef expect 3 "$MKT" sign tool.tgz
says err "MKT_KEY"
MKT_KEY=acme:0123456789abcdef expect 0 "$MKT" sign tool.tgz --key "$pem_key"
echo 'key = "acme:0123456789abcdef"' >"$config"
expect 3 "$MKT" sign tool.tgz
says err "config.toml"
# A rotation tells who still names the key that is retired.
next=$("$MKT" key generate --publisher acme --no-passphrase 2>/dev/null)
expect 0 "$MKT" key add "$next" --expires "$(date -u -d '+3 days' +%Y-%m-%d)"
printf 'key = "%s"\n' "$next" >"$config"
expect 0 "$MKT" key rotate --no-passphrase --expires 2d
says err "config.toml still names $next"
rm "$config"

# --- Until when: a day, a time, or how long. The same for keys and tokens.
expires_of() { curl -sS "$MKT_REGISTRY/v1/keys" | jq -r --arg k "$1" '.keys[] | select(.keyId == $k) | .expiresAt'; }
[[ $(expires_of "$next") == "$(date -u -d '+3 days' +%Y-%m-%d)T00:00:00.000Z" ]] || fail "expires $(expires_of "$next")"
expect 0 "$MKT" --json token create --role admin --expires 2999-01-01
[[ $(jq -r .expiresAt out) == 2999-01-01T00:00:00.000Z ]] || fail "$(<out)"
expect 0 "$MKT" --json token create --role admin --expires 2999-01-01T08:30:00Z
[[ $(jq -r .expiresAt out) == 2999-01-01T08:30:00.000Z ]] || fail "$(<out)"
expect 0 "$MKT" --json token create --role admin --expires 90d
[[ $(jq -r '.expiresAt[:10]' out) == "$(date -u -d '+90 days' +%Y-%m-%d)" ]] || fail "$(<out)"
for wrong in 2020-01-01 soon 2027-13-01; do
  expect 2 "$MKT" token create --role admin --expires "$wrong"
  says err "expiry"
  expect 2 "$MKT" key add "$next" --expires "$wrong"
  says err "expiry"
done

# --- OpenSSH: its key files, and its agent.
if have ssh-keygen && have ssh-agent && have ssh-add; then
  ssh-keygen -q -t ed25519 -N '' -C dev@acme.example -f id
  ssh-keygen -q -t ed25519 -N secret -f sealed_id
  ssh-keygen -q -t rsa -b 2048 -N '' -f rsa_id
  blob_digits() { cut -d' ' -f2 "$1" | base64 -d | tail -c 32 | sha256sum | cut -d' ' -f1; }
  imports "$(blob_digits id.pub)" id --publisher acme --no-passphrase
  id_key=$key
  expect 0 "$MKT" key export "$id_key" --format ssh
  [[ $(cut -d' ' -f1-2 out) == "$(cut -d' ' -f1-2 id.pub)" ]] || fail "ssh-keygen writes another public key"
  expect 2 "$MKT" key import rsa_id --publisher acme --no-passphrase
  says err "ssh-rsa"
  head -c 200 id >cut_id
  expect 2 "$MKT" key import cut_id --publisher acme --no-passphrase
  # Under a passphrase: the command that it tells does what it says.
  expect 4 "$MKT" key import sealed_id --publisher acme --no-passphrase
  says err "ssh-keygen -p -N ''"
  command=$(sed -nE "s/.*: (cp .* && ssh-keygen [^;]*);.*/\1/p" err)
  [[ -n $command ]] || fail "no command: $(<err)"
  SSH_ASKPASS_REQUIRE=force SSH_ASKPASS=$work/askpass bash -c 'printf "#!/bin/sh\necho secret\n" >"$SSH_ASKPASS"; chmod +x "$SSH_ASKPASS"'" && $command" >ssh.log 2>&1 || { cat ssh.log >&2; fail "$command"; }
  imports "$(blob_digits sealed_id.pub)" sealed_id.plain --publisher acme --no-passphrase

  # The agent.
  fingerprint=$(ssh-keygen -l -f id.pub | cut -d' ' -f2)
  expect 3 "$MKT" sign tool.tgz --key "agent:$fingerprint"
  says err "SSH_AUTH_SOCK is not set"
  eval "$(ssh-agent -a "$work/agent" -s)" >/dev/null
  agent_pid=$SSH_AGENT_PID
  expect 3 "$MKT" sign tool.tgz --key "agent:$fingerprint"
  says err "ssh-add FILE"
  ssh-add -q id rsa_id 2>/dev/null
  rm "$keys/${id_key/:/-}.key" # the agent alone has it now
  "$MKT" key export "$pem_key" >public.pem
  id_public() { openssl pkey -pubin -inform DER -in <(printf '\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00'; cut -d' ' -f2 id.pub | base64 -d | tail -c 32) -out id.pem; }
  id_public
  # Not registered yet: nobody knows whose it is, unless it is said.
  expect 4 "$MKT" sign tool.tgz --key "agent:$fingerprint"
  says err "no publisher of $MKT_REGISTRY has registered this key"
  says err "agent:PUBLISHER:${id_key#acme:}"
  expect 0 "$MKT" sign tool.tgz --key "agent:$id_key"
  signed_with "$id_key" id.pem
  expect 0 "$MKT" verify tool.tgz --public-key id.pub
  # The agent proves to the registry that it has the key.
  expect 2 "$MKT" key add "agent:$fingerprint"
  says err "--publisher"
  expect 0 "$MKT" key add "agent:$fingerprint" --publisher acme
  for name in "$fingerprint" "$(blob_digits id.pub)" "$id_key"; do
    rm tool.tgz.sig.json
    expect 0 "$MKT" sign tool.tgz --key "agent:$name"
    signed_with "$id_key" id.pem
  done
  expect 0 "$MKT" verify tool.tgz
  make_connector by-agent
  MKT_KEY=agent:$fingerprint expect 0 "$MKT" --json publish by-agent
  [[ $(jq -r .keyId out) == "$id_key" ]] || fail "published by $(<out)"
  printf 'key = "agent:%s"\n' "$id_key" >"$config"
  expect 0 "$MKT" sign tool.tgz
  signed_with "$id_key" id.pem
  expect 2 "$MKT" key rotate
  says err "stays with the ssh-agent"
  rm "$config"
  # A publisher that has no other key.
  ssh-keygen -q -t ed25519 -N '' -f other_id
  ssh-add -q other_id 2>/dev/null
  other=$(ssh-keygen -l -f other_id.pub | cut -d' ' -f2)
  expect 0 "$MKT" publisher register others --display-name Others --email o@acme.example --key "agent:$other"
  expect 0 "$MKT" --json sign tool.tgz --key "agent:$other"
  [[ $(jq -r .keyId out) == others:* ]] || fail "signed by $(<out)"
  # Or one that an admin vouches for, by the public half alone.
  ssh-keygen -q -t ed25519 -N '' -f third_id
  expect 0 "$MKT" key add --public-key third_id.pub --publisher others
  # Misuse.
  expect 3 "$MKT" sign tool.tgz --key "agent:SHA256:$(head -c 32 /dev/zero | base64 | tr -d =)"
  says err "$fingerprint"
  expect 2 "$MKT" sign tool.tgz --key agent:SHA256:short
  expect 2 "$MKT" sign tool.tgz --key "agent:$(ssh-keygen -l -f rsa_id.pub | cut -d' ' -f2)"
  says err "ssh-rsa"
  # A locked agent has no keys; one that ended does not answer.
  SSH_ASKPASS_REQUIRE=force SSH_ASKPASS=$work/askpass ssh-add -q -x 2>/dev/null
  expect 3 "$MKT" sign tool.tgz --key "agent:$id_key"
  kill "$agent_pid"
  wait_for "the agent to end" eval '! kill -0 "$agent_pid"'
  agent_pid=
  expect 3 "$MKT" sign tool.tgz --key "agent:$id_key"
  says err "no ssh-agent answers"
fi

((${#skipped[@]} == 0)) || skip "all else is well, but these are not here: ${skipped[*]}"
