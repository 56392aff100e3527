// Whose bodies are read when there are fewer slots than bodies.
#include "daemon/http/upload_slots.h"

#include <doctest/doctest.h>

#include <future>
#include <optional>
#include <thread>
#include <vector>

namespace mkt {
namespace {

using Slot = UploadSlots::Slot;
constexpr std::chrono::milliseconds kNoPatience{0};
constexpr std::chrono::minutes kPatience{1};

// As many slots as it gets at once.
std::vector<Slot> take_all(UploadSlots& slots, const std::string& who, const std::string& network) {
  std::vector<Slot> taken;
  for (;;) {
    auto slot = slots.take({who, network}, kNoPatience);
    if (!slot) {
      CHECK(slot.error().code == ErrorCode::overloaded);
      return taken;
    }
    taken.push_back(std::move(*slot));
  }
}

TEST_CASE("one publisher holds a quarter of the slots, one network half of them") {
  UploadSlots slots(16, 64);
  const auto slow = take_all(slots, "publisher:slow", "192.0.2.1");
  CHECK(slow.size() == 4);
  CHECK(take_all(slots, "publisher:slow", "192.0.2.2").empty());
  const auto second = take_all(slots, "publisher:second", "192.0.2.1");
  CHECK(second.size() == 4);
  CHECK(take_all(slots, "publisher:third", "192.0.2.1").empty());
  CHECK(take_all(slots, "publisher:third", "192.0.2.2").size() == 4);
}

TEST_CASE("who has no name or no network is counted by the other") {
  UploadSlots slots(8, 64);
  const auto by_name = take_all(slots, "publisher:a", "");
  CHECK(by_name.size() == 2);
  const auto by_network = take_all(slots, "", "192.0.2.1");
  CHECK(by_network.size() == 4);
  CHECK(take_all(slots, "", "").size() == 2);
}

TEST_CASE("a single slot is anybody's") {
  UploadSlots slots(1, 4);
  { CHECK(take_all(slots, "publisher:a", "192.0.2.1").size() == 1); }
  CHECK(take_all(slots, "publisher:b", "192.0.2.1").size() == 1);
}

TEST_CASE("a slot that is given back goes to the first who may have it") {
  UploadSlots slots(4, 64);
  std::optional<Slot> mine(std::move(*slots.take({"publisher:a", "192.0.2.1"}, kNoPatience)));
  const auto wait = [&](const char* who) {
    auto waiter = std::async(std::launch::async, [&slots, who] {
      return static_cast<bool>(slots.take({who, "192.0.2.9"}, kPatience));
    });
    return waiter;
  };
  // Its own share is taken: it waits though there are free ones, and others do not.
  auto same = wait("publisher:a");
  while (slots.waiting() == 0) std::this_thread::yield();
  CHECK(wait("publisher:b").get());
  CHECK(slots.waiting() == 1);
  mine.reset();
  CHECK(same.get());
  CHECK(slots.waiting() == 0);
}

TEST_CASE("of those who wait one origin may be a part only") {
  UploadSlots slots(1, 8);
  auto held = take_all(slots, "publisher:a", "192.0.2.1");
  REQUIRE(held.size() == 1);
  std::vector<std::future<bool>> waiters;
  for (int i = 0; i < 2; ++i) {
    waiters.push_back(std::async(std::launch::async, [&] {
      return static_cast<bool>(slots.take({"publisher:a", "192.0.2.1"}, kPatience));
    }));
  }
  while (slots.waiting() < 2) std::this_thread::yield();
  // The next of the same is told at once, however patient it is.
  CHECK_FALSE(slots.take({"publisher:a", "192.0.2.1"}, kPatience));
  CHECK(slots.waiting() == 2);
  held.clear();
  for (auto& waiter : waiters) CHECK(waiter.get());
}

}  // namespace
}  // namespace mkt
