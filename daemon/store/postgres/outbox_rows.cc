// The list of documents to send. What a document is made of stands in document_forms.cc.
#include <unordered_map>
#include <utility>

#include "daemon/store/document_text.h"
#include "daemon/store/postgres/document_forms.h"
#include "daemon/store/postgres/rows.h"

namespace mkt::postgres {
namespace {

// How many changes to read for each document that may be sent. A document that changed more often
// than others needs several turns.
constexpr std::int64_t kChangesEach = 10;

// What it names, whole.
OutboxEntry entry_of(Flight& db, const OutboxChange& change) {
  OutboxEntry entry{
      change.seq, {document_kind(change.kind), document_key(change.key)}, std::nullopt, change.at};
  entry.content = document_content(db, entry.name);
  return entry;
}

class OutboxRows : public Outbox {
 public:
  OutboxRows(Flight& db, PgChangeState& change) : db_(db), change_(change), restored_(db) {}

  std::vector<OutboxEntry> waiting(std::uint32_t limit, std::size_t max_bytes) const override {
    std::vector<OutboxEntry> entries;
    std::unordered_map<std::string, std::size_t> places;  // index in `entries`, by kind and key
    std::size_t bytes = 0;
    Query row =
        db_.query("SELECT seq, kind, key, at FROM outbox WHERE parked = '' ORDER BY seq LIMIT $1");
    row.bind(limit * kChangesEach);
    while (row.step() && (entries.empty() || bytes < max_bytes)) {
      const OutboxChange change = read_change(row.row());
      const auto [place, is_new] = places.emplace(change.kind + change.key, entries.size());
      if (!is_new) {
        OutboxEntry& known = entries[place->second];
        known.earlier.push_back(std::exchange(known.seq, change.seq));
        continue;
      }
      if (entries.size() == limit) break;
      OutboxEntry entry = entry_of(db_, change);
      if (entry.content) bytes += dump_json(*entry.content).size();
      if (!entries.empty() && bytes > max_bytes) break;
      entries.push_back(std::move(entry));
    }
    return entries;
  }

  OutboxCounts counts() const override {
    Query row = db_.query(R"sql(
        SELECT count(*) FILTER (WHERE parked = ''), count(*) FILTER (WHERE parked <> ''),
               (SELECT at FROM outbox WHERE parked = '' ORDER BY seq LIMIT 1)
        FROM outbox)sql");
    row.step();
    OutboxCounts counts;
    row.get(counts.waiting, counts.parked, counts.oldest);
    return counts;
  }

  std::vector<ParkedDocument> parked(std::uint32_t limit) const override {
    std::vector<ParkedDocument> all;
    Query row = db_.query(
        "SELECT seq, kind, key, parked, at FROM outbox WHERE parked <> '' ORDER BY seq LIMIT $1");
    row.bind(limit);
    while (row.step()) {
      ParkedDocument& parked = all.emplace_back();
      std::string kind, key;
      row.get(parked.seq, kind, key, parked.reason, parked.at);
      parked.name = {document_kind(kind), document_key(key)};
    }
    return all;
  }

  std::vector<OutboxEntry> documents(DocumentKind kind, const std::vector<std::string>& after,
                                     std::uint32_t limit) const override {
    std::vector<OutboxEntry> all;
    for (std::vector<std::string>& key : document_keys(db_, kind, after, limit)) {
      OutboxEntry entry{0, {kind, std::move(key)}, std::nullopt, {}};
      entry.content = document_content(db_, entry.name);
      all.push_back(std::move(entry));
    }
    return all;
  }

  std::string state(std::string_view name) const override {
    Query row = db_.query("SELECT value FROM mirror_state WHERE name = $1");
    return row.bind(name).step() ? row.only<std::string>() : std::string();
  }

