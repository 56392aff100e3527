// The rows of the audit log and of the webhooks' cursors.
#include <limits>

#include "daemon/store/log_actions.h"
#include "daemon/store/postgres/rows.h"

namespace mkt::postgres {
namespace {

class LogRows : public Log {
 public:
  LogRows(Flight& db, PgChangeState& change) : db_(db), change_(change) {}

  std::vector<LogEntry> entries(const LogQuery& q) const override {
    Query row = db_.query(R"sql(
        SELECT seq, at, actor, address, request_id, action, subject, document
        FROM audit_log WHERE seq > $1 AND at >= $2 ORDER BY seq LIMIT $3)sql");
    row.bind(q.after)
        .bind(q.since ? to_unix_ms(*q.since) : std::numeric_limits<std::int64_t>::min())
        .bind(static_cast<std::int64_t>(q.limit));
    std::vector<LogEntry> entries;
    while (row.step()) {
      LogEntry& e = entries.emplace_back();
      row.get(e.seq, e.at, e.actor.who, e.actor.address, e.actor.request_id, e.action, e.subject,
              e.document);
    }
    return entries;
  }

  std::optional<std::int64_t> first_since(UtcTime time) const override {
    Query row = db_.query("SELECT min(seq) FROM audit_log WHERE at >= $1");
    row.bind(time).step();
    return row.only<std::optional<std::int64_t>>();
  }

  std::int64_t newest() const override {
    Query row = db_.query("SELECT coalesce(max(seq), 0) FROM audit_log");
    row.step();
    return row.only<std::int64_t>();
  }

  EntryRef append(const NewLogEntry& e) override {
    const EntryRef entry = db_.append_entry(e);
    change_.urgent = change_.urgent || is_urgent(e.action);
    change_.note_numbered(DocumentKind::log, {}, number_of(entry));
    return entry;
  }

 private:
  Flight& db_;
  PgChangeState& change_;
};

class CursorRows : public Cursors {
 public:
  explicit CursorRows(Flight& db) : db_(db) {}

  std::optional<std::int64_t> find(std::string_view webhook) const override {
    Query row = db_.query("SELECT seq FROM webhook_cursors WHERE name = $1");
    if (!row.bind(webhook).step()) return std::nullopt;
    return row.only<std::int64_t>();
  }

  void set(std::string_view webhook, std::int64_t seq) override {
    db_.write(R"sql(
        INSERT INTO webhook_cursors (name, seq) VALUES ($1, $2)
        ON CONFLICT (name) DO UPDATE SET seq = excluded.seq
        WHERE webhook_cursors.seq < excluded.seq)sql")
        .bind(webhook)
        .bind(seq)
        .queue();
  }

 private:
  Flight& db_;
};

}  // namespace

std::unique_ptr<Log> log_rows(Flight& db, PgChangeState& change) {
  return std::make_unique<LogRows>(db, change);
}

std::unique_ptr<Cursors> cursor_rows(Flight& db) { return std::make_unique<CursorRows>(db); }

}  // namespace mkt::postgres
