// Version: a version of Semantic Versioning 2.0.0 (semver.org), such as 1.4.0-rc.1+build.7.
//
// Holds valid versions only: parse at the border, trust inside. Two bounds are ours, not semver's:
// a version has at most kMaxLength characters, and its three numbers fit in 64 bits. Immutable; any
// thread may read it.
//
// Versions are equal when their texts are equal. Precedence is different (semver, section 11): it
// ignores build metadata, so 1.0.0+a and 1.0.0+b differ, but neither precedes the other. So there
// is a compare_precedence and no operator<.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace mkt {

class Version {
 public:
  static constexpr std::size_t kMaxLength = 128;
  using Numbers = std::array<std::uint64_t, 3>;  // major, minor, patch

  // invalid_input when the text breaks the grammar or one of the bounds.
  static Result<Version> parse(std::string_view text);

  // major.minor.patch alone.
  static Version release(const Numbers& numbers);
  // major.minor.patch-0; no other version with these numbers precedes it.
  static Version first_prerelease(const Numbers& numbers);

  std::uint64_t major() const { return numbers_[0]; }
  std::uint64_t minor() const { return numbers_[1]; }
  std::uint64_t patch() const { return numbers_[2]; }
  const Numbers& numbers() const { return numbers_; }
  // The identifiers between the dots, such as {"rc", "1"}; none for a release.
  const std::vector<std::string>& prerelease() const { return prerelease_; }
  bool is_prerelease() const { return !prerelease_.empty(); }
  // Exactly the text that was parsed, with build metadata.
  const std::string& text() const { return text_; }

  friend bool operator==(const Version& a, const Version& b) { return a.text_ == b.text_; }

 private:
  Version(std::string text, const Numbers& numbers, std::vector<std::string> prerelease)
      : text_(std::move(text)), numbers_(numbers), prerelease_(std::move(prerelease)) {}

  std::string text_;
  Numbers numbers_;
  std::vector<std::string> prerelease_;
};

// `less` when `a` precedes `b`; `equal` also for versions that differ only in build metadata.
std::strong_ordering compare_precedence(const Version& a, const Version& b);

// One of the three numbers: digits without a leading zero. nullopt also for more than 64 bits.
std::optional<std::uint64_t> parse_version_number(std::string_view text);

}  // namespace mkt
