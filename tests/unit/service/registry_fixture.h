// A registry in its own folder, and functions that make its records.
#pragma once

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/base/files.h"
#include "tests/unit/must.h"
#include "tests/unit/service/registry.h"

namespace mkt {

inline const Actor kActor{"admin", "127.0.0.1", "r1"};

struct RegistryFixture {
  using Open = std::function<std::unique_ptr<Registry>(const std::filesystem::path& folder)>;

  RegistryFixture()
      : RegistryFixture(
            [](const std::filesystem::path& in) { return std::make_unique<Registry>(in); }) {}
  explicit RegistryFixture(Open opener)
      : open(std::move(opener)),
        folder(*TemporaryFolder::create(std::filesystem::temp_directory_path(), "mkt-store-")) {
    reopen();
  }
  void reopen() {
    registry.reset();
    registry = open(folder.path());
  }

  KeyRecord add_publisher(const std::string& id) {
    PublisherRecord p;
    p.id = id;
    p.display_name = id;
    p.email = id + "@acme.example";
    p.created_at = utc_now();
    KeyRecord k;
    k.fingerprint = fmt::format("{:0>64}", std::hash<std::string>()(id));
    k.key_id = id + ":0123456789abcdef";
    k.publisher_id = id;
    k.public_key = "key of " + id;
    k.created_at = p.created_at;
    REQUIRE(registry->add_publisher(p, k, kActor));
    return k;
  }

  static NewVersion version(const std::string& id, const std::string& version,
                            const KeyRecord& key) {
    NewVersion n;
    n.version.connector_id = id;
    n.version.version = version;
    n.version.manifest = "{}";
    n.version.checksum = "sha256:" + id + version;
    n.version.size = 10;
    n.version.signature = "{}";
    n.version.signing_key_id = key.key_id;
    n.version.published_by = key.publisher_id;
    n.version.published_at = utc_now();
    n.display_name = "The " + id;
    n.description = "about " + id;
    n.author = "somebody";
    n.capabilities = {"custom"};
    return n;
  }

  static TokenRecord token(const std::string& id, Role role, const std::string& subject) {
    TokenRecord t;
    t.id = id;
    t.hash = "h";
    t.name = "ci";
    t.role = role;
    t.subject = subject;
    t.created_at = utc_now();
    return t;
  }

  std::vector<std::string> search(const SearchQuery& query) {
    const auto page = registry->search(query);
    REQUIRE(page);
    std::vector<std::string> ids;
    for (const auto& c : page->connectors) ids.push_back(c.id);
    return ids;
  }

  Open open;
  TemporaryFolder folder;
  std::unique_ptr<Registry> registry;
};

}  // namespace mkt
