// Overview: the catalog as a whole: its counts, and what search and lists are filled from. Reads
// only.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/utc_time.h"

namespace mkt {

struct CatalogCounts {
  std::int64_t connectors = 0;
  std::int64_t versions = 0;
  std::int64_t downloads = 0;
  std::int64_t active_keys = 0;
};

struct ConnectorCounts {
  std::string id;
  std::string latest_version;
  std::int64_t downloads = 0;
  std::int64_t versions = 0;
};

struct BlobTotals {
  std::int64_t blobs = 0;
  std::int64_t bytes = 0;
};

// A connector as search needs it.
struct SearchDocument {
  std::string id;
  std::string display_name;
  std::string description;
  std::string author;
  std::vector<std::string> keywords;
  std::vector<std::string> capabilities;
  std::int64_t downloads = 0;
  UtcTime updated_at;
  std::vector<std::string> visible_to = {};
  std::vector<std::string> owners = {};  // where it is not visible to everyone
};

// A version whose manifest has some text, with what a list of such connectors needs.
struct MentionRecord {
  std::string connector_id;
  std::string latest_version;
  UtcTime updated_at;                   // of the connector
  std::vector<std::string> visible_to;  // tenants; empty: everyone
  std::vector<std::string> owners;      // where it is not visible to everyone
  std::string version;
  std::string manifest;
  std::int64_t seq = 0;  // of its publication
  UtcTime published_at;
  bool deprecated = false;
  bool quarantined = false;
  std::optional<UtcTime> withdrawn_at;
};

class Overview {
 public:
  virtual ~Overview() = default;

  virtual CatalogCounts counts() const = 0;
  // The part of `counts` that not everyone may see; no keys.
  virtual CatalogCounts hidden_counts() const = 0;
  virtual std::vector<ConnectorCounts> most_downloaded(std::uint32_t limit,
                                                       bool hidden_too) const = 0;
  // Connectors whose latest version is in quarantine, by id.
  virtual std::vector<std::string> with_quarantined_latest() const = 0;
  // The tarballs of the versions that were not withdrawn, each counted once; reads all rows.
  virtual BlobTotals blob_totals() const = 0;
  virtual void each_search_document(
      const std::function<void(const SearchDocument&)>& take) const = 0;
  virtual std::optional<SearchDocument> search_document(std::string_view id) const = 0;
  // The versions whose manifest has the text, of that connector or, without one, of all, whose
  // latest version's manifest has it; by connector, in the order of publication. Reads by pages,
  // and not once for each connector. The text must have no % and no _.
  virtual void each_mention(std::string_view text, const std::optional<std::string>& connector_id,
                            const std::function<void(const MentionRecord&)>& take) const = 0;
};

}  // namespace mkt
