// What every Store must do, wherever it keeps its records; store.h describes it.
#pragma once

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <atomic>
#include <barrier>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "common/base/files.h"
#include "daemon/store/store.h"
#include "tests/unit/service/registry_fixture.h"

namespace mkt {

// Opens the store of that folder; called again after it was closed, it must have kept everything.
using OpenStore = std::function<std::unique_ptr<Store>(const std::filesystem::path& folder)>;

namespace store_conformance {

inline NewLogEntry entry(std::string_view action) {
  return {UtcTime(), kActor, action, "subject", "{}"};
}

inline PublisherRecord publisher(const std::string& id) {
  PublisherRecord p;
  p.id = p.display_name = id;
  p.email = id + "@acme.example";
  p.created_at = utc_now();
  return p;
}

inline Status put_publisher(Store& store, const std::string& id) {
  const auto done = store.change(Touches::of_publishers(), [&](Records& records) -> Status {
    records.log().append(entry("publisher.register"));
    records.publishers().insert(publisher(id));
    return {};
  });
  return done ? Status() : done.error();
}

inline std::size_t count_publishers(Store& store) {
  const auto all =
      read_from(store, [](const Records& records) { return records.publishers().all().size(); });
  REQUIRE(all);
  return *all;
}

// Runs both at the same moment, each in its own thread.
inline void at_once(const std::function<void()>& one, const std::function<void()>& other) {
  std::barrier start(2);
  std::jthread first([&] {
    start.arrive_and_wait();
    one();
  });
  std::jthread second([&] {
    start.arrive_and_wait();
    other();
  });
}

}  // namespace store_conformance

// What the two verbs and the feed promise.
inline void check_store_verbs(const OpenStore& open) {
  using namespace store_conformance;
  const auto folder =
      *TemporaryFolder::create(std::filesystem::temp_directory_path(), "mkt-store-");
  auto store = open(folder.path());
  REQUIRE(store);

  SUBCASE("what a change wrote is there when it returns, and after the store is opened again") {
    REQUIRE(put_publisher(*store, "acme"));
    CHECK(count_publishers(*store) == 1);
    store.reset();
    store = open(folder.path());
    CHECK(count_publishers(*store) == 1);
  }

  SUBCASE("a change sees what it wrote, and nobody else does before it has committed") {
    REQUIRE(store->change(Touches::nothing(), [&](Records& records) -> Status {
      records.publishers().insert(publisher("acme"));
      CHECK(records.publishers().find("acme", Hold::exclusive));
      std::jthread other([&] { CHECK(count_publishers(*store) == 0); });
      return {};
    }));
    CHECK(count_publishers(*store) == 1);
  }

  SUBCASE("a change that fails leaves nothing, not in the log either") {
    const auto refused = store->change(Touches::nothing(), [&](Records& records) -> Status {
      records.log().append(entry("publisher.register"));
      records.publishers().insert(publisher("acme"));
      return Error(ErrorCode::publisher_exists, "no");
    });
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::publisher_exists);
    CHECK(count_publishers(*store) == 0);
    CHECK(read_from(*store, [](const Records& records) {
            return records.log().entries({});
          })->empty());
  }

  SUBCASE("a mistake in a change fails it alone") {
    const auto failed = store->change(Touches::nothing(), [&](Records& records) -> Status {
      records.publishers().insert(publisher("acme"));
      throw std::out_of_range("a mistake");
    });
    REQUIRE_FALSE(failed);
    CHECK(failed.error().code == ErrorCode::internal_error);
    CHECK(put_publisher(*store, "acme"));
  }

  SUBCASE("entries are numbered in the order of commits, and a change is told its own") {
    std::int64_t last = 0;
    for (int i = 0; i < 3; ++i) {
      EntryRef first, second;
      const auto numbers = store->change(Touches::nothing(), [&](Records& records) -> Status {
        first = records.log().append(entry("one"));
        second = records.log().append(entry("two"));
        return {};
      });
      REQUIRE(numbers);
      CHECK(numbers->of(first) > last);
      CHECK(numbers->of(second) > numbers->of(first));
      last = numbers->of(second);
    }
    const auto entries =
        read_from(*store, [](const Records& records) { return records.log().entries({}); });
    REQUIRE(entries->size() == 6);
    CHECK(entries->back().seq == last);
    CHECK(entries->back().action == "two");
  }

  SUBCASE("a read is of one moment, whatever is changed meanwhile") {
    REQUIRE(put_publisher(*store, "acme"));
    REQUIRE(store->read([&](const Records& records) -> Status {
      CHECK(records.publishers().all().size() == 1);
      std::jthread([&] { CHECK(put_publisher(*store, "other")); }).join();
      CHECK(records.publishers().all().size() == 1);
      return {};
    }));
    CHECK(count_publishers(*store) == 2);
  }