  // In the row that every change takes last: a change either finds this, or is seen by what comes
  // after it.
  void set_wanted(bool wanted) override {
    db_.write("UPDATE log_head SET mirrored = $1 WHERE id = 1").bind(wanted).queue();
  }

  void follow() override { change_.follows = true; }

  void append_followed(UtcTime at) override {
    for (const ChangedDocument& changed : change_.changed) append(changed, at);
    change_.changed.clear();
  }

  void append_all(DocumentKind kind, UtcTime at) override { queue_all_documents(db_, kind, at); }

  void sent(std::span<const OutboxEntry> entries) override {
    const bool any_parked = db_.query("SELECT 1 FROM outbox WHERE parked <> '' LIMIT 1").step();
    for (const OutboxEntry& entry : entries) {
      if (any_parked) forget_parked(entry);
      forget_change(entry.seq);
      for (const std::int64_t seq : entry.earlier) forget_change(seq);
    }
  }

  void park(const OutboxEntry& entry, std::string_view reason) override {
    forget_parked(entry);
    for (const std::int64_t seq : entry.earlier) forget_change(seq);
    db_.write("UPDATE outbox SET parked = $1 WHERE seq = $2").bind(reason).bind(entry.seq).queue();
  }

  Status put_back(DocumentKind kind, const Json& content) override {
    return restored_.put_back(kind, content);
  }

  void set_state(std::string_view name, std::string_view value) override {
    db_.write(R"sql(
        INSERT INTO mirror_state (name, value) VALUES ($1, $2)
        ON CONFLICT (name) DO UPDATE SET value = excluded.value)sql")
        .bind(name)
        .bind(value)
        .queue();
  }

 private:
  // Where its key ends with a number of this change, the database puts it there.
  void append(const ChangedDocument& changed, UtcTime at) {
    const std::string_view kind = document_word(changed.kind);
    const Number place = db_.take_num();
    if (!changed.number) {
      db_.write(R"sql(
          INSERT INTO outbox (kind, key, at, seq)
          SELECT $1, $2, $3, h.num - $4 FROM log_head AS h WHERE h.id = 1 AND h.mirrored = 1)sql")
          .bind(kind)
          .bind(changed.key)
          .bind(at)
          .queue_numbered({place});
      return;
    }
    std::string begin = dump_json(changed.key);  // ["team"] becomes ["team","
    begin.back() = changed.key.empty() ? '"' : ',';
    if (!changed.key.empty()) begin += '"';
    db_.write(changed.number->of == Number::Of::entry ? R"sql(
        INSERT INTO outbox (kind, key, at, seq)
        SELECT $1, $2 || (h.seq - $4)::text || '"]', $3, h.num - $5
        FROM log_head AS h WHERE h.id = 1 AND h.mirrored = 1)sql"
                                                      : R"sql(
        INSERT INTO outbox (kind, key, at, seq)
        SELECT $1, $2 || (h.num - $4)::text || '"]', $3, h.num - $5
        FROM log_head AS h WHERE h.id = 1 AND h.mirrored = 1)sql")
        .bind(kind)
        .bind(begin)
        .bind(at)
        .queue_numbered({*changed.number, place});
  }

  void forget_change(std::int64_t seq) {
    db_.write("DELETE FROM outbox WHERE seq = $1").bind(seq).queue();
  }

  // Forgets that an earlier state of the document was refused.
  void forget_parked(const OutboxEntry& entry) {
    db_.write(R"sql(
        DELETE FROM outbox WHERE parked <> '' AND (kind, key) = (
          SELECT o.kind, o.key FROM outbox AS o WHERE o.seq = $1))sql")
        .bind(entry.seq)
        .queue();
  }

  Flight& db_;
  PgChangeState& change_;
  RestoredDocuments restored_;
};

}  // namespace

std::unique_ptr<Outbox> outbox_rows(Flight& db, PgChangeState& change) {
  return std::make_unique<OutboxRows>(db, change);
}

}  // namespace mkt::postgres
