// What a command says: one result on stdout, everything else on stderr.
//
// With --json the result is one JSON document; without, it is text for a person. Notes and progress
// are left out with --quiet. Text that came from elsewhere must pass `printable` first. Use from
// one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/json.h"
#include "common/base/result.h"

namespace mkt {

class Output {
 public:
  bool json = false;
  bool quiet = false;
  bool no_color = false;

  // The command's result, in both forms; the one asked for is printed.
  void result(const Json& document, std::string_view text) const;
  // Something to know while or beside the result.
  void note(std::string_view text) const;
  void warn(std::string_view text) const;
  // The one line that says what was wrong, with all findings below it.
  void error(const Error& error) const;

  // A line on the terminal that follows a transfer; nothing where stderr is none.
  std::function<void(std::uint64_t done, std::uint64_t total)> progress(std::string what) const;
};

// Columns aligned by their widest cell; the first row is the heading.
std::string format_table(const std::vector<std::vector<std::string>>& rows);

// "1.4 MB"
std::string format_bytes(std::uint64_t bytes);

}  // namespace mkt
