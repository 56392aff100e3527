#!/usr/bin/env bash
# The jobs of `mkt help ci` do what they say when a runner's shell runs them: with the secrets as
# variables and nothing else of the machine, and what the runner takes of it.
source "$(dirname "$0")/lib.sh"
python3 -c 'import yaml' 2>/dev/null || skip "python3-yaml is not installed"

"$MKT" help ci >topic
# commands JOB-FILE PATH-OF-A-LIST-OR-TEXT…: the YAML that stands below the line naming the file.
cat >job.py <<'PYTHON'
import sys, yaml
lines = open("topic").read().split("\n")
begin = next(i for i, l in enumerate(lines) if sys.argv[1] in l)
block = []
for line in lines[begin:]:
    if line.startswith("  "):
        block.append(line[2:])
    elif block and line.strip():
        break
job = yaml.safe_load("\n".join(block))
for name in sys.argv[2:]:
    job = job[int(name) if name.isdigit() else name]
if isinstance(job, dict):
    for name, value in job.items():
        print(f"{name}={value}")
else:
    print("\n".join(job) if isinstance(job, list) else job)
PYTHON
job() { python3 job.py "$@"; }

start_mktd
"$MKT" login --with-token <<<"$token" >/dev/null
register acme
"$MKT" token create --role publisher --subject acme --name ci --json >made
mkdir -p checkout bin
ln -s "$MKT" bin/mkt
make_connector tool
mv tool/* checkout/

# in_job COMMANDS [NAME=VALUE…]: as the runner does: a shell that ends at the first failure, and the
# variables of the job.
in_job() {
  local commands=$1
  shift
  (cd checkout && env -i PATH="$work/bin:$PATH" HOME="$work/nobody" CI=true "$@" bash -eo pipefail -c "$commands")
}
mkdir nobody
secrets=(
  "MKT_SIGNING_KEY=$(cat "$XDG_CONFIG_HOME"/mkt/keys/*.key)"
  "MKT_TOKEN=$(jq -r .token made)"
  "MKT_REGISTRY=$MKT_REGISTRY"
)

# --- GitHub ----------------------------------------------------------------------------------------------
github=(GITHUB_ACTIONS=true "GITHUB_STEP_SUMMARY=$work/summary" "GITHUB_OUTPUT=$work/outputs")
for name in $(job publish.yml jobs publish steps 1 env | cut -d= -f1); do
  [[ " MKT_SIGNING_KEY MKT_KEY_PASSPHRASE MKT_REGISTRY MKT_TOKEN " == *" $name "* ]] || fail "the job sets $name"
done
expect 0 in_job "$(job publish.yml jobs publish steps 1 run)" "${secrets[@]}" "${github[@]}"
says out "published tool@1.0.0"
! grep -q $'\e' out err || fail "a job's log has escape sequences"
says summary "| Connector | Version | Size | Checksum | Signed by |"
says summary "| tool | 1.0.0 |"
says outputs "connector-id=tool"
says outputs "key-id=$key"
# The step after it names outputs that exist.
for name in $(job publish.yml jobs publish steps 2 run | grep -o 'outputs\.[a-z-]*' | cut -d. -f2); do
  grep -q "^$name=." outputs || fail "publish has no output $name"
done
# An error becomes an annotation of one line.
expect 8 in_job "echo '// other' >>index.js; mkt publish" "${secrets[@]}" "${github[@]}"
[[ $(grep -c '^::error title=mkt::.*tool@1.0.0' err) == 1 ]] || fail "no annotation: $(<err)"
says summary "**mkt failed:**"

# Text of somebody else's is no workflow command in the log, and what goes into a file stays as it is.
make_connector hostile
jq '.description = "::error::x" | .displayName = "##[error]y"' hostile/connector.manifest.json >edited
mv edited hostile/connector.manifest.json
expect 0 "$MKT" publish hostile
for command in "info hostile" "info hostile --json" "search hostile" \
  "info hostile@1.0.0 --format '{manifest.description}'" "info hostile@1.0.0 --jq .manifest.description" \
  "info hostile@1.0.0 --jq '\"a\\n::error::x\"'" "info hostile@1.0.0 --jq .manifest.displayName"; do
  expect 0 in_job "mkt $command | cat" "${secrets[@]}" "${github[@]}"
  [[ -s out ]] || fail "nothing printed: $command"
  if grep -E '^[[:space:]]*::|##\[' out err; then fail "a workflow command in the log: $command"; fi
done
expect 0 in_job "mkt info hostile@1.0.0 --jq .manifest.description >kept" "${secrets[@]}" "${github[@]}"
[[ $(<checkout/kept) == ::error::x ]] || fail "a file has $(<checkout/kept)"
rm checkout/kept
expect 0 in_job "mkt info hostile@1.0.0 --json | jq -r .manifest.displayName" "${secrets[@]}" "${github[@]}"
[[ $(<out) == '##[error]y' ]] || fail "JSON has another text: $(<out)"
expect 0 in_job "mkt info hostile@1.0.0 --jq .manifest.description | cat" "${secrets[@]}"
[[ $(<out) == ::error::x ]] || fail "elsewhere: $(<out)"

# --- GitLab ----------------------------------------------------------------------------------------------
sed -i 's/"1.0.0"/"1.1.0"/' checkout/connector.manifest.json
mapfile -t variables < <(job gitlab-ci.yml publish variables)
expect 0 in_job "$(job gitlab-ci.yml publish script)" "${secrets[@]}" GITLAB_CI=true "${variables[@]}"
[[ $(job gitlab-ci.yml publish artifacts reports dotenv) == mkt.env ]] || fail "the job does not keep the variables"
says checkout/mkt.env "MKT_VERSION=1.1.0"
jq -e --arg url "$MKT_REGISTRY/v1/connectors/tool/1.1.0" '.mkt[0].external_link.url == $url' \
  "checkout/$(job gitlab-ci.yml publish artifacts reports annotations)" >/dev/null || fail "no link to the version"

# What somebody else keeps in that file stays, and the version is published nevertheless.
sed -i 's/"1.1.0"/"1.2.0"/' checkout/connector.manifest.json
echo 'mine' >checkout/links.json
expect 0 in_job "mkt publish" "${secrets[@]}" GITLAB_CI=true MKT_GITLAB_ANNOTATIONS=links.json
says err "warning: links.json is left as it is"
[[ $(<checkout/links.json) == mine ]] || fail "it was overwritten: $(<checkout/links.json)"

# What mkt.lock says is installed without a token.
rm -r checkout/*
(cd checkout && HOME=$work/home "$MKT" install tool >/dev/null 2>&1)
rm -r checkout/connectors
expect 0 in_job "$(job gitlab-ci.yml install script)" "MKT_REGISTRY=$MKT_REGISTRY" GITLAB_CI=true
[[ -f checkout/connectors/tool/install-receipt.json ]] || fail "nothing was installed"
