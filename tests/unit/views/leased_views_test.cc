// Views of a store that other daemons change too: they answer from memory only while a lease holds.
#include <doctest/doctest.h>

#include "common/base/files.h"
#include "daemon/store/sqlite/sqlite_store.h"
#include "daemon/views/views.h"
#include "tests/unit/must.h"

namespace mkt {
namespace {

// Changes of its own are told, those of `elsewhere` are not: their news has not come yet.
class LeasedStore : public Store {
 public:
  explicit LeasedStore(Store& elsewhere) : store_(elsewhere) {}

  Status read(const std::function<Status(const Records&)>& look) override {
    return store_.read(look);
  }
  Result<EntryNumbers> change(const Touches& touches,
                              const std::function<Status(Records&)>& decide) override {
    auto numbers = store_.change(touches, decide);
    if (numbers) told_(touches);
    return numbers;
  }
  Watch watch(std::function<void(const Touches&)> told) override {
    told_ = std::move(told);
    return {};
  }
  const MemoryLease* memory_lease() const override { return &lease; }

  MemoryLease lease;

 private:
  Store& store_;
  std::function<void(const Touches&)> told_;
};

struct TwoDaemons {
  TemporaryFolder folder =
      must(TemporaryFolder::create(std::filesystem::temp_directory_path(), "mkt-leased-"));
  std::unique_ptr<SqliteStore> elsewhere = must(SqliteStore::open(folder.path() / "mktd.db"));
  LeasedStore here{*elsewhere};
  Views views{here};

  bool finds_token() const {
    const auto found = views.tokens.find("t-1");
    REQUIRE(found);
    return found->has_value();
  }
  void hold(bool wanted) { here.lease.set_end(wanted ? MemoryLease::now() + 3'600'000 : 0); }
};

TEST_CASE_FIXTURE(TwoDaemons, "what was read is fresh while the lease holds") {
  hold(true);
  const Freshness fresh = views.clock.now();
  CHECK(fresh.holds());
  hold(false);
  CHECK_FALSE(fresh.holds());
  hold(true);
  CHECK(fresh.holds());
  views.clock.move(Touches::of_keys());
  CHECK_FALSE(fresh.holds());
}

TEST_CASE_FIXTURE(TwoDaemons, "without a lease a token that another daemon removed is not found") {
  const TokenRecord token{"t-1", "h", "ci", Role::admin, "", utc_now(), {}, {}};
  hold(true);
  REQUIRE(here.change(Touches::token("t-1"), [&](Records& records) -> Status {
    records.tokens().insert(token);
    return {};
  }));
  REQUIRE(finds_token());
  REQUIRE(elsewhere->change(Touches::token("t-1"), [&](Records& records) -> Status {
    records.tokens().remove("t-1");
    return {};
  }));
  CHECK(finds_token());  // the revocation is not answered yet
  hold(false);
  CHECK_FALSE(finds_token());
}

TEST_CASE_FIXTURE(TwoDaemons, "without a lease the list of keys is read again") {
  int rendered = 0;
  const auto render = [&](const KeyList&, UtcTime) {
    ++rendered;
    return std::string("keys");
  };
  hold(true);
  REQUIRE(views.keys.whole(utc_now(), render));
  REQUIRE(views.keys.whole(utc_now(), render));
  CHECK(rendered == 1);
  hold(false);
  REQUIRE(views.keys.whole(utc_now(), render));
  CHECK(rendered == 2);
}

}  // namespace
}  // namespace mkt
