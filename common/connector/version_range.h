// VersionRange: a set of versions, in the range grammar of npm's node-semver, strict mode.
//
//   >=1.2.0 <2.0.0   both hold; the operators are < <= > >= =, and none means =
//   1.2.0 - 1.4      from 1.2.0 to the last 1.4.x
//   1.x, 1, *        any number in place of an x, a * or a missing one; empty: any release
//   ~1.2.3           1.2.3 and later patches
//   ^1.2.3           1.2.3 and later up to the next change of the leftmost number that is not 0
//   1.x || 3.x       one of the alternatives
//
// A prerelease is contained only where its alternative names a prerelease of the same three
// numbers: ^1.2.0-rc.1 contains 1.2.0-rc.2, but neither it nor ^1.0.0 contains 1.3.0-rc.1.
//
// A range accepted here means the same to node-semver; version_range_test.cc compares the two. Some
// ranges that node-semver accepts are refused here, as they are more likely mistakes: blanks other
// than the space, an extra '=', 'v' or '*' (==1.x, > =1.2, 1.2.3*), a number after an x (^1.x.3),
// and a version that Version cannot hold. Its numbers end at 2^53 - 1; ours do not.
//
// Holds valid ranges only. Immutable; any thread may read it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/connector/version.h"

namespace mkt {

// One comparison that a version must satisfy.
struct VersionBound {
  enum class Relation { below, at_most, equal, at_least, above };
  Relation relation;
  Version version;
};

class VersionRange {
 public:
  static constexpr std::size_t kMaxLength = 256;  // node-semver's limit for a version

  // invalid_input when the text is longer than that or not in the grammar.
  static Result<VersionRange> parse(std::string_view text);

  bool contains(const Version& version) const;

  // Exactly the text that was parsed.
  const std::string& text() const { return text_; }

 private:
  // All of its bounds must hold; an alternative without bounds contains every release.
  using Alternative = std::vector<VersionBound>;

  VersionRange(std::string text, std::vector<Alternative> alternatives)
      : text_(std::move(text)), alternatives_(std::move(alternatives)) {}

  std::string text_;
  std::vector<Alternative> alternatives_;
};

}  // namespace mkt
