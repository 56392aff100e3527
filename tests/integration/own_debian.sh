# Sourced after lib.sh by tests that install the packages: packs them, and makes a Debian of the test's own.
#
# That Debian is made from the system's package sources, with what the packages depend on, and kept in the build
# folder for the next run and for the other tests.

# pack_debs: sets $mkt_deb and $mktd_deb; ./mkt and ./mktd are what is in them, ./mkt.depends and ./mktd.depends what
# they depend on, sorted.
pack_debs() {
  [[ -z $SANITIZER ]] || skip "packages: a build with a sanitizer is not packed"
  local program package
  for program in cpack dpkg-deb dpkg-shlibdeps; do
    type -P $program >/dev/null || skip "packages: there is no $program"
  done
  expect 0 cpack --config "$MKT_BUILD_DIR/CPackConfig.cmake" -B "$work/packed"
  mkt_deb=$(ls packed/mkt_*.deb) mktd_deb=$(ls packed/mktd_*.deb)
  for package in mkt mktd; do
    dpkg-deb -R "$(ls packed/${package}_*.deb)" $package
    dpkg-deb -f "$(ls packed/${package}_*.deb)" Depends | tr ',' '\n' | sed 's/ *(.*//; s/ *|.*//; s/^ *//' | sort >$package.depends
  done
}

# make_debian: unpacks it into ./debian, with the packages in /packages; sets $no_debian to why there is none.
make_debian() {
  no_debian=
  if ((EUID != 0)) || ! type -P mmdebstrap >/dev/null; then
    no_debian="installing wants root and mmdebstrap"
    return
  fi
  # What lib.sh counts on, and what the packages depend on; init systems are told by what runs, and none does.
  local suite include kept sources
  suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
  include=$(sort -u mkt.depends mktd.depends | grep -v '^default-systemd' | paste -sd,),systemd
  kept=$MKT_BUILD_DIR/debian-$(sha256sum <<<"$suite $include" | cut -c 1-12).tar
  exec {making}>"$kept.lock"
  flock "$making"
  if [[ ! -s $kept ]]; then
    sources=$(find /etc/apt/sources.list /etc/apt/sources.list.d -type f \( -name '*.list' -o -name '*.sources' \) -size +0 2>/dev/null || true)
    # shellcheck disable=SC2086
    mmdebstrap --quiet --variant=minbase --include="$include" "$suite" "${kept%.tar}.new.tar" $sources >mmdebstrap.out 2>&1 || {
      tail -n 3 mmdebstrap.out >&2
      rm -f "${kept%.tar}.new.tar"
      no_debian="no Debian could be made from the system's package sources"
    }
    [[ -n $no_debian ]] || mv "${kept%.tar}.new.tar" "$kept"
  fi
  exec {making}>&-
  [[ -z $no_debian ]] || return 0
  mkdir debian
  tar -xf "$kept" -C debian --exclude='./dev/*'
  mkdir -p debian/packages
  cp "$mkt_deb" "$mktd_deb" debian/packages
}
