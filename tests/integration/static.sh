#!/usr/bin/env bash
# The preset `static`: what its mkt needs of a system is what README.md says, by how it would be linked, and, where
# it was built, by the program itself.
source "$(dirname "$0")/lib.sh"

for program in ninja readelf; do type -P $program >/dev/null || skip "static: there is no $program"; done
paragraph=$(tr '\n' ' ' <"$SOURCE/README.md" | grep -oE 'For machines that are not Debian 12.*`libjq[^`]*` for `--jq`')
[[ -n $paragraph ]] || fail "README.md does not say what it needs"
grep -oE '`lib[a-z]+\.so\.[0-9]+`' <<<"$paragraph" | tr -d '`' | sort >documented
glibc=$(grep -oE 'glibc [0-9.]+[0-9]' <<<"$paragraph" | cut -d' ' -f2)

(cd "$SOURCE" && cmake --preset static -B "$work/static" -D CMAKE_CXX_COMPILER_LAUNCHER= >"$work/cmake.out" 2>&1) || { tail -n 20 cmake.out >&2; fail "it cannot be configured"; }
ninja -C static -t commands mkt | tail -n 1 >link
says link -static-libstdc++
says link -static-libgcc
{
  grep -oE '[^ ]+\.so[^ ]*' link | while read -r library; do readelf -d "$library" | sed -n 's/.*(SONAME).*\[\(.*\)\]/\1/p'; done
  # Loaded when they are needed first.
  grep -rhoE 'LoadedLibrary library\("[^"]+"' "$SOURCE/cli" "$SOURCE/common" --include='*.cc' | cut -d'"' -f2
} | sort >linked
diff documented linked >&2 || fail "README.md (<) says something else than how it is linked (>)"

program=$SOURCE/build/static/mkt
[[ -x $program ]] || skip "static: the preset static was not built, so only how it would be linked was looked at"
needed=$(readelf -d "$program" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sort)
echo "needs" $needed
# glibc's own, of which README.md says the version.
diff <(grep -vE '^(libcurl|libjq)' documented) <(grep -vE '^(libc\.so\.6|libm\.so\.6|ld-linux.*)$' <<<"$needed") >&2 || fail "it needs other libraries"
newest=$(readelf -V "$program" | grep -oE 'GLIBC_[0-9.]+' | cut -d_ -f2 | sort -Vu | tail -n 1)
[[ $(printf '%s\n' "$newest" "$glibc" | sort -V | tail -n 1) == "$glibc" ]] || fail "it needs glibc $newest, README.md says $glibc"
start_mktd
MKT=$program
register acme
make_connector tool
expect 0 "$MKT" publish tool
expect 0 "$MKT" install tool
expect 0 "$MKT" verify connectors/tool
