#!/usr/bin/env bash
# `mktd backup --since`: only what came since, a chain that restores to the same registry, and no gap
# in it that goes unseen.
source "$(dirname "$0")/lib.sh"

# The same rows and tarballs, whatever the pages of the database file look like.
same_folder() { # FOLDER FOLDER
  local folder
  for folder in "$1" "$2"; do
    sqlite3 -readonly "$folder/mktd.db" .dump | sort >"$work/$folder.dump"
    (cd "$folder" && find blobs -type f ! -path '*/incoming/*' | sort | xargs sha256sum) >"$work/$folder.sums"
  done
  diff "$work/$1.dump" "$work/$2.dump" >&2 || fail "$1 and $2 have other rows"
  diff "$work/$1.sums" "$work/$2.sums" >&2 || fail "$1 and $2 have other tarballs"
}
command -v sqlite3 >/dev/null || skip "sqlite3 is not installed"
publish() { # ID
  make_connector "$1"
  head -c 300000 /dev/urandom >"$1/noise.bin"
  expect 0 "$MKT" publish "$1"
}

mkdir b
start_mktd
register acme
publish one
publish two
expect 0 "$MKTD" backup b/full.tar --data data
publish three
expect 0 "$MKTD" backup b/first.tar --since b/full.tar --data data --json
[[ $(jq -c '[.file, .tarballs, .since, .earlierTarballs]' out) == '["b/first.tar",1,"b/full.tar",2]' ]] || fail "backup says $(<out)"
expect 0 "$MKTD" backup b/nothing.tar --since b/first.tar --data data --json
[[ $(jq -c '[.tarballs, .earlierTarballs]' out) == '[0,3]' ]] || fail "backup says $(<out)"
publish four
stop_mktd # it writes then when tokens were used
expect 0 "$MKTD" backup b/second.tar --since b/nothing.tar --data data
says out "the database and 1 tarball,"
cp -r data now
(($(stat -c %s b/second.tar) < $(stat -c %s b/full.tar))) || fail "an incremental backup is as large as a full one"
[[ $(stat -c %a b/second.tar) == 600 ]] || fail "a backup may be read by others"
# As mktd-data(5) says: any tar reads it, and the text says what comes before.
[[ $(tar -tf b/second.tar | head -2 | tr '\n' ' ') == 'since mktd.db ' ]] || fail "the order: $(tar -tf b/second.tar)"
tar -xOf b/second.tar since >since
[[ $(<since) == "previous nothing.tar
database $(tar -xOf b/nothing.tar mktd.db | sha256sum | cut -d' ' -f1)" ]] || fail "since: $(<since)"

# It restores to the same, and any other link to what it was then.
expect 0 "$MKTD" restore b/second.tar --data restored
same_folder now restored
expect 0 "$MKTD" restore b/first.tar --data then
expect 0 "$MKTD" check --data then --json
[[ $(jq -c '[.tarballs, .unreferenced]' out) == '[3,0]' ]] || fail "check says $(<out)"

# A link that is missing, another one, or damaged: nothing is restored.
refuse() { # WHAT-IS-SAID
  expect 10 "$MKTD" restore b/second.tar --data refused
  says err "$1"
  [[ ! -e refused && -z $(ls -d .mktd-restore-* 2>/dev/null) ]] || fail "something was restored"
}
for link in full first nothing; do
  mv b/$link.tar kept
  refuse "$link.tar, which is not there"
  cp b/second.tar b/$link.tar
  refuse "$link.tar, which is another backup now"
  mv kept b/$link.tar
done
cp b/full.tar kept
noisy=$(tar -tvRf b/full.tar | sort -k5 -n | awk '/ blobs\//{block = $2} END {print block + 0}')
flip_byte b/full.tar $(((noisy + 1) * 512 + 5000))
refuse "is damaged"
head -c 100000 kept >b/full.tar
refuse "damaged"
cp kept b/full.tar
expect 0 "$MKTD" restore b/second.tar --data fine
# A chain with a gap is not gone on with either.
mv b/first.tar kept
expect 10 "$MKTD" backup b/third.tar --since b/second.tar --data data
says err "first.tar, which is not there"
mv kept b/first.tar
[[ ! -e b/third.tar ]] || fail "a chain with a gap has a new link"

# The file that others need is not overwritten, and they are all in one folder.
for link in full first second; do
  expect 2 "$MKTD" backup b/$link.tar --since b/second.tar --data data
done
expect 2 "$MKTD" backup elsewhere.tar --since b/second.tar --data data
expect 3 "$MKTD" backup b/third.tar --since b/none.tar --data data

# A stranger's archive leads nowhere else.
evil() { # SINCE
  mkdir -p evil
  printf "$1" >evil/since
  tar -xf b/second.tar -C evil mktd.db
  tar -C evil -cf b/evil.tar since mktd.db
  expect 10 "$MKTD" restore b/evil.tar --data evil-data
  [[ ! -e evil-data ]] || fail "evil.tar was restored"
}
sum=$(printf 0 | sha256sum | cut -d' ' -f1)
evil "previous ../data/full.tar\ndatabase $sum\n"
evil "previous /etc/passwd\ndatabase $sum\n"
evil "previous evil.tar\ndatabase $sum\n"
evil "previous evil.tar\ndatabase $(sha256sum <evil/mktd.db | cut -d' ' -f1)\n" # itself, for ever
evil "previous \ndatabase $sum\n"
evil "previous full.tar\n"
evil "previous full.tar\ndatabase x\n"
evil "%0*d" # too few
printf 'previous %5000d\ndatabase %s\n' 0 "$sum" >evil/since
tar -C evil -cf b/evil.tar since mktd.db
expect 10 "$MKTD" restore b/evil.tar --data evil-data
rm b/evil.tar

# Killed at any moment, it leaves no file that looks whole, and the next one tidies up.
for delay in 0.002 0.005 0.01 0.02 0.03 0.05; do
  "$MKTD" backup b/killed.tar --since b/first.tar --data data >/dev/null 2>&1 &
  victim=$!
  sleep $delay
  kill -9 $victim 2>/dev/null || true
  wait $victim 2>/dev/null || true
  [[ ! -e b/killed.tar ]] || expect 0 "$MKTD" restore b/killed.tar --data "killed-$delay"
done
expect 0 "$MKTD" backup b/killed.tar --since b/first.tar --data data
[[ -z $(ls -d b/.mktd-* 2>/dev/null) ]] || fail "the killed ones left $(ls -da b/.mktd-*)"
expect 0 "$MKTD" restore b/killed.tar --data killed
same_folder now killed

# A version that is withdrawn while a backup runs does not spoil it: the backup is of after that.
start_mktd
make_connector large
head -c 45000000 /dev/urandom >large/noise.bin
expect 0 "$MKT" publish large
sum_of() { sqlite3 -readonly data/mktd.db "SELECT checksum FROM versions WHERE connector_id = '$1'"; }
for i in 1 2 3 4 5 6 7 8 9 10; do
  publish "late$i"
  late=late$i
  [[ ! $(sum_of "$late") > $(sum_of large) ]] || break # tarballs are copied in the order of their checksums
done
"$MKTD" backup b/during.tar --data data >during.out 2>during.err &
backup=$!
until [[ -s $(echo b/.mktd-*/backup.tar) || ! -e /proc/$backup ]]; do :; done
kill -STOP $backup
[[ -e b/during.tar ]] || expect 0 "$MKT" withdraw "$late@1.0.0" --reason-code mistake --reason 'not meant to be out' --yes
kill -CONT $backup
wait $backup || fail "backup ended with $?: $(<during.err)"
expect 0 "$MKTD" restore b/during.tar --data during
expect 0 "$MKTD" check --data during
