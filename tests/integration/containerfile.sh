#!/usr/bin/env bash
# The Containerfile: what hadolint says where it is installed, the rules that matter most in any case, and that
# what it copies is enough to build from.
source "$(dirname "$0")/lib.sh"

file=$SOURCE/scripts/packaging/Containerfile
if type -P hadolint >/dev/null; then expect 0 hadolint "$file"; fi
# An instruction to a line.
perl -0pe 's/^#.*\n//gm; s/\\\n\s*//g' "$file" | grep . >instructions
while read -r instruction rest; do
  case $instruction in
    FROM) [[ $rest =~ ^debian:12-slim( AS [a-z]+)?$ ]] || fail "FROM $rest" ;;
    COPY) [[ $rest == --from=build* ]] || for path in ${rest% *}; do
      [[ -e $SOURCE/$path ]] || fail "COPY of $path, which there is not"
    done ;;
    RUN)
      [[ $rest != *'apt-get install'* || $rest == *'rm -rf /var/lib/apt/lists/'* ]] || fail "package lists stay in the image: $rest"
      [[ $(grep -o 'apt-get install' <<<"$rest" | wc -l) == $(grep -o 'install -y --no-install-recommends' <<<"$rest" | wc -l) ]] || fail "RUN $rest"
      ! grep -E '(curl|wget|npm|pip3?) .*://' <<<"$rest" || fail "not from Debian's packages: $rest"
      ;;
    SHELL | WORKDIR | USER | VOLUME | EXPOSE | ENV | HEALTHCHECK | STOPSIGNAL | ENTRYPOINT | CMD) ;;
    *) fail "the instruction $instruction" ;;
  esac
done <instructions
[[ $(grep '^USER ' instructions | tail -n 1) == 'USER mktd' ]] || fail "it runs as $(grep '^USER ' instructions | tail -n 1)"
grep '^HEALTHCHECK ' instructions >/dev/null || fail "it has no HEALTHCHECK"
for list in SHELL HEALTHCHECK ENTRYPOINT CMD; do
  grep "^$list " instructions | grep -o '\[.*' | jq -e 'type == "array"' >/dev/null || fail "$list is no list of words"
done

# Only what it copies, configured as it does: every source is there.
mkdir copied
while read -r _ rest; do
  [[ $rest != --from* ]] || continue
  mkdir -p "copied/${rest##* }"
  for path in ${rest% *}; do
    if [[ -d $SOURCE/$path ]]; then cp -r "$SOURCE/$path/." "copied/${rest##* }"; else cp "$SOURCE/$path" "copied/${rest##* }/"; fi
  done
done < <(grep '^COPY ' instructions)
arguments=$(grep -oE 'cmake --preset [^&]*' instructions | cut -d' ' -f2-)
# shellcheck disable=SC2086
(cd copied && cmake $arguments >../cmake.out 2>&1) || { tail -n 20 cmake.out >&2; fail "it cannot be configured"; }
targets=$(grep -oE -- '--target [^&]*' instructions | cut -d' ' -f2-)
# shellcheck disable=SC2086
ninja -C copied/build/release -n $targets >ninja.out 2>&1 || { tail -n 20 ninja.out >&2; fail "it cannot be built"; }
[[ -f copied/build/release/CPackConfig.cmake ]] || fail "nothing to pack with"
# A daemon that shows nothing without a token is healthy; one that is not there is not.
start_mktd --reads token
probe() { # URL
  mapfile -t words < <(grep '^HEALTHCHECK ' instructions | grep -o '\[.*' | jq -r '.[]' | sed "s#http://127.0.0.1:3456#$1#")
  "${words[@]}"
}
expect 0 probe "$MKT_REGISTRY"
stop_mktd
! probe "$MKT_REGISTRY" 2>/dev/null || fail "a daemon that was stopped is healthy"
