#!/usr/bin/env bash
# Every example works as it stands: those of each man/mkt-*.1, and those of `mkt --help`, `mkt COMMAND --help`
# and `mkt COMMAND SUBCOMMAND --help`. Each runs in a sandbox of its own, which has what the examples name: a
# registry with the connectors, a publisher, a tenant with a request that waits, and a folder with the files.
#
# An example's made-up ids and places become those of the sandbox: see `in_sandbox`. Where a command needs
# another folder, somebody who approves, or ends with another status than 0, `arrange` says so, and why.
source "$(dirname "$0")/lib.sh"

have() { command -v "$1" >/dev/null; }
for program in openssl python3 ssh-keygen ssh-agent ssh-add; do have "$program" || skip "$program is not here"; done

agent_pid=
cleanup() { [[ -z $agent_pid ]] || kill "$agent_pid" 2>/dev/null; }

mkdir -p programs
ln -s "$MKT" programs/mkt
# The page of audit sends mail.
printf '#!/bin/sh\ncat >/dev/null\n' >programs/mail
chmod +x programs/mail
export PATH=$work/programs:$PATH EDITOR=cat

# --- The sandbox: everything in ./box, which each example gets as ./template has it. The address stays the
# same, for receipts name it.
box=$work/box
mkdir -p box/work box/opt box/tmp box/empty
export HOME=$box/home XDG_CONFIG_HOME=$box/home/.config XDG_STATE_HOME=$box/home/.local/state XDG_CACHE_HOME=$box/home/.cache
mkdir -p "$HOME/.ssh" "$XDG_CONFIG_HOME/fish/completions"
listen=127.0.0.1:0
start_sandbox() { # DATA
  rm -f "$1/mktd.url"
  "$MKTD" --data "$1" --listen "$listen" --log-level warning "${no_limits[@]}" 2>>mktd.log &
  daemon=$!
  wait_for "mktd to start" test -s "$1/mktd.url"
  MKT_REGISTRY=$(<"$1/mktd.url")
  export MKT_REGISTRY
}
start_sandbox box/data
listen=${MKT_REGISTRY#http://}

publish() { # ID VERSION: from box/work/ID
  sed -i -E "s/\"version\": \"[^\"]*\"/\"version\": \"$2\"/" "$1/connector.manifest.json"
  mkt publish "$1" >/dev/null 2>&1 || fail "the sandbox has no $1@$2"
}
cd box/work
generate() { mkt key generate --publisher "$1" --no-passphrase 2>/dev/null; }
retired=$(generate acme)
mkt publisher register acme --display-name Acme --email dev@acme.example --key "$retired" >/dev/null
key=$(mkt key rotate "$retired" --no-passphrase 2>/dev/null)
make_connector hello-connector
publish hello-connector 1.0.0
mkt pack hello-connector >/dev/null 2>&1
mkt sign hello-connector-1.0.0.tgz >/dev/null
cp hello-connector-1.0.0.tgz FILE
cp hello-connector-1.0.0.tgz.sig.json FILE.sig.json
make_connector slack
publish slack 1.3.0
make_connector jira
publish jira 1.0.0
mkt install hello-connector slack >/dev/null 2>&1
mkt install slack --root ../opt/connectors >/dev/null 2>&1
publish hello-connector 1.1.0
mv hello-connector ../hello-source # the example of diff compares with it
make_connector my-connector
mkt pack my-connector >/dev/null 2>&1
publish my-connector 0.9.0
sed -i 's/"0.9.0"/"1.0.0"/' my-connector/connector.manifest.json
mkt key export "$key" >acme.pem
fingerprint=$(mkt key show "$key" --json | jq -r .fingerprint)

# What is imported: what npm pack writes, and an MCP bundle.
mkdir package
echo '{"name": "@acme/tickets", "version": "1.4.0", "license": "MIT"}' >package/package.json
tar czf tickets-1.4.0.tgz package
rm -r package
python3 -c 'import zipfile
zipfile.ZipFile("tickets.mcpb", "w").writestr("manifest.json", """{"manifest_version": "0.3", "name": "tickets",
  "version": "1.4.0", "author": {"name": "Acme"}, "server": {"type": "node", "entry_point": "index.js"}}""")'

# The tenant has slack 1.3.0, and bob asks for 1.4.0.
bob=$(mkt token create --role member --subject team --name bob 2>/dev/null)
alice=$(mkt token create --role approver --subject team --name alice 2>/dev/null)
# Who signs an approval has the name of a publisher.
acme=$(mkt token create --role approver --subject team --name acme 2>/dev/null)
MKT_TOKEN=$bob mkt --tenant team install slack@1.3.0 >/dev/null 2>&1
publish slack 1.4.0
mkt --tenant team policy set requireApprovalForAll=true >/dev/null 2>&1
request=$(MKT_TOKEN=$bob mkt --tenant team install slack@1.4.0 2>/dev/null) || [[ $? == 5 ]]
[[ $request == req_* ]] || fail "the sandbox has no request"
token_id=$(mkt token create --role publisher --subject acme --name old --json 2>/dev/null | jq -r .id)
mkt --tenant team policy show --json 2>/dev/null | jq .policy >policy.json

# A second publisher that owns the connector too, and keys in every form. One key alone is at hand; the others
# are put there by the examples that are about them.
partner=$(generate partner)
mkt publisher register partner --display-name Partner --email dev@partner.example --key "$partner" >/dev/null
mkt owner add hello-connector partner >/dev/null
openssl genpkey -algorithm ed25519 -out key.pem
cat "$work/box/data/admin.token" >token.txt
ssh-keygen -q -t ed25519 -N '' -f "$HOME/.ssh/id_ed25519"
ssh-keygen -q -t ed25519 -N '' -f "$work/agent-key"
eval "$(ssh-agent -a "$work/agent" -s)" >/dev/null
agent_pid=$SSH_AGENT_PID
ssh-add -q "$work/agent-key" 2>/dev/null
agent_key=agent:$(ssh-keygen -l -f "$work/agent-key.pub" | cut -d' ' -f2)
mkt key add "$agent_key" --publisher acme >/dev/null
spare=$(generate acme)
foreign=$(generate acme)
key_file() { echo "$XDG_CONFIG_HOME/mkt/keys/${1/:/-}.key"; }
mv "$(key_file "$foreign")" acme-0123456789abcdef.key
mv "$(key_file "$partner")" "$(key_file "$spare")" "$(key_file "$retired")" "$work"
mkt config set cache_size 1GiB >/dev/null
cd "$work"
stop_mktd
mv box template

# --- The examples: "where<TAB>command", a line each.
in_page() {
  perl -CSD -e '
    my ($file) = @ARGV;
    my ($name) = $file =~ m{([^/]+)$};
    open my $in, "<:utf8", $file or die "$file: $!";
    my ($section, $open, $line) = ("", 0, "");
    while (<$in>) {
      if (/^\.Sh (.*)/) { $section = $1; next }
      next if $section ne "EXAMPLES";
      if (/^\.Bd -literal/) { $open = 1; next }
      if (/^\.Ed/) { $open = 0; next }
      next if !$open;
      chomp;
      s/\\&//g;
      $line .= $_;
      next if $line =~ s/\\e$//;
      $line =~ s/\\e/\\/g;
      print "$name:$.\t$line\n";
      $line = "";
    }' "$1"
}
in_help() { # WORD…: of the command
  "$MKT" "$@" --help | perl -CSD -ne '
    BEGIN { $where = join " ", "mkt", splice(@ARGV), "--help" }
    if (/^Examples:$/) { $inside = 1; next }
    $inside = 0 if /^$/;
    print "$where\t$1\n" if $inside && /^  (.+)/' "$@"
}
{
  for page in "$SOURCE"/man/mkt-*.1; do in_page "$page"; done
  in_help
  for command in $("$MKT" __complete -- '' | cut -f1); do
    in_help "$command"
    if grep -q '^Usage: .* SUBCOMMAND$' <<<"$("$MKT" "$command" --help)"; then
      for sub in $("$MKT" __complete -- "$command" '' | cut -f1); do in_help "$command" "$sub"; done
    fi
  done
} | awk -F'\t' '!seen[$2]++' >examples
(($(wc -l <examples) > 120)) || fail "only $(wc -l <examples) examples were found"
for page in "$SOURCE"/man/mkt-*.1; do
  [[ -n $(in_page "$page") ]] || fail "${page##*/} has no examples"
done

# in_sandbox COMMAND: with the sandbox's ids and places in the place of those that are made up.
in_sandbox() {
  local mine=$key
  case $1 in
    "mkt key add "*) mine=$spare ;;
    "mkt key remove "*) mine=$retired ;;
  esac
  sed -E "
    s#https://connectors\.acme\.example#$MKT_REGISTRY#g
    s#(^|[ <>])/(opt|tmp)/#\1$box/\2/#g
    s#acme:0123456789abcdef#$mine#g
    s#acme:fedcba9876543210#$key#g
    s#req_0123456789abcdef01234567#$request#g
    s#([^-0-9a-z])0123456789ab( |\$)#\1$token_id\2#g
    s#1b2c…#$fingerprint#g
    s#agent:SHA256:[A-Za-z0-9+/]{43}#$agent_key#g" <<<"$1"
}

