// Reads what pages show of a tarball: its README, and the files by which two versions differ.
//
// Reads entry by entry (common/connector/tarball_reader.h) and keeps only what is shown. May take
// as long as the tarball is large, so the result is kept (kept_html.h).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "common/base/result.h"
#include "common/connector/tarball_reader.h"

namespace mkt {

// README.md at the root of the tarball, in any case: its first `most` bytes and one more where
// there are more. nullopt where there is none.
Result<std::optional<std::string>> readme_of(ByteSource tarball, const ArchiveLimits& limits,
                                             std::size_t most);

struct TextOfFile {
  std::uint64_t size = 0;  // bytes
  std::string hash;        // hex SHA-256 of the content
  // Empty where it is no text, or longer than what is compared.
  std::optional<std::string> text;
};

// All files by their paths; texts of at most `most_of_file` bytes, until `most` bytes are kept.
Result<std::map<std::string, TextOfFile>> texts_of(ByteSource tarball, const ArchiveLimits& limits,
                                                   std::size_t most_of_file, std::size_t most);

}  // namespace mkt
