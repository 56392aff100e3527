// Registry: what a scenario puts load on, and what it takes to prepare that load.
//
// A daemon of its own, with temporary data, or one that runs elsewhere, where an admin's token is
// needed. Names that the scenario makes there begin with a word of this run's, so that one registry
// can be measured any number of times. Throws std::runtime_error with what the registry said where
// a preparation fails. Use from one thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/files.h"
#include "common/base/json.h"
#include "common/http/http_client.h"
#include "common/signing/key.h"
#include "tests/crash/daemon_process.h"
#include "tests/load/options.h"

namespace mkt::load {

class Registry {
 public:
  explicit Registry(const Options& options, const DaemonOptions& daemon = {});
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  const std::string& url() const { return daemon_ ? daemon_->url() : target_; }
  const std::string& admin_token() const { return token_; }
  // The daemon of its own; there is none where a target was named.
  DaemonProcess& daemon() { return *daemon_; }
  bool has_daemon() const { return daemon_ != nullptr; }
  const std::filesystem::path& folder() const { return folder_.path(); }

  // "load-1f3a-NAME": for connectors, tenants and the like.
  std::string name(std::string_view name) const;

  // A complete request to publish: tarball made, signed. `salt` makes other bytes of the same
  // version. Nothing is sent.
  HttpRequest publishing(const std::string& id, const std::string& version,
                         std::string_view capability = "custom", std::string_view salt = "");
  // As an admin, or with the token given.
  HttpRequest installing(const std::string& tenant, const std::string& id,
                         const std::string& version, const std::string& token = "") const;

  struct Answer {
    int status = 0;
    Json body;
  };
  // One request, by itself, with the admin's token unless it brings its own; its url is the path.
  Answer send(HttpRequest request);
  Answer get(const std::string& path) { return send({"GET", path, {}, {}, {}}); }
  Answer post(const std::string& path, const Json& body);
  // The same, where any other status ends the test.
  Json must(int status, const Answer& answer, std::string_view what) const;

  std::string token_of(std::string_view role, const std::string& subject, std::string_view name);

 private:
  void register_publisher();

  TemporaryFolder folder_;
  std::unique_ptr<DaemonProcess> daemon_;
  std::string target_, token_, prefix_;
  HttpClient http_;
  SecretKey key_;
  UniqueFd tarball_;  // in memory; written anew for each
};

}  // namespace mkt::load
