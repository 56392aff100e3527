// How long the parts of a manifest may be; connector.manifest(5) lists it.
#pragma once

#include <cstddef>

namespace mkt {

// Lengths are in code points, counts in elements.
struct ManifestLimits {
  static constexpr std::size_t kDisplayName = 128;
  static constexpr std::size_t kDescription = 1024;  // of the connector, and of each tool
  static constexpr std::size_t kAuthor = 128;
  static constexpr std::size_t kLicense = 256;
  static constexpr std::size_t kTools = 256;
  static constexpr std::size_t kToolName = 128;
  static constexpr std::size_t kCapabilities = 20;
  static constexpr std::size_t kKeywords = 64;
  static constexpr std::size_t kKeyword = 64;
  static constexpr std::size_t kUrl = 2048;
  static constexpr std::size_t kDependencies = 256;
  static constexpr std::size_t kNotes = 64 * 1024;  // changelog, releaseNotes
};

}  // namespace mkt
