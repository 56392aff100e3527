#include "common/connector/portable_name.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "common/base/text.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

constexpr auto kControlFolders = std::to_array<std::string_view>({"git", "hg", "svn"});

// learn.microsoft.com, "Naming Files, Paths, and Namespaces"; COM and LPT are followed by one
// digit.
constexpr auto kDevices =
    std::to_array<std::string_view>({"con", "prn", "aux", "nul", "conin$", "conout$"});
constexpr auto kNumberedDevices = std::to_array<std::string_view>({"com", "lpt"});

constexpr std::string_view kNotOnWindows = "<>:\"|?*";

Error unsafe_name(std::string message) {
  return Error(ErrorCode::archive_unsafe, std::move(message));
}

template <typename List>
bool is_listed(const List& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

// Windows drops dots and blanks from the end of a name.
std::string_view without_dots_and_blanks(std::string_view name) {
  return name.substr(0, name.find_last_not_of(". ") + 1);  // npos + 1 is 0
}

// The 8.3 name that NTFS gives `.git` as a second name: `GIT~1`, or a higher number where that is
// taken.
bool is_short_name(std::string_view folded) {
  const std::size_t tilde = folded.find('~');
  return tilde != std::string_view::npos && tilde + 1 < folded.size() &&
         is_listed(kControlFolders, folded.substr(0, tilde)) &&
         std::all_of(folded.begin() + static_cast<std::ptrdiff_t>(tilde) + 1, folded.end(),
                     is_ascii_digit);
}

bool is_control_folder(std::string_view folded) {
  const std::string_view name = without_dots_and_blanks(folded.substr(0, folded.find(':')));
  return (name.starts_with('.') && is_listed(kControlFolders, name.substr(1))) ||
         is_short_name(name);
}

// `nul.txt` and `aux .js` are devices, too.
bool is_device(std::string_view folded) {
  const std::string_view stem =
      without_dots_and_blanks(folded.substr(0, folded.find_first_of(".:")));
  if (is_listed(kDevices, stem)) return true;
  return stem.size() == 4 && is_ascii_digit(stem[3]) &&
         is_listed(kNumberedDevices, stem.substr(0, 3));
}

}  // namespace

Status check_portable_name(std::string_view name) {
  const std::string folded = fold_name(name);
  if (is_control_folder(folded)) {
    return unsafe_name("a path must not lead through what some system takes for .git, .hg or .svn");
  }
  if (const std::size_t at = name.find_first_of(kNotOnWindows); at != std::string_view::npos) {
    return unsafe_name(
        fmt::format("a path must not contain {}, which Windows cannot store", name[at]));
  }
  if (name.ends_with('.') || name.ends_with(' ')) {
    return unsafe_name("no name in a path may end with a dot or a blank, which Windows drops");
  }
  if (is_device(folded)) {
    return unsafe_name(
        "no name in a path may be that of a device of Windows, such as CON or aux.js");
  }
  return {};
}

}  // namespace mkt
