// Manifest: what a connector says about itself in `connector.manifest.json`
// (connector.manifest(5)).
//
// Immutable; holds valid values only. `parse` checks every field and reports all problems at once,
// as `path: what is wrong`. `json()` keeps fields that this version does not know.
//
// Registries of the older protocol required less: an id, a version, a display name, and
// capabilities with any words. `parse_older` accepts what was published there; `shortcomings()`
// lists why `parse` would have refused it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/json.h"
#include "common/base/result.h"
#include "common/connector/checksum.h"
#include "common/connector/names.h"
#include "common/connector/version.h"
#include "common/connector/version_range.h"

namespace mkt {

inline constexpr std::string_view kManifestName = "connector.manifest.json";
inline constexpr std::uint64_t kMaxManifestBytes = 1024 * 1024;

// What a tool may do to the service it talks to, from harmless to dangerous.
enum class PolicyClass { read, write_non_destructive, destructive };
std::string_view policy_class_name(PolicyClass policy_class);  // "WRITE_NON_DESTRUCTIVE"
std::optional<PolicyClass> parse_policy_class(std::string_view text);

// The words that `capabilities` may contain, in the manual's order.
const std::vector<std::string_view>& known_capabilities();

struct Tool {
  std::string name;
  std::string description;
  PolicyClass policy_class;
};

class Manifest {
 public:
  // manifest_invalid with one detail per finding, or invalid_json.
  static Result<Manifest> parse(std::string_view text);
  static Result<Manifest> from_json(Json json);
  // manifest_invalid only for what even an older registry would have refused.
  static Result<Manifest> parse_older(std::string_view text);

  const ConnectorId& id() const { return id_; }
  const Version& version() const { return version_; }
  const std::string& display_name() const { return display_name_; }
  const std::string& description() const { return description_; }
  const std::string& author() const { return author_; }
  const std::string& license() const { return license_; }
  const std::string& entrypoint() const { return entrypoint_; }
  const std::vector<Tool>& tools() const { return tools_; }
  const std::vector<std::string>& capabilities() const { return capabilities_; }
  const std::vector<std::string>& keywords() const { return keywords_; }
  const std::map<std::string, VersionRange>& dependencies() const { return dependencies_; }
  // The SHA-256 that the entrypoint must have, where the manifest names one.
  const std::optional<Checksum>& entrypoint_checksum() const { return entrypoint_checksum_; }
  // True where the version is a semver prerelease or the manifest says `"prerelease": true`.
  bool prerelease() const { return prerelease_; }
  // The document itself, unknown fields included.
  const Json& json() const { return json_; }
  // What an older manifest lacks. Its license, entrypoint and author may then be empty, it may have
  // few tools or none, and its capabilities may be words that known_capabilities() does not have.
  const std::vector<ErrorDetail>& shortcomings() const { return shortcomings_; }
  // manifest_invalid with the shortcomings, where there are any.
  Status require_current() const;

 private:
  friend class ManifestReader;
  Manifest(ConnectorId id, Version version) : id_(std::move(id)), version_(std::move(version)) {}

  ConnectorId id_;
  Version version_;
  std::string display_name_, description_, author_, license_, entrypoint_;
  std::vector<Tool> tools_;
  std::vector<std::string> capabilities_, keywords_;
  std::map<std::string, VersionRange> dependencies_;
  std::optional<Checksum> entrypoint_checksum_;
  bool prerelease_ = false;
  std::vector<ErrorDetail> shortcomings_;
  Json json_;
};

// All findings as lines "path: what is wrong", for a terminal.
std::string describe_details(const Error& error);

}  // namespace mkt
