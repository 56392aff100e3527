// The SQL of connectors and their versions. Functions run inside a caller's transaction.
#pragma once

#include <optional>
#include <vector>

#include "common/base/result.h"
#include "daemon/store/records.h"
#include "daemon/store/sqlite/database.h"
#include "daemon/store/store.h"

namespace mkt::catalog_queries {

Result<Store::Published> publish(Database& db, const NewVersion& version, const Actor& actor);
std::optional<ConnectorRecord> connector(Database& db, std::string_view id);
std::vector<VersionRecord> versions_of(Database& db, std::string_view connector_id);
std::optional<VersionRecord> version(Database& db, std::string_view connector_id,
                                     std::string_view version);
// Without manifest and signature.
std::optional<VersionRecord> version_head(Database& db, std::string_view connector_id,
                                          std::string_view version);
// With a reason deprecated, without one not; version_not_found.
Status set_deprecated(Database& db, std::string_view connector_id, std::string_view version,
                      const std::optional<std::string>& reason, UtcTime at, const Actor& actor);
// Versions whose signature by that key was accepted at `seq` or later and that are served still.
std::vector<VersionRecord> signed_since(Database& db, std::string_view key_id, std::int64_t seq);
void quarantine(Database& db, const VersionRecord& version, UtcTime at, const Actor& actor);
Status countersign(Database& db, const VersionRecord& version, UtcTime at, const Actor& actor);
// Decides anew which version is the latest, after one of them went into quarantine or came out.
void choose_latest(Database& db, std::string_view connector_id);
// The same wherever the latest is in quarantine: an mktd before this one let it stay.
void leave_quarantined_latest(Database& db);
CatalogCounts counts(Database& db);
std::vector<ConnectorCounts> most_downloaded(Database& db, std::uint32_t limit);
bool blob_is_referenced(Database& db, std::string_view checksum);
BlobTotals blob_totals(Database& db);
void add_downloads(Database& db, std::string_view connector_id, std::string_view version,
                   std::int64_t count);

}  // namespace mkt::catalog_queries
