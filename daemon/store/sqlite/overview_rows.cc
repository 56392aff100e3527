#include <limits>

#include "daemon/store/sqlite/rows.h"

namespace mkt {
namespace {

class OverviewRows : public Overview {
 public:
  explicit OverviewRows(Database& db) : db_(db) {}

  std::vector<std::string> with_quarantined_latest() const override {
    Query row = db_.query(R"sql(
        SELECT c.id FROM connectors AS c
        JOIN versions AS v ON v.connector_id = c.id AND v.version = c.latest_version
        WHERE v.quarantined = 1 ORDER BY c.id)sql");
    std::vector<std::string> ids;
    while (row.step()) ids.push_back(row.only<std::string>());
    return ids;
  }

  CatalogCounts counts() const override {
    Query row = db_.query(R"sql(
        SELECT (SELECT count(*) FROM connectors), (SELECT count(*) FROM versions),
               (SELECT coalesce(sum(downloads), 0) FROM connectors),
               (SELECT count(*) FROM publisher_keys WHERE status = 'active'))sql");
    row.step();
    CatalogCounts counts;
    row.get(counts.connectors, counts.versions, counts.downloads, counts.active_keys);
    return counts;
  }

  CatalogCounts hidden_counts() const override {
    Query row = db_.query(R"sql(
        SELECT count(*), coalesce(sum(downloads), 0),
               (SELECT count(*) FROM connectors AS c JOIN versions AS v ON v.connector_id = c.id
                WHERE c.visible_to <> '[]')
        FROM connectors WHERE visible_to <> '[]')sql");
    row.step();
    CatalogCounts counts;
    row.get(counts.connectors, counts.downloads, counts.versions);
    return counts;
  }

  std::vector<ConnectorCounts> most_downloaded(std::uint32_t limit,
                                               bool hidden_too) const override {
    Query row = db_.query(R"sql(
        SELECT c.id, c.latest_version, c.downloads,
               (SELECT count(*) FROM versions AS v WHERE v.connector_id = c.id)
        FROM connectors AS c WHERE ? OR c.visible_to = '[]'
        ORDER BY c.downloads DESC, c.id LIMIT ?)sql");
    row.bind(hidden_too).bind(static_cast<std::int64_t>(limit));
    std::vector<ConnectorCounts> connectors;
    while (row.step()) {
      ConnectorCounts& c = connectors.emplace_back();
      row.get(c.id, c.latest_version, c.downloads, c.versions);
    }
    return connectors;
  }

  BlobTotals blob_totals() const override {
    Query row = db_.query(R"sql(
        SELECT count(*), coalesce(sum(size), 0) FROM
          (SELECT max(size) AS size FROM versions GROUP BY checksum))sql");
    row.step();
    BlobTotals totals;
    row.get(totals.blobs, totals.bytes);
    // From an index of their own: the flag stands behind the manifest in each row.
    Query withdrawn = db_.query(R"sql(
        SELECT count(DISTINCT checksum), coalesce(sum(size), 0)
        FROM versions WHERE withdrawn_at IS NOT NULL)sql");
    withdrawn.step();
    BlobTotals gone;
    withdrawn.get(gone.blobs, gone.bytes);
    return {totals.blobs - gone.blobs, totals.bytes - gone.bytes};
  }

  void each_search_document(const std::function<void(const SearchDocument&)>& take) const override {
    each_search_document_of(kAll, take);
  }

  std::optional<SearchDocument> search_document(std::string_view id) const override {
    std::optional<SearchDocument> found;
    if (const auto one = numbers_of(id)) {
      each_search_document_of(*one, [&](const SearchDocument& d) { found = d; });
    }
    return found;
  }

  void each_mention(std::string_view text, const std::optional<std::string>& connector_id,
                    const std::function<void(const MentionRecord&)>& take) const override {
    const auto numbers = connector_id ? numbers_of(*connector_id) : kAll;
    if (!numbers) return;
    Query row = db_.query(R"sql(
        SELECT c.id, c.latest_version, c.updated_at, c.visible_to,
               CASE WHEN c.visible_to = '[]' THEN '[]' ELSE
                 (SELECT json_group_array(o.publisher_id) FROM connector_owners AS o
                  WHERE o.connector_id = c.id) END,
               v.version, v.manifest, v.seq, v.published_at, v.deprecated, v.quarantined,
               v.withdrawn_at
        FROM connectors AS c
        JOIN versions AS l ON l.connector_id = c.id AND l.version = c.latest_version
        JOIN versions AS v ON v.connector_id = c.id
        WHERE c.num BETWEEN ?1 AND ?2 AND instr(l.manifest, ?3) > 0 AND instr(v.manifest, ?3) > 0
        ORDER BY c.num, v.seq)sql");
    row.bind(numbers->first).bind(numbers->last).bind(text);
    while (row.step()) {
      MentionRecord m;
      row.get(m.connector_id, m.latest_version, m.updated_at, m.visible_to, m.owners, m.version,
              m.manifest, m.seq, m.published_at, m.deprecated, m.quarantined, m.withdrawn_at);
      take(m);
    }
  }

 private:
  // Of connectors, both ends among them.
  struct Numbers {
    std::int64_t first;
    std::int64_t last;
  };
  static constexpr Numbers kAll{std::numeric_limits<std::int64_t>::min(),
                                std::numeric_limits<std::int64_t>::max()};

  // nullopt where there is no such connector.
  std::optional<Numbers> numbers_of(std::string_view id) const {
    Query row = db_.query("SELECT num FROM connectors WHERE id = ?");
    if (!row.bind(id).step()) return std::nullopt;
    const auto number = row.only<std::int64_t>();
    return Numbers{number, number};
  }

  void each_search_document_of(const Numbers& numbers,
                               const std::function<void(const SearchDocument&)>& take) const {
    Query row = db_.query(R"sql(
        SELECT c.id, c.display_name, c.description, c.author, c.capabilities, c.downloads,
               c.updated_at,
               (SELECT json_group_array(l.label) FROM connector_labels AS l
                WHERE l.num = c.num AND l.kind = 'keyword'),
               c.visible_to,
               CASE WHEN c.visible_to = '[]' THEN '[]' ELSE
                 (SELECT json_group_array(o.publisher_id) FROM connector_owners AS o
                  WHERE o.connector_id = c.id) END
        FROM connectors AS c WHERE c.num BETWEEN ? AND ? ORDER BY c.num)sql");
    row.bind(numbers.first).bind(numbers.last);
    while (row.step()) take(read_search_document(row));
  }

  Database& db_;
};

}  // namespace

std::unique_ptr<Overview> overview_rows(Database& db) { return std::make_unique<OverviewRows>(db); }

}  // namespace mkt
