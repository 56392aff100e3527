#include "common/wire/catalog_messages.h"

#include "common/wire/message_functions.h"
#include "common/wire/withdrawal_messages.h"

namespace mkt::wire {
namespace {

// What web pages of the older protocol show beside the version.
std::string of_manifest(const VersionInfo& v, const char* name) {
  return v.manifest ? text_member(*v.manifest, name).value_or("") : std::string();
}

}  // namespace

template <typename Visitor>
void VersionInfo::members(Visitor& m) {
  m.always("id", &VersionInfo::id);
  m.always("version", &VersionInfo::version);
  m.if_any("manifest", &VersionInfo::manifest);
  m.usually("tarballUrl", &VersionInfo::tarball_url,
            Shape().saying("Relative to the registry's address."));
  m.always("tarballChecksum", &VersionInfo::tarball_checksum, kChecksum);
  m.always("tarballSize", &VersionInfo::tarball_size, Shape().saying("Bytes."));
  m.usually("signatureUrl", &VersionInfo::signature_url);
  m.always("signingKeyId", &VersionInfo::signing_key_id,
           Shape().saying("As the signature file names the key: by its id or an alias."));
  m.if_any("keyId", &VersionInfo::key_id, Shape().saying("The key's own id."));
  m.if_any("keyFingerprint", &VersionInfo::key_fingerprint);
  m.always("publishedAt", &VersionInfo::published_at, kTime);
  m.usually("publishedBy", &VersionInfo::published_by);
  m.always("downloads", &VersionInfo::downloads);
  m.usually("prerelease", &VersionInfo::prerelease);
  m.usually("deprecated", &VersionInfo::deprecated);
  m.if_any("deprecationReason", &VersionInfo::deprecation_reason);
  m.usually("quarantined", &VersionInfo::quarantined, Shape().saying("Its bytes are not served."));
  m.if_any("quarantineReason", &VersionInfo::quarantine_reason);
  m.if_any("withdrawnAt", &VersionInfo::withdrawn_at, kTime);
  m.if_any("withdrawalCode", &VersionInfo::withdrawal_code);
  m.if_any("withdrawalReason", &VersionInfo::withdrawal_reason);
  m.usually("sequence", &VersionInfo::sequence,
            Shape().saying("The place of the signature in the registry's order of events."));
  m.made("changelog", [](const VersionInfo& v) { return of_manifest(v, "changelog"); });
  m.made("releaseNotes", [](const VersionInfo& v) { return of_manifest(v, "releaseNotes"); });
}

template <typename Visitor>
void ConnectorInfo::members(Visitor& m) {
  m.always("id", &ConnectorInfo::id);
  m.always("latestVersion", &ConnectorInfo::latest_version);
  m.always("displayName", &ConnectorInfo::display_name);
  m.usually("description", &ConnectorInfo::description);
  m.usually("author", &ConnectorInfo::author);
  m.usually("owner", &ConnectorInfo::owner);
  m.usually("capabilities", &ConnectorInfo::capabilities);
  m.always("downloads", &ConnectorInfo::downloads);
  m.usually("createdAt", &ConnectorInfo::created_at, kTime);
  m.usually("updatedAt", &ConnectorInfo::updated_at, kTime);
  m.made(
      "versions",
      [](const ConnectorInfo& c) {
        std::vector<std::string> numbers;
        for (const VersionInfo& v : c.versions) numbers.push_back(v.version);
        return numbers;
      },
      Shape().saying("Newest first."));
  m.made("totalDownloads", [](const ConnectorInfo& c) { return std::optional(c.downloads); });
  m.usually("license", &ConnectorInfo::license);
  m.if_any("repositoryUrl", &ConnectorInfo::repository_url);
  m.if_any("documentationUrl", &ConnectorInfo::documentation_url);
  m.if_any("visibility", &ConnectorInfo::visibility, Shape().saying("Where not everyone sees it."));
  m.always("versionDetails", &ConnectorInfo::versions);
}

template <typename Visitor>
void SearchHit::members(Visitor& m) {
  m.always("id", &SearchHit::id);
  m.always("latestVersion", &SearchHit::latest_version);
  m.always("displayName", &SearchHit::display_name);
  m.usually("description", &SearchHit::description);
  m.usually("author", &SearchHit::author);
  m.usually("capabilities", &SearchHit::capabilities);
  m.always("downloads", &SearchHit::downloads);
  m.usually("updatedAt", &SearchHit::updated_at, kTime);
  m.usually("quarantined", &SearchHit::quarantined,
            Shape().saying("So is every version of it: none is given out."));
}

template <typename Visitor>
void SearchResult::members(Visitor& m) {
  m.always("connectors", &SearchResult::connectors);
  m.always("total", &SearchResult::total);
  m.always("page", &SearchResult::page);
  m.always("pageSize", &SearchResult::page_size);
  m.usually("hasMore", &SearchResult::has_more);
}

template <typename Visitor>
void OwnerInfo::members(Visitor& m) {
  m.always("publisherId", &OwnerInfo::publisher_id);
  m.usually("addedAt", &OwnerInfo::added_at, kTime);
}

template <typename Visitor>
void OwnerListing::members(Visitor& m) {
  m.always("owners", &OwnerListing::owners);
}

template <typename Visitor>
void PublishedInfo::members(Visitor& m) {
  VersionInfo::members(m);
  m.made("success", [](const PublishedInfo&) { return std::optional(true); });
  m.made("connectorId", [](const PublishedInfo& p) { return p.id; });
  m.usually("checksum", &PublishedInfo::checksum,
            Shape().saying("As the signature file spells it."));
  m.if_any("warnings", &PublishedInfo::warnings);
}

template <typename Visitor>
void DeprecationInfo::members(Visitor& m) {
  VersionInfo::members(m);
  m.made("success", [](const DeprecationInfo&) { return std::optional(true); });
  m.if_any("reason", &DeprecationInfo::reason);
}

template <typename Visitor>
void VisibilityInfo::members(Visitor& m) {
  m.always("id", &VisibilityInfo::id);
  m.always("visibility", &VisibilityInfo::visibility);
}

template <typename Visitor>
void DependantInfo::members(Visitor& m) {
  m.always("id", &DependantInfo::id);
  m.always("version", &DependantInfo::version);
  m.always("range", &DependantInfo::range);
}

template <typename Visitor>
void DependantListing::members(Visitor& m) {
  m.always("dependants", &DependantListing::dependants);
}

// Here, as it has the members of a version.
template <typename Visitor>
void TakenOutInfo::members(Visitor& m) {
  VersionInfo::members(m);
  m.always("requestCount", &TakenOutInfo::request_count);
  m.always("installationCount", &TakenOutInfo::installation_count);
  m.usually("requests", &TakenOutInfo::requests);
  m.usually("installations", &TakenOutInfo::installations);
  m.usually("dependants", &TakenOutInfo::dependants);
}

template <typename Visitor>
void AnnouncedInfo::members(Visitor& m) {
  m.made("success", [](const AnnouncedInfo&) { return std::optional(true); });
  m.always("version", &AnnouncedInfo::version);
}

template <typename Visitor>
void DownloadInfo::members(Visitor& m) {
  m.made("success", [](const DownloadInfo&) { return std::optional(true); });
  m.always("id", &DownloadInfo::id);
  m.always("version", &DownloadInfo::version);
}

template <typename Visitor>
void CatalogHealthInfo::members(Visitor& m) {
  m.made("status", [](const CatalogHealthInfo&) { return std::string("ok"); });
  m.always("connectors", &CatalogHealthInfo::connectors);
  m.always("totalDownloads", &CatalogHealthInfo::downloads);
}

template <typename Visitor>
void ConnectorCountsInfo::members(Visitor& m) {
  m.always("id", &ConnectorCountsInfo::id);
  m.always("versions", &ConnectorCountsInfo::versions);
  m.always("downloads", &ConnectorCountsInfo::downloads);
  m.always("latestVersion", &ConnectorCountsInfo::latest_version);
}

template <typename Visitor>
void StatsInfo::members(Visitor& m) {
  m.always("totalConnectors", &StatsInfo::connectors);
  m.always("totalVersions", &StatsInfo::versions);
  m.always("totalDownloads", &StatsInfo::downloads);
  m.made("signatureRequired", [](const StatsInfo&) { return std::optional(true); });
  m.always("trustedKeysConfigured", &StatsInfo::active_keys);
  m.always("connectors", &StatsInfo::most_downloaded,
           Shape().saying("Those that are downloaded most."));
}

MKT_MESSAGE_FUNCTIONS(VersionInfo)
MKT_MESSAGE_WRITING(ConnectorInfo)
MKT_MESSAGE_FUNCTIONS(SearchHit)
MKT_MESSAGE_FUNCTIONS(SearchResult)
MKT_MESSAGE_FUNCTIONS(OwnerInfo)
MKT_MESSAGE_FUNCTIONS(OwnerListing)
MKT_MESSAGE_FUNCTIONS(PublishedInfo)
MKT_MESSAGE_FUNCTIONS(DeprecationInfo)
MKT_MESSAGE_FUNCTIONS(TakenOutInfo)
MKT_MESSAGE_FUNCTIONS(VisibilityInfo)
MKT_MESSAGE_FUNCTIONS(DependantInfo)
MKT_MESSAGE_FUNCTIONS(DependantListing)
MKT_MESSAGE_FUNCTIONS(AnnouncedInfo)
MKT_MESSAGE_FUNCTIONS(DownloadInfo)
MKT_MESSAGE_FUNCTIONS(CatalogHealthInfo)
MKT_MESSAGE_FUNCTIONS(ConnectorCountsInfo)
MKT_MESSAGE_FUNCTIONS(StatsInfo)

Json ConnectorInfo::to_earlier_json() const {
  Json json = to_json();
  json["versions"] = json["versionDetails"];
  for (const char* newer : {"versionDetails", "totalDownloads", "license", "repositoryUrl",
                            "documentationUrl", "visibility"}) {
    json.erase(newer);
  }
  return json;
}

Result<ConnectorInfo> ConnectorInfo::parse(const Json& json) {
  // A registry before 0.2 has the objects in `versions`.
  if (!json.is_object() || json.contains("versionDetails") || !json.contains("versions")) {
    return read<ConnectorInfo>(json);
  }
  Json newer = json;
  newer["versionDetails"] = json["versions"];
  return read<ConnectorInfo>(newer);
}

}  // namespace mkt::wire
