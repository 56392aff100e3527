// The store of a registry in tests: SQLite in the folder or, where MKT_TEST_STORE is "postgres", a
// schema of its own on the server of MKT_TEST_POSTGRES: each use case keeps its promises on both.
#pragma once

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <string_view>

#include "daemon/store/sqlite/sqlite_store.h"
#include "tests/unit/store/postgres/postgres_fixture.h"

namespace mkt {

inline bool tests_use_postgres() {
  const char* wanted = std::getenv("MKT_TEST_STORE");
  return wanted != nullptr && std::string_view(wanted) == "postgres";
}

// Opened again for the same folder, it has kept everything.
inline std::unique_ptr<Store> open_registry_store(const std::filesystem::path& folder) {
  if (tests_use_postgres()) {
    // For the whole run: they go with their server.
    static auto& databases = *new std::map<std::filesystem::path, TestDatabase>;
    return open_postgres(databases[folder].url());
  }
  auto opened = SqliteStore::open(folder / "mktd.db");
  REQUIRE(opened);
  return std::move(*opened);
}

}  // namespace mkt
