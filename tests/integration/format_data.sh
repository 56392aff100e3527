#!/usr/bin/env bash
# mktd-data(5): the folder, the tables and the backup are what the page says, and its examples work.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/man_page.sh"
page=mktd-data.5
command -v sqlite3 >/dev/null || skip "sqlite3 is not installed"
sql() { sqlite3 -readonly data/mktd.db "$1"; }

umask 022
start_mktd
register acme
make_connector hello
expect 0 "$MKT" publish hello
expect 0 "$MKTD" backup first.tar --data data

# --- The folder -----------------------------------------------------------------------------------------
while read -r name mode _; do
  for path in data/$(sed 's,HH,??,; s,SHA256,*,' <<<"$name"); do
    case $path in data/blobs/incoming*) continue ;; esac
    [[ $(stat -c %04a "$path") == "$mode" ]] || fail "$path has mode $(stat -c %04a "$path"), the page says $mode"
  done
done < <(block "$page" example files)
while read -r folder; do [[ $(stat -c %04a "$folder") == 0700 ]] || fail "$folder is not 0700"; done < <(find data -type d)
# Every file is one of the page's.
while read -r path; do
  listed=$(sed -E 's,blobs/[0-9a-f]{2}/[0-9a-f]{64}$,blobs/HH/SHA256,' <<<"$path")
  grep -qFx -- "$listed" <<<"$(block "$page" example files | cut -d' ' -f1)" || fail "$path is not in the page"
done < <(cd data && find . -type f -printf '%P\n')
while read -r blob; do
  [[ $(sha256sum <"$blob" | cut -c1-64) == "$(basename "$blob")" && $(basename "$(dirname "$blob")") == "$(basename "$blob" | cut -c1-2)" ]] ||
    fail "$blob has another SHA-256"
