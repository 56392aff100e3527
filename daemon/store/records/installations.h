// Installations: what tenants have installed, and how it came to that, as rows. Held with the
// tenant.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/utc_time.h"

namespace mkt {

// What a tenant has installed; one version of a connector at a time.
struct InstallationRecord {
  std::string tenant_id;
  std::string connector_id;
  std::string version;
  std::string checksum;
  std::string config;
  std::string request_id;
  std::string installed_by;
  UtcTime installed_at;  // the connector's first version
  UtcTime updated_at;    // this version
};

// One step of an installation's history.
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
  // By connector id, those after `after`.
  virtual std::vector<InstallationRecord> list(std::string_view tenant_id, std::string_view after,
                                               std::uint32_t limit) const = 0;
  // By tenant.
  virtual std::vector<InstallationRecord> of_version(std::string_view connector_id,
                                                     std::string_view version,
                                                     std::uint32_t limit) const = 0;
  virtual std::size_t count_of_version(std::string_view connector_id,
                                       std::string_view version) const = 0;
  // Newest first.
  virtual std::vector<InstallationEvent> history(std::string_view tenant_id,
                                                 std::string_view connector_id,
                                                 std::uint32_t limit) const = 0;
  // What the tenant has installed or, where it uninstalled, had last.
  virtual std::optional<std::string> last_version(std::string_view tenant_id,
                                                  std::string_view connector_id) const = 0;

  // In the place of the connector's earlier version, where there is one.
  virtual void put(const InstallationRecord& installation) = 0;
  virtual void remove(std::string_view tenant_id, std::string_view connector_id) = 0;
  virtual void add_event(std::string_view tenant_id, std::string_view connector_id,
                         const InstallationEvent& event) = 0;
};

}  // namespace mkt