  SUBCASE("who watches is told of each commit before its caller is, and of no other change") {
    std::vector<Touches> told;
    {
      const Watch watch = store->watch([&](const Touches& touches) { told.push_back(touches); });
      REQUIRE(store->change(Touches::connector("tool"), [](Records& records) -> Status {
        records.touch_connector("other");
        return {};
      }));
      REQUIRE(told.size() == 1);
      CHECK(told[0].connectors == std::vector<std::string>{"tool", "other"});
      CHECK_FALSE(store->change(Touches::all(),
                                [](Records&) -> Status { return Error(ErrorCode::busy, "no"); }));
      CHECK(told.size() == 1);
    }
    REQUIRE(put_publisher(*store, "acme"));
    CHECK(told.size() == 1);
  }

  SUBCASE("of many changes at once none is lost") {
    std::atomic<int> kept = 0;
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < 16; ++i) {
        threads.emplace_back([&, i] {
          for (int j = 0; j < 8; ++j)
            kept += bool(put_publisher(*store, fmt::format("p{}-{}", i, j)));
        });
      }
    }
    CHECK(kept == 128);
    CHECK(count_publishers(*store) == 128);
  }
}

// Each of two changes decides by what the other one changes. In either order, the outcome must be
// that of running one after the other. After each read of one, the other may run.
inline void check_store_races(const OpenStore& open) {
  using namespace store_conformance;
  constexpr int kRounds = 20;
  RegistryFixture fixture([&](const std::filesystem::path& folder) {
    return std::make_unique<Registry>(folder, open(folder), [] { std::this_thread::yield(); });
  });
  Registry& registry = *fixture.registry;

  SUBCASE("publish and revoke: a version that the stolen key signed is refused or in quarantine") {
    for (int i = 0; i < kRounds; ++i) {
      const KeyRecord key = fixture.add_publisher(fmt::format("acme{}", i));
      const std::string id = fmt::format("tool{}", i);
      at_once([&] { (void)registry.publish(fixture.version(id, "1.0.0", key), kActor); },
              [&] {
                CHECK(registry.revoke_key(
                    {key.key_id, ReasonCode::compromised, "stolen", {}, utc_now()}, kActor));
              });
      const auto found = registry.version(id, "1.0.0");
      REQUIRE(found);
      if (*found) CHECK((*found)->quarantined);
    }
  }

  SUBCASE("two publish one new version: one wins") {
    const KeyRecord key = fixture.add_publisher("acme");
    for (int i = 0; i < kRounds; ++i) {
      const std::string id = fmt::format("tool{}", i);
      std::atomic<int> made = 0, refused = 0;
      const auto publish = [&](const std::string& checksum) {
        NewVersion n = fixture.version(id, "1.0.0", key);
        n.version.checksum = checksum;
        const auto published = registry.publish(n, kActor);
        made += published && published->is_new;
        refused += !published && published.error().code == ErrorCode::version_exists;
      };
      at_once([&] { publish("sha256:one"); }, [&] { publish("sha256:other"); });
      CHECK(made == 1);
      CHECK(refused == 1);
    }
  }

  SUBCASE("the last two owners are removed at once: one stays") {
    const KeyRecord key = fixture.add_publisher("acme");
    fixture.add_publisher("partner");
    for (int i = 0; i < kRounds; ++i) {
      const std::string id = fmt::format("tool{}", i);
      REQUIRE(registry.publish(fixture.version(id, "1.0.0", key), kActor));
      REQUIRE(registry.add_owner(id, "partner", kActor));
      std::atomic<int> removed = 0;
      const auto remove = [&](const char* publisher) {
        removed += bool(registry.remove_owner(id, publisher, kActor));
      };
      at_once([&] { remove("acme"); }, [&] { remove("partner"); });
      CHECK(removed == 1);
      CHECK(registry.owners_of(id)->size() == 1);
    }
  }

  SUBCASE("two approve at once: both count, and it is installed once") {
    const KeyRecord key = fixture.add_publisher("acme");
    Policy policy;
    policy.min_approvals = 2;
    REQUIRE(
        registry.set_policy({"team", 0, dump_json(policy.to_json()), utc_now(), ""}, {}, kActor));
    for (int i = 0; i < kRounds; ++i) {
      const std::string id = fmt::format("vault{}", i);
      NewVersion n = fixture.version(id, "1.0.0", key);
      n.version.capabilities = {"auth"};
      REQUIRE(registry.publish(n, kActor));
      const std::string request = fmt::format("req_{}", i);
      REQUIRE(
          registry.request_install({request, "team", id, "1.0.0", "{}", "bob", utc_now()}, kActor));
      const auto approve = [&](const char* who) {
        CHECK(registry.approve_request({"team", request, who, "", "", utc_now()}, kActor));
      };
      at_once([&] { approve("alice"); }, [&] { approve("carol"); });
      const auto decided = registry.install_request(request);
      REQUIRE(decided);
      CHECK((*decided)->approvals.size() == 2);
      CHECK((*decided)->status == RequestStatus::approved);
      CHECK(registry.installation_history("team", id, 10)->size() == 1);
    }
  }
}

}  // namespace mkt