done < <(find data/blobs -type f)
[[ $(<data/LOCK) == "$daemon" ]] || fail "LOCK holds $(<data/LOCK)"
[[ $(<data/mktd.url) =~ ^http://127\.0\.0\.1:[0-9]+$ ]] || fail "mktd.url"
[[ $(<data/admin.token) =~ ^mkt_[0-9a-f]{12}_[0-9a-f]{64}$ ]] || fail "admin.token"
eval "$(block "$page" example running)" || fail "the page's command says that mktd does not run"

# --- The tables: all of them, column by column ----------------------------------------------------------
[[ $(sql 'PRAGMA user_version') == "$(block "$page" example schema)" ]] || fail "the page is of another schema than $(sql 'PRAGMA user_version')"
[[ $(sql 'PRAGMA journal_mode') == wal ]] || fail "the journal"
sql "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name" >tables
diff tables <(blocks "$page" table | sort) || fail "the tables are not those of the page (<)"
while read -r table; do
  # name, type, key, null
  sql "SELECT name, type, pk > 0, \"notnull\" = 0 AND pk = 0 FROM pragma_table_info('$table') ORDER BY cid" >is
  block "$page" table "$table" | perl -ne '
    next if /^ /;
    /^(\w+)([*?]?) +(\w+)/ or die "no column: $_";
    my %types = (text => "TEXT", json => "TEXT", integer => "INTEGER", time => "INTEGER", flag => "INTEGER", seq => "INTEGER");
    print join("|", $1, $types{$3} // "no type $3", $2 eq "*" ? 1 : 0, $2 eq "?" ? 1 : 0), "\n"' >said
  diff is said || fail "the columns of $table (<) are not those of the page (>)"
  sql "SELECT \"from\" || ' -> ' || \"table\" FROM pragma_foreign_key_list('$table') ORDER BY 1" >is
  block "$page" table "$table" | sed -nE 's/^(\w+)[*?]? .* -> (\w+).*/\1 -> \2/p' | sort >said
  diff is said || fail "what $table refers to (<) is not what the page says (>)"
  [[ $(sql "SELECT sql FROM sqlite_master WHERE name = '$table'") == *STRICT* ]] || fail "$table is not strict"
done <tables
# Words that a column may have: the database refuses others.
for column in publishers.status publisher_keys.status tokens.role install_requests.status connector_labels.kind installation_events.action; do
  table=${column%.*} name=${column#*.}
  sql "SELECT sql FROM sqlite_master WHERE name = '$table'" | tr '\n' ' ' |
    sed -E "s/.*\b$name +TEXT NOT NULL *CHECK \($name IN \(([^)]*)\).*/\1/; s/'//g" >is
  block "$page" table "$table" | sed -nE "s/^$name[*?]? +text +(.*)/\1/p" >said
  cmp -s <(tr -d ' \n' <is) <(tr -d ' \n' <said) || fail "$column may be $(<is), the page says $(<said)"
done
sed -nE 's/^ +\{"([a-z.-]+)"(, true)?\},$/\1/p' "$SOURCE/daemon/store/log_actions.h" | sort >is
grep -rohE '"(token|publisher|key|owner|version|policy|request|installation|limit|mirror|connector|history)\.[a-z-]+"' \
  --include='*.cc' "$SOURCE/daemon/service" "$SOURCE/daemon/http" | tr -d '"' | sort -u | comm -23 - is >unknown
[[ ! -s unknown ]] || fail "not in log_actions.h: $(<unknown)"
diff is <(block "$page" example actions | tr ' ' '\n' | sort) || fail "the actions of the code (<) are not those of the page (>)"

# --- The examples ---------------------------------------------------------------------------------------
eval "$(block "$page" example list)" >out
[[ $(<out) == "hello@1.0.0|$(cd data && find blobs -type f -path 'blobs/??/*')" ]] || fail "list: $(<out)"
eval "$(block "$page" example check)" || fail "check"
TOKEN=$token
[[ $(eval "$(block "$page" example token)") == "${token:4:12}|admin|" ]] || fail "token"
sql "SELECT subject FROM audit_log WHERE action = 'version.publish'" >out
[[ $(<out) == hello@1.0.0 ]] || fail "audit_log"
! sqlite3 data/mktd.db "PRAGMA wal_autocheckpoint=0; DELETE FROM audit_log" >out 2>err || fail "the log can be changed"
says err "append only"

# A backup made by hand is one, and mktd's is of the same form.
eval "$(block "$page" example backup)"
expect 0 "$MKTD" restore backup.tar --data by-hand
expect 0 "$MKTD" check --data by-hand
expect 0 "$MKTD" backup mktd.tar --data data
[[ $(stat -c %a mktd.tar) == 600 ]] || fail "a backup's mode"
tar -tf mktd.tar >out
[[ $(<out) == $'mktd.db\n'"$(cd data && find blobs -type f -path 'blobs/??/*' | sort)" ]] || fail "a backup holds $(<out)"
# Another name, another kind, a tarball too few, and another SHA-256.
tar -xf mktd.tar --one-top-level=parts
blob=$(cd parts && find blobs -type f)
echo x >parts/other
refused() { # STATUS FILE…: a backup of these
  local status=$1
  shift
  tar -cf changed.tar -C parts --no-recursion "$@"
  expect "$status" "$MKTD" restore changed.tar --data never
  [[ ! -e never ]] || fail "something was restored of $*"
}
refused 10 mktd.db "$blob" other
refused 10 mktd.db "$blob" blobs
refused 10 mktd.db
refused 3 "$blob"
echo x >>"parts/$blob"
refused 10 mktd.db "$blob"

# --- The lock, and what a crash leaves ------------------------------------------------------------------
expect 2 "$MKTD" --data data --listen 127.0.0.1:0
expect 0 "$MKTD" gc --data data
mv data/control.sock hidden.sock
expect 2 "$MKTD" gc --data data
mv hidden.sock data/control.sock
stop_mktd
[[ ! -e data/control.sock ]] || fail "control.sock stays"
[[ ! -e data/mktd.url ]] || fail "mktd.url stays"
! eval "$(block "$page" example running)" || fail "the page's command says that mktd runs"
exec 9>>data/LOCK
flock --exclusive 9
expect 2 "$MKTD" --data data --listen 127.0.0.1:0
exec 9>&-
blob=$(find data/blobs -type f)
other=$(printf other | sha256sum | cut -c1-64)
mkdir -p "data/blobs/${other:0:2}"
printf other >"data/blobs/${other:0:2}/$other"
printf other >"data/blobs/incoming/$other.0123456789abcdef"
cp "$blob" "data/blobs/incoming/$(basename "$blob").0123456789abcdef"
printf x >data/blobs/incoming/upload-0123456789abcdef
start_mktd
[[ -z $(ls data/blobs/incoming) ]] || fail "incoming is not emptied"
[[ ! -e data/blobs/${other:0:2}/$other ]] || fail "a tarball without a row stays"
[[ -e $blob ]] || fail "a tarball with a row went"
stop_mktd
# A newer schema is refused.
cp -r data newer
sqlite3 newer/mktd.db "PRAGMA user_version = 1000"
expect 10 "$MKTD" --data newer --listen 127.0.0.1:0
# A folder of others' is closed or refused.
chmod 755 data
start_mktd
[[ $(stat -c %a data) == 700 ]] || fail "the folder is open to others"
stop_mktd
chmod 777 data
expect 2 "$MKTD" --data data --listen 127.0.0.1:0
