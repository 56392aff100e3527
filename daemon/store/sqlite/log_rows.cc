// The rows of the audit log and of the webhooks' cursors.
#include <limits>

#include "daemon/store/sqlite/rows.h"

namespace mkt {
namespace {

class LogRows : public Log {
 public:
  LogRows(Database& db, ChangeState& change) : db_(db), change_(change) {}

  std::vector<LogEntry> entries(const LogQuery& q) const override {
    Query row = db_.query(R"sql(
        SELECT seq, at, actor, address, request_id, action, subject, document
        FROM audit_log WHERE seq > ? AND at >= ? ORDER BY seq LIMIT ?)sql");
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
    Query row = db_.query("SELECT min(seq) FROM audit_log WHERE at >= ?");
    row.bind(time).step();
    return row.only<std::optional<std::int64_t>>();
  }

  std::int64_t newest() const override {
    Query row = db_.query("SELECT coalesce(max(seq), 0) FROM audit_log");
    row.step();
    return row.only<std::int64_t>();
  }

  EntryRef append(const NewLogEntry& e) override {
    db_.query(R"sql(
        INSERT INTO audit_log (at, actor, address, request_id, action, subject, document)
        VALUES (?, ?, ?, ?, ?, ?, ?))sql")
        .bind(e.at)
        .bind(e.actor.who)
        .bind(e.actor.address)
        .bind(e.actor.request_id)
        .bind(e.action)
        .bind(e.subject)
        .bind(e.document)
        .run();
    const std::int64_t seq = db_.last_row_id();
    change_.entries.push_back(seq);
    change_.note(DocumentKind::log, std::to_string(seq));
    return EntryRef{change_.entries.size() - 1};
  }

 private:
  Database& db_;
  ChangeState& change_;
};

class CursorRows : public Cursors {
 public:
  explicit CursorRows(Database& db) : db_(db) {}

  std::optional<std::int64_t> find(std::string_view webhook) const override {
    Query row = db_.query("SELECT seq FROM webhook_cursors WHERE name = ?");
    if (!row.bind(webhook).step()) return std::nullopt;
    return row.only<std::int64_t>();
  }

  void set(std::string_view webhook, std::int64_t seq) override {
    db_.query(R"sql(
        INSERT INTO webhook_cursors (name, seq) VALUES (?, ?)
        ON CONFLICT (name) DO UPDATE SET seq = excluded.seq)sql")
        .bind(webhook)
        .bind(seq)
        .run();
  }

 private:
  Database& db_;
};

}  // namespace

std::unique_ptr<Log> log_rows(Database& db, ChangeState& change) {
  return std::make_unique<LogRows>(db, change);
}

std::unique_ptr<Cursors> cursor_rows(Database& db) { return std::make_unique<CursorRows>(db); }

}  // namespace mkt