# arrange COMMAND: sets what this one needs: `folder`, `data`, `status` and `approver`, and the environment.
arrange() {
  folder=$box/work data=$box/data status=0 approver= environment=()
  case $1 in
    # Where a connector is started, there is none yet.
    "mkt init"*) folder=$box/empty ;;
    # These take the connector of the current folder.
    "mkt pack" | "mkt pack --list" | "mkt pack -o - "* | "mkt publish") folder=$box/work/my-connector ;;
    "mkt diff "*" . "*) folder=$box/hello-source ;;
    # A publisher is registered once: the registry is a new one.
    "mkt publisher register "*) data=$box/new-data ;;
  esac
  case $1 in
    # What is added is not registered yet, and what is removed is not in use any more.
    "mkt key add "*) cp "$work/${spare/:/-}.key" "$(key_file "$spare")" ;;
    "mkt key remove "*) cp "$work/${retired/:/-}.key" "$(key_file "$retired")" ;;
  esac
  case $1 in
    # Somebody has to approve what is waited for.
    *"--wait 10m" | *"--wait 1h") approver=$alice ;;
    # It reports until it is interrupted.
    "mkt request watch --every 10s") status=124 ;;
    # It says by its status that something is outdated: see its page.
    "mkt outdated --exit-code") status=1 ;;
    # No registry of npm is named here; import.sh has one.
    "mkt import npm:"*) status=2 ;;
    # It asks a person for the token; there is no terminal here.
    "mkt login") status=2 ;;
    # A revocation asks a person first, unless --yes is given; there is no terminal here.
    "mkt key revoke "*) [[ $1 == *--dry-run* ]] || status=2 ;;
  esac
  case $1 in
    "mkt request "* | "mkt policy "*) environment+=(MKT_TENANT=team) ;;
  esac
  case $1 in
    *" --sign") environment+=("MKT_TOKEN=$acme") ;;
    *"request approve"*) environment+=("MKT_TOKEN=$alice") ;;
  esac
  case $1 in
    "mkt key generate"* | *"mkt key import"* | "mkt key rotate"*) environment+=(MKT_KEY_PASSPHRASE=secret) ;;
  esac
}

wrong=0
while IFS=$'\t' read -r where example; do
  rm -rf box
  cp -a template box
  arrange "$example"
  start_sandbox "$data"
  command=$(in_sandbox "$example")
  approving=
  if [[ -n $approver ]]; then
    (for ((i = 0; i < 100; i++)); do
      sleep 0.3
      MKT_TOKEN=$approver mkt --tenant team request approve "$request" && break
    done) >/dev/null 2>&1 &
    approving=$!
  fi
  got=0
  limit=60
  ((status != 124)) || limit=2
  (cd "$folder" && env "${environment[@]}" timeout "$limit" bash -c "$command") </dev/null >out 2>err || got=$?
  if [[ -n $approving ]]; then
    kill "$approving" 2>/dev/null || true
    wait "$approving" 2>/dev/null || true
  fi
  if [[ $got != "$status" ]]; then
    echo "$where: $example: exit status $got, not $status" >&2
    cat out err >&2
    wrong=$((wrong + 1))
  fi
  stop_mktd
done <examples
((wrong == 0)) || fail "$wrong of $(wc -l <examples) examples do not work"
echo "$(wc -l <examples) examples"
