#!/usr/bin/env bash
# The Debian packages: what is in them, what lintian says, and installing, upgrading, removing and purging them
# in a Debian of the test's own.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/own_debian.sh"
left_out=()

pack_debs
for package in mkt mktd; do
  # Every library that it is linked with, or loads, comes with what it depends on.
  grep -qx libcurl4 $package.depends || fail "$package does not depend on libcurl4"
  for file in bash-completion/completions/$package zsh/vendor-completions/_$package fish/vendor_completions.d/$package.fish \
    doc/$package/copyright doc/$package/changelog.gz doc/$package/changelog.Debian.gz; do
    [[ -s $package/usr/share/$file ]] || fail "$package has no $file"
  done
done
# Every page is in one package, compressed.
(cd "$SOURCE/man" && printf '%s.gz\n' *.[1-8]) | sort >pages
(cd mkt && find usr/share/man -type f -printf '%f\n'; cd ../mktd && find usr/share/man -type f -printf '%f\n') | sort | diff pages - >&2 || fail "the pages"
[[ $(zcat mktd/usr/share/man/man8/mktd.8.gz) == "$(<"$SOURCE/man/mktd.8")" ]] || fail "mktd.8.gz"
[[ -z $(find mkt/usr/share/man -name 'mktd*') ]] || fail "mkt has pages of mktd"
# The settings are the program's own.
env -i STATE_DIRECTORY=/var/lib/mktd "$MKTD" --config /dev/null --print-config | diff - mktd/etc/mktd/mktd.conf >&2 || fail "other settings"
[[ $(<mktd/DEBIAN/conffiles) == /etc/mktd/mktd.conf ]] || fail "the conffiles"
for script in postinst prerm postrm; do sh -n mktd/DEBIAN/$script || fail "$script"; done

if type -P lintian >/dev/null; then
  # The optimizer stores texts in overlapping parts, which lintian reads as words that nobody wrote.
  suppressed=(--suppress-tags spelling-error-in-binary)
  # Only an optimized build can be fortified.
  grep -q '^CMAKE_BUILD_TYPE:STRING=Debug' "$MKT_BUILD_DIR/CMakeCache.txt" && suppressed=(--suppress-tags spelling-error-in-binary,hardening-no-fortify-functions)
  root_may=()
  ((EUID != 0)) || root_may=(--allow-root)
  # Info and pedantic count as failures, too; each override says why.
  expect 0 lintian "${root_may[@]}" --pedantic --display-info --fail-on error,warning,info,pedantic "${suppressed[@]}" "$mkt_deb" "$mktd_deb"
  for override in mkt/usr/share/lintian/overrides/mkt mktd/usr/share/lintian/overrides/mktd; do
    awk 'NF && !/^#/ && last !~ /^#/ { bad = 1 } { last = $0 } END { exit bad }' $override || fail "an override in $override without a reason"
  done
else
  left_out+=("there is no lintian")
fi

make_debian
if [[ -n $no_debian ]]; then
  left_out+=("$no_debian")
  skip "packages: ${left_out[*]}"
fi
debian=$work/debian
[[ -e debian/dev/null ]] || mknod -m 666 debian/dev/null c 1 3
[[ -e debian/dev/urandom ]] || mknod -m 666 debian/dev/urandom c 1 9
# systemd-tmpfiles wants it.
cleanup() { umount -l "$debian/proc" 2>/dev/null; }
if ! mount -t proc proc debian/proc 2>mount.err; then
  left_out+=("installing wants to mount /proc: $(<mount.err)")
  skip "packages: ${left_out[*]}"
fi
within() { chroot "$debian" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }
here=/packages/$(basename "$mkt_deb") new=/packages/$(basename "$mktd_deb")
mode() { chroot "$debian" stat -c '%U:%G %a' "$1"; }

# An older version, with other settings as the default.
dpkg-deb -R "$mktd_deb" older
sed -i 's/^Version: .*/Version: 0.0.1-1/' older/DEBIAN/control
echo '# of the older version' >>older/etc/mktd/mktd.conf
dpkg-deb --root-owner-group -b older debian/packages/older.deb >/dev/null

