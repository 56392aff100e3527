// How many policies are kept.
#include "daemon/rules/policy_history.h"

#include <doctest/doctest.h>

namespace mkt {
namespace {

std::vector<PolicySize> revisions(std::int64_t count, std::int64_t bytes) {
  std::vector<PolicySize> sizes;
  for (std::int64_t revision = count; revision > 0; --revision) sizes.push_back({revision, bytes});
  return sizes;
}

TEST_CASE("the newest hundred are kept, and a mebibyte of them") {
  CHECK(revisions_to_remove({}).empty());
  CHECK(revisions_to_remove(revisions(100, 1)).empty());
  CHECK(revisions_to_remove(revisions(102, 1)) == std::vector<std::int64_t>{2, 1});
  CHECK(revisions_to_remove(revisions(3, kMaxPolicyHistoryBytes / 2)) ==
        std::vector<std::int64_t>{1});
}

TEST_CASE("the newest is kept, however large, and nothing older beside it") {
  CHECK(revisions_to_remove(revisions(1, 2 * kMaxPolicyHistoryBytes)).empty());
  CHECK(revisions_to_remove({{3, 2 * kMaxPolicyHistoryBytes}, {2, 1}, {1, 1}}) ==
        std::vector<std::int64_t>{2, 1});
}

}  // namespace
}  // namespace mkt
