// Output: what a command prints: one result on stdout, everything else on stderr.
//
// With --json the result is one JSON document; without, it is text for a person. --quiet leaves out
// notes and progress. Text from elsewhere must pass `printable` first. Use from one thread.
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

  // Prints the command's result in the form that was asked for.
  void result(const Json& document, std::string_view text) const;
  // Something the user should know besides the result.
  void note(std::string_view text) const;
  void warn(std::string_view text) const;
  // One line that says what was wrong, with all findings below it.
  void error(const Error& error) const;

  // A progress line on the terminal; no line where stderr is not a terminal.
  std::function<void(std::uint64_t done, std::uint64_t total)> progress(std::string what) const;
};

// Aligns columns by their widest cell; the first row is the heading.
std::string format_table(const std::vector<std::vector<std::string>>& rows);

// "1.4 MB"
std::string format_bytes(std::uint64_t bytes);

}  // namespace mkt
