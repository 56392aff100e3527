#!/usr/bin/env bash
# Check, backup, restore and gc: beside the daemon where they may be, and on damaged data.
source "$(dirname "$0")/lib.sh"

start_mktd
register acme
for id in one two three; do
  make_connector $id
  head -c 100000 /dev/urandom >$id/noise.bin
  expect 0 "$MKT" publish $id
done
before=$(curl -sS "$MKT_REGISTRY/v1/search" | jq -S 'del(.connectors[].downloads)')

# While it runs, also while it is being written to.
(for i in $(seq 1 30); do
  make_connector busy 1.0.$i
  "$MKT" publish busy >/dev/null 2>&1
done) &
writer=$!
for ((i = 0; i < 3; i++)); do
  expect 0 "$MKTD" check --data data
  expect 0 "$MKTD" backup "backup$i.tar" --data data
done
wait "$writer"
[[ $(stat -c %a backup0.tar) == 600 ]] || fail "a backup may be read by others"
tar tf backup0.tar >/dev/null || fail "a backup is a tar archive"
# The daemon does it itself; one that cannot be asked must be stopped.
expect 0 "$MKTD" gc --data data
says out "removed 0"
mv data/control.sock hidden.sock
expect 2 "$MKTD" gc --data data
says err "stop that one"
mv hidden.sock data/control.sock
expect 0 "$MKTD" backup full.tar --data data
expect 0 "$MKTD" check --data data --json
[[ $(jq -c .damage out) == '[]' && $(jq .tarballs out) == 33 ]] || fail "check says $(<out)"
"$MKT" publisher show acme --json | jq -S .keys >keys.before
stop_mktd

# What could not be restored is no backup.
tarball=$(find data/blobs -type f | head -n 1)
cp -p "$tarball" sound
echo more >>"$tarball"
expect 10 "$MKTD" backup broken.tar --data data
says err "mktd check"
[[ ! -e broken.tar ]] || fail "a backup that cannot be restored was written"
rm "$tarball"
expect 10 "$MKTD" backup broken.tar --data data
cp -p sound "$tarball"
expect 0 "$MKTD" backup sound.tar --data data
# Into a folder that is there, through a link to it, and it stays its owner's.
mkdir -m 700 -p inside/there
ln -s inside/there link
((EUID != 0)) || chown 65534:65534 inside/there
before_inode=$(stat -c '%i %u' inside/there)
expect 0 "$MKTD" restore sound.tar --data link
[[ $(stat -c '%i %u' inside/there) == "$before_inode" && $(ls -A inside) == there ]] || fail "another folder: $(ls -lna inside)"
[[ $(find inside/there -printf '%u\n' | sort -u | wc -l) == 1 ]] || fail "files of others: $(find inside/there -printf '%u %p\n')"
expect 0 "$MKTD" check --data inside/there
expect 8 "$MKTD" restore sound.tar --data link

# Into a folder of its own, and it is the same registry.
expect 8 "$MKTD" restore full.tar --data data
expect 0 "$MKTD" restore full.tar --data restored
expect 0 "$MKTD" check --data restored
for ((i = 0; i < 3; i++)); do expect 0 "$MKTD" restore "backup$i.tar" --data "r$i"; done
mv data original
cp -r restored data
cp original/admin.token data/
start_mktd
[[ $(curl -sS "$MKT_REGISTRY/v1/search" | jq -S 'del(.connectors[].downloads) | .connectors |= map(select(.id != "busy")) | .total = 3') == "$before" ]] || fail "the restored catalog differs"
"$MKT" publisher show acme --json | jq -S .keys | cmp - keys.before || fail "the keys differ"
expect 0 "$MKT" install two
expect 0 "$MKT" --registry "$MKT_REGISTRY" verify connectors/two
stop_mktd

# Garbage: what nothing refers to, and nothing else.
stray=$(head -c 1000 /dev/urandom | tee stray | sha256sum | cut -d' ' -f1)
mkdir -p "data/blobs/${stray:0:2}"
cp stray "data/blobs/${stray:0:2}/$stray"
expect 0 "$MKTD" check --data data
says out "1 more that nothing refers to"
expect 0 "$MKTD" gc --data data
says out "removed 1"
[[ ! -e data/blobs/${stray:0:2}/$stray ]] || fail "garbage stayed"
expect 0 "$MKTD" check --data data

# Damage is found and named.
blob=$(find data/blobs -type f -size +90k | head -1)
cp "$blob" kept
flip_byte "$blob" 5000
expect 10 "$MKTD" check --data data
says out "is damaged"
rm "$blob"
expect 10 "$MKTD" check --data data
says out "is missing"
expect 10 "$MKTD" backup broken.tar --data data
[[ ! -e broken.tar && -z $(ls .mktd-backup-* 2>/dev/null) ]] || fail "a backup that failed left something"
cp kept "$blob"
cp data/mktd.db good.db
printf 'garbage' | dd of=data/mktd.db bs=1 seek=8192 conv=notrunc status=none
expect 10 "$MKTD" check --data data
cp good.db data/mktd.db
expect 3 "$MKTD" check --data nowhere

# Backups that are cut, damaged or somebody else's.
head -c 60000 full.tar >cut.tar
expect 10 "$MKTD" restore cut.tar --data cut
[[ ! -e cut ]] || fail "a cut backup was restored"
cp full.tar bad.tar
# Inside a tarball's bytes: what fills a tar archive's blocks up may be anything.
noisy=$(tar -tvRf full.tar | sort -k5 -n | awk '/ blobs\//{block = $2} END {print block + 0}')
flip_byte bad.tar $(((noisy + 1) * 512 + 5000))
expect 10 "$MKTD" restore bad.tar --data bad
# A tarball that nothing refers to must be what its name says, too: a later publish of the bytes
# that it is named after would be answered with these.
planted=$(echo planned | sha256sum | cut -d' ' -f1)
mkdir -p "planted/blobs/${planted:0:2}"
tar -C planted -xf full.tar
echo other >"planted/blobs/${planted:0:2}/$planted"
(cd planted && tar -cf ../planted.tar mktd.db $(find blobs -type f))
expect 10 "$MKTD" restore planted.tar --data planted-data
says err "$planted"
[[ ! -e planted-data ]] || fail "a tarball under another's name was restored"
echo planned >"planted/blobs/${planted:0:2}/$planted"
(cd planted && tar -cf ../planted.tar mktd.db $(find blobs -type f))
expect 0 "$MKTD" restore planted.tar --data planted-data
mkdir -p evil/blobs
echo x >evil/passwd
tar -C evil --transform 's,passwd,../../passwd,' -cPf evil.tar passwd
expect 10 "$MKTD" restore evil.tar --data evil-data
says err "not a backup of mktd"
ln -s /etc/passwd evil/mktd.db
tar -C evil -cf link.tar mktd.db
expect 10 "$MKTD" restore link.tar --data evil-data
[[ ! -e evil-data && -z $(ls -d .mktd-restore-* 2>/dev/null) ]] || fail "a restore that failed left something"

# What a newer mktd has used is left alone: gc could remove what this one does not understand.
cp -r planted-data newer
sqlite3 newer/mktd.db 'PRAGMA user_version = 1000'
blobs=$(find newer/blobs -type f | wc -l)
for operation in gc check; do
  expect 10 "$MKTD" "$operation" --data newer
  says err "used by a newer mktd"
done
expect 10 "$MKTD" backup newer.tar --data newer
says err "used by a newer mktd"
[[ $(find newer/blobs -type f | wc -l) == "$blobs" && ! -e newer.tar ]] || fail "something was done to the folder of a newer mktd"