# --- Install
expect 0 within dpkg -i "$here" /packages/older.deb
says out "mktd init"
[[ $(mode /var/lib/mktd) == 'mktd:mktd 700' ]] || fail "/var/lib/mktd is $(mode /var/lib/mktd)"
[[ $(mode /etc/mktd/mktd.conf) == 'root:mktd 640' ]] || fail "mktd.conf is $(mode /etc/mktd/mktd.conf)"
[[ $(within getent passwd mktd) == *:/var/lib/mktd:*nologin ]] || fail "the user: $(within getent passwd mktd)"
[[ ! -e debian/etc/systemd/system/multi-user.target.wants/mktd.service ]] || fail "mktd is enabled before it was set up"
expect 0 within mkt --version
expect 0 within mktd --version
port=$((20000 + RANDOM % 10000))
while (: <>/dev/tcp/127.0.0.1/$port) 2>/dev/null; do port=$((20000 + RANDOM % 10000)); done
expect 0 within mktd init --reads token --listen 127.0.0.1:$port </dev/null
cp out set_up
says out "systemctl enable --now mktd"
[[ $(mode /etc/mktd/mktd.conf) == 'root:mktd 640' && $(mode /var/lib/mktd/admin.token) == 'mktd:mktd 600' ]] || fail "the modes after mktd init"
expect 0 within systemctl enable mktd.service
wanted=debian/etc/systemd/system/multi-user.target.wants/mktd.service
[[ -L $wanted ]] || fail "mktd cannot be enabled"
cp -p debian/etc/mktd/mktd.conf ours

# It runs as its user, as the unit starts it, and the line that was printed logs in.
run_installed() {
  chroot --userspec=mktd:mktd "$debian" /usr/bin/env -i STATE_DIRECTORY=/var/lib/mktd \
    $(sed -n 's/^ExecStart=//p' debian/lib/systemd/system/mktd.service) 2>>mktd.log &
  daemon=$!
  wait_for "the installed mktd" test -s debian/var/lib/mktd/mktd.url
}
run_installed
expect 0 within sh -c "$(tail -n 1 set_up)"
says out "as admin"
expect 0 within mkt --registry http://127.0.0.1:$port token list
stop_mktd

# --- Upgrade: what the admin said stays.
expect 0 within dpkg --force-confold -i "$new"
cmp ours debian/etc/mktd/mktd.conf || fail "the upgrade changed the settings"
[[ $(mode /etc/mktd/mktd.conf) == 'root:mktd 640' ]] || fail "the upgrade changed the mode of mktd.conf"
[[ -L $wanted ]] || fail "the upgrade disabled mktd"
! grep -q 'mktd init' out || fail "the upgrade tells to set it up again"
run_installed
expect 0 within mkt --registry http://127.0.0.1:$port token list
stop_mktd

# --- Remove, and install again: settings and data stay.
expect 0 within dpkg -r mktd
[[ ! -e debian/usr/sbin/mktd ]] || fail "the program is still there"
cmp ours debian/etc/mktd/mktd.conf || fail "removing changed the settings"
[[ -s debian/var/lib/mktd/mktd.db ]] || fail "removing took the data"
expect 0 within dpkg -i "$new"
cmp ours debian/etc/mktd/mktd.conf || fail "installing again changed the settings"
[[ -L $wanted ]] || fail "installing again disabled mktd"
run_installed
expect 0 within mkt --registry http://127.0.0.1:$port token list
stop_mktd

# --- Purge: the settings go; a marketplace stays, an empty folder does not.
expect 0 within dpkg -P mktd
says out "/var/lib/mktd holds a marketplace and stays"
[[ -s debian/var/lib/mktd/mktd.db && -s debian/var/lib/mktd/admin.token ]] || fail "purging took a marketplace"
[[ ! -e debian/etc/mktd ]] || fail "purging left settings: $(ls debian/etc/mktd)"
[[ ! -L $wanted ]] || fail "purging left mktd enabled"
[[ -z $(find debian/etc/systemd debian/var/lib/systemd -name '*mktd*') ]] || fail "purging left $(find debian/etc/systemd debian/var/lib/systemd -name '*mktd*')"
rm -r debian/var/lib/mktd
expect 0 within dpkg -i "$new"
says out "mktd init"
expect 0 within dpkg -P mktd mkt
[[ ! -e debian/var/lib/mktd ]] || fail "purging left an empty folder"
expect 0 within dpkg --audit
[[ ! -s out ]] || fail "dpkg --audit: $(<out)"
[[ -z $(find debian -xdev \( -path debian/proc -o -path debian/packages \) -prune -o -name '*mktd*' -print | grep -vE '/var/log/|/etc/(passwd|group|shadow|gshadow)') ]] ||
  fail "purging left $(find debian -xdev -name '*mktd*')"

((${#left_out[@]} == 0)) || skip "packages: ${left_out[*]}"
