// PostgresStore: what any store promises, and what is PostgreSQL's own.
#include "daemon/store/postgres/postgres_store.h"

#include <map>

#include "tests/unit/store/postgres/postgres_fixture.h"
#include "tests/unit/store/store_conformance.h"

namespace mkt {
namespace {

// A database for each folder that a conformance test names.
OpenStore postgres_by_folder() {
  auto databases = std::make_shared<std::map<std::filesystem::path, TestDatabase>>();
  return [databases](const std::filesystem::path& folder) -> std::unique_ptr<Store> {
    return open_postgres((*databases)[folder].url());
  };
}

TEST_CASE("with PostgreSQL: the store keeps what a store promises") {
  if (!has_postgres()) return;
  check_store_verbs(postgres_by_folder());
}

TEST_CASE("with PostgreSQL: changes that race end as if one had come after the other") {
  if (!has_postgres()) return;
  check_store_races(postgres_by_folder());
}

}  // namespace
}  // namespace mkt
