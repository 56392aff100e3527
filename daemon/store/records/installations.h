// Installations: what tenants have installed, and its history, as rows. Held with the tenant.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/utc_time.h"

namespace mkt {

// What a tenant has installed: at most one version per connector.
struct InstallationRecord {
  std::string tenant_id;
  std::string connector_id;
  std::string version;
  std::string checksum;
  std::string config;
  std::string request_id;
  std::string installed_by;
  UtcTime installed_at;  // when the connector's first version was installed
  UtcTime updated_at;    // when this version was installed
};

// One step in an installation's history.
struct InstallationEvent {
  std::string action;  // install, update, uninstall
  std::string version;
  std::string previous_version;
  std::string request_id;
  std::string actor;
  UtcTime at;
};

class Installations {
 public:
  virtual ~Installations() = default;

  virtual std::optional<InstallationRecord> find(std::string_view tenant_id,
                                                 std::string_view connector_id) const = 0;
  // Sorted by connector id, starting after `after`.
  virtual std::vector<InstallationRecord> list(std::string_view tenant_id, std::string_view after,
                                               std::uint32_t limit) const = 0;
  // Sorted by tenant.
  virtual std::vector<InstallationRecord> of_version(std::string_view connector_id,
                                                     std::string_view version,
                                                     std::uint32_t limit) const = 0;
  virtual std::size_t count_of_version(std::string_view connector_id,
                                       std::string_view version) const = 0;
  // Newest first.
  virtual std::vector<InstallationEvent> history(std::string_view tenant_id,
                                                 std::string_view connector_id,
                                                 std::uint32_t limit) const = 0;
  // The version that the tenant has installed or, after an uninstall, had last.
  virtual std::optional<std::string> last_version(std::string_view tenant_id,
                                                  std::string_view connector_id) const = 0;

  // Replaces the connector's earlier version, where there is one.
  virtual void put(const InstallationRecord& installation) = 0;
  virtual void remove(std::string_view tenant_id, std::string_view connector_id) = 0;
  virtual void add_event(std::string_view tenant_id, std::string_view connector_id,
                         const InstallationEvent& event) = 0;
};

}  // namespace mkt
