#!/usr/bin/env bash
# scripts/check-sql passes on the store's SQL, and finds each word that it is there to find.
source "$(dirname "$0")/lib.sh"

"$SOURCE/scripts/check-sql" || fail "the SQL in daemon/store/postgres is not in the common subset"

for sql in 'SELECT pg_advisory_lock(1)' "SELECT nextval('n')" 'LISTEN mkt' 'NOTIFY mkt' \
  'CREATE TRIGGER t' 'num BIGSERIAL' 'num serial' 'CREATE TEMP TABLE t' 'GENERATED ALWAYS AS IDENTITY' \
  'SELECT txid_current()' 'document jsonb' 'ISOLATION LEVEL SERIALIZABLE' 'LOCK TABLE t'; do
  mkdir -p sql
  printf 'const char* sql = "%s";\n' "$sql" >sql/rows.cc
  ! "$SOURCE/scripts/check-sql" "$work/sql" 2>/dev/null || fail "check-sql does not find: $sql"
  printf '// %s\n' "$sql" >sql/rows.cc
  "$SOURCE/scripts/check-sql" "$work/sql" || fail "check-sql finds a comment: $sql"
done
