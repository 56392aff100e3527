#include <limits>

#include "daemon/store/postgres/rows.h"

namespace mkt::postgres {
namespace {

class OverviewRows : public Overview {
 public:
  explicit OverviewRows(Flight& db) : db_(db) {}

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
        FROM connectors AS c WHERE $1 = 1 OR c.visible_to = '[]'
        ORDER BY c.downloads DESC, c.id LIMIT $2)sql");
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
          (SELECT max(size) AS size FROM versions WHERE withdrawn_at IS NULL GROUP BY checksum)
          AS blobs)sql");
    row.step();
    BlobTotals totals;
    row.get(totals.blobs, totals.bytes);
    return totals;
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

  // Two steps, so that a page of versions looks at few connectors whatever the planner does.
  void each_mention(std::string_view text, const std::optional<std::string>& connector_id,
                    const std::function<void(const MentionRecord&)>& take) const override {
    constexpr std::int64_t kPage = 500;  // connectors
    const std::string pattern = "%" + std::string(text) + "%";
    if (connector_id) {
      const auto one = numbers_of(*connector_id);
      if (one) each_mention_of(*one, pattern, take);
      return;
    }
    std::int64_t last = std::numeric_limits<std::int64_t>::min();
    for (bool more = true; more;) {
      Query row = db_.query(R"sql(
          SELECT c.num FROM connectors AS c
          JOIN version_files AS l ON l.connector_id = c.id AND l.version = c.latest_version
          WHERE c.num > $1 AND l.manifest LIKE $2 ORDER BY c.num LIMIT $3)sql");
      row.bind(last).bind(pattern).bind(kPage);
      std::vector<std::int64_t> numbers;
      while (row.step()) numbers.push_back(row.only<std::int64_t>());
      if (numbers.empty()) return;
      each_mention_of({numbers.front(), numbers.back()}, pattern, take);
      last = numbers.back();
      more = static_cast<std::int64_t>(numbers.size()) == kPage;
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
    Query row = db_.query("SELECT num FROM connectors WHERE id = $1");
    if (!row.bind(id).step()) return std::nullopt;
    const auto number = row.only<std::int64_t>();
    return Numbers{number, number};
  }

  // By pages, so that not all of them are in memory at once.
  void each_search_document_of(Numbers numbers,
                               const std::function<void(const SearchDocument&)>& take) const {
    constexpr std::int64_t kPage = 2000;
    for (bool more = true; more;) {
      Query row = db_.query(R"sql(
          SELECT c.id, c.display_name, c.description, c.author, c.capabilities, c.downloads,
                 c.updated_at,
                 (SELECT coalesce(json_agg(l.label ORDER BY l.label), '[]') FROM connector_labels AS l
                  WHERE l.num = c.num AND l.kind = 'keyword'),
                 c.visible_to,
                 CASE WHEN c.visible_to = '[]' THEN '[]' ELSE
                   (SELECT json_agg(o.publisher_id) FROM connector_owners AS o
                    WHERE o.connector_id = c.id)::text END,
                 c.num + 1
          FROM connectors AS c WHERE c.num BETWEEN $1 AND $2 ORDER BY c.num LIMIT $3)sql");
      row.bind(numbers.first).bind(numbers.last).bind(kPage);
      std::int64_t rows = 0;
      for (; row.step(); ++rows) {
        SearchDocument d;
        row.get(d.id, d.display_name, d.description, d.author, d.capabilities, d.downloads,
                d.updated_at, d.keywords, d.visible_to, d.owners, numbers.first);
        take(d);
      }
      more = rows == kPage;
    }
  }

  // By pages, as a manifest may be large.
  void each_mention_of(Numbers numbers, const std::string& pattern,
                       const std::function<void(const MentionRecord&)>& take) const {
    constexpr std::int64_t kPage = 200;  // versions
    std::int64_t seq = 0;                // of the first connector
    for (bool more = true; more;) {
      Query row = db_.query(R"sql(
          SELECT c.id, c.latest_version, c.updated_at, c.visible_to,
                 CASE WHEN c.visible_to = '[]' THEN '[]' ELSE
                   (SELECT json_agg(o.publisher_id) FROM connector_owners AS o
                    WHERE o.connector_id = c.id)::text END,
                 v.version, f.manifest, v.seq, v.published_at, v.deprecated, v.quarantined,
                 v.withdrawn_at, c.num
          FROM connectors AS c
          JOIN version_files AS l ON l.connector_id = c.id AND l.version = c.latest_version
          JOIN versions AS v ON v.connector_id = c.id
          JOIN version_files AS f ON f.connector_id = v.connector_id AND f.version = v.version
          WHERE c.num >= $1 AND c.num <= $2 AND (c.num > $1 OR v.seq > $3)
            AND l.manifest LIKE $4 AND f.manifest LIKE $4
          ORDER BY c.num, v.seq LIMIT $5)sql");
      row.bind(numbers.first).bind(numbers.last).bind(seq).bind(pattern).bind(kPage);
      std::int64_t rows = 0;
      for (; row.step(); ++rows) {
        MentionRecord m;
        row.get(m.connector_id, m.latest_version, m.updated_at, m.visible_to, m.owners, m.version,
                m.manifest, m.seq, m.published_at, m.deprecated, m.quarantined, m.withdrawn_at,
                numbers.first);
        seq = m.seq;
        take(m);
      }
      more = rows == kPage;
    }
  }

  Flight& db_;
};

}  // namespace

std::unique_ptr<Overview> overview_rows(Flight& db) { return std::make_unique<OverviewRows>(db); }

}  // namespace mkt::postgres
