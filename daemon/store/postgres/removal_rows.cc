#include "daemon/store/postgres/rows.h"

namespace mkt::postgres {
namespace {

Removal read_removal(const PgRow& row) {
  Removal r;
  row.get(r.checksum, r.number, r.done_at);
  return r;
}

class RemovalRows : public Removals {
 public:
  explicit RemovalRows(Flight& db) : db_(db) {}

  // The row is made at its first use: what is not there cannot be held. It stays, with its number.
  std::optional<Removal> find(std::string_view checksum, Hold hold) const override {
    PgStatement make("INSERT INTO blobs (checksum) VALUES ($1) ON CONFLICT DO NOTHING");
    if (hold == Hold::shared || hold == Hold::exclusive) db_.hold(make.bind(checksum));
    Query row = db_.query(
        MKT_HELD("SELECT checksum, removals, removed_at, removed FROM blobs WHERE checksum = $1"),
        hold);
    if (!row.bind(checksum).step()) return std::nullopt;
    Removal r;
    bool removed = false;
    row.get(r.checksum, r.number, r.done_at, removed);
    return removed ? std::optional(std::move(r)) : std::nullopt;
  }

  std::vector<Removal> all(std::string_view after, std::uint32_t limit) const override {
    std::vector<Removal> removals;
    Query row = db_.query(R"sql(
        SELECT checksum, removals, removed_at FROM blobs
        WHERE removed = 1 AND checksum > $1 ORDER BY checksum LIMIT $2)sql");
    row.bind(after).bind(limit);
    while (row.step()) removals.push_back(read_removal(row.row()));
    return removals;
  }

  void begin(std::string_view checksum) override {
    db_.write(R"sql(
        UPDATE blobs SET removed = 1, removals = removals + 1, removed_at = NULL
        WHERE checksum = $1)sql")
        .bind(checksum)
        .queue();
  }

  void finish(std::string_view checksum, UtcTime at) override {
    db_.write("UPDATE blobs SET removed_at = $1 WHERE checksum = $2 AND removed = 1")
        .bind(at)
        .bind(checksum)
        .queue();
  }

  void forget(std::string_view checksum) override {
    db_.write("UPDATE blobs SET removed = 0, removed_at = NULL WHERE checksum = $1")
        .bind(checksum)
        .queue();
  }

 private:
  Flight& db_;
};

}  // namespace

std::unique_ptr<Removals> removal_rows(Flight& db) { return std::make_unique<RemovalRows>(db); }

}  // namespace mkt::postgres
