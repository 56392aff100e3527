#include "cli/client/config_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <algorithm>
#include <functional>
#include <vector>

#include "cli/client/settings.h"
#include "common/base/files.h"
#include "common/base/text.h"
#include "common/base/toml.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxEditedBytes = 64 * 1024;

// Each with its end of line, which the last may lack.
std::vector<std::string> lines_of_text(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return lines;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line;
  return text;
}

// The indices of the lines that set it, ascending.
Result<std::vector<std::size_t>> lines_with(std::string_view text, std::string_view name) {
  MKT_TRY(const auto settings, read_toml(text, config_file().string()));
  std::vector<std::size_t> found;
  for (const TomlSetting& setting : settings) {
    std::string own = setting.name;
    std::replace(own.begin(), own.end(), '-', '_');
    if (setting.table.empty() && own == name) {
      found.push_back(static_cast<std::size_t>(setting.line) - 1);
    }
  }
  return found;
}

// A number or a boolean as it is, anything else as a basic string.
std::string toml_value(std::string_view value) {
  if (parse_whole<std::uint64_t>(value) && (value == "0" || !value.starts_with('0'))) {
    return std::string(value);
  }
  if (value == "true" || value == "false") return std::string(value);
  std::string quoted = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      quoted += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

// What follows the value in a line "name = value  # comment", with the blanks before it. The line
// is known to be TOML.
std::string_view behind_value(std::string_view line) {
  std::size_t at = line.find_first_not_of(" \t", line.find('=') + 1);
  if (at == std::string_view::npos) return {};
  const char quote = line[at];
  if (quote == '"' || quote == '\'') {
    for (++at; at < line.size() && line[at] != quote; ++at) {
      if (quote == '"' && line[at] == '\\') ++at;
    }
    return line.substr(std::min(at + 1, line.size()));
  }
  const std::size_t end = line.find_first_of(" \t\r\n#", at);
  return end == std::string_view::npos ? std::string_view() : line.substr(end);
}

// Reads the file, changes its text and writes it, while no other mkt does. False where `edit` gave
// nothing to write.
Result<bool> edit_config(
    const std::function<Result<std::optional<std::string>>(const std::string&)>& edit) {
  // A link stays, such as one into a folder under version control; its target is written.
  fs::path path = config_file();
  std::error_code error;
  if (fs::is_symlink(path, error)) {
    const fs::path target = fs::weakly_canonical(path, error);
    if (!error) path = target;
  }
  MKT_CHECK(make_folders(folder_of(path), 0700));
  const UniqueFd folder(::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::flock(folder.get(), LOCK_EX) != 0) {
    return system_error(fmt::format("cannot lock {}", printable(folder_of(path).string())), errno);
  }
  auto text = read_file(path, kMaxEditedBytes);
  if (!text && text.error().code != ErrorCode::not_found) return text.error();
  MKT_TRY(const auto edited, edit(text ? *text : std::string()));
  if (!edited) return false;
  MKT_CHECK(check_config_text(*edited));
  MKT_CHECK(write_file_atomically(path, *edited, 0600));
  return true;
}

}  // namespace

Result<std::string> with_setting(std::string_view text, std::string_view name,
                                 std::string_view value) {
  MKT_TRY(const auto at, lines_with(text, name));
  auto lines = lines_of_text(text);
  if (!at.empty()) {
    std::string& line = lines[at.back()];
    line = fmt::format("{} {}{}", line.substr(0, line.find('=') + 1), toml_value(value),
                       behind_value(line));
    // Another spelling of the name counts first, so there must be none.
    for (std::size_t i = at.size() - 1; i-- > 0;) {
      lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(at[i]));
    }
    return joined(lines);
  }
  std::string all(text);
  if (!all.empty() && !all.ends_with('\n')) all += '\n';
  return all + fmt::format("{} = {}\n", name, toml_value(value));
}

Result<std::optional<std::string>> without_setting(std::string_view text, std::string_view name) {
  MKT_TRY(const auto at, lines_with(text, name));
  if (at.empty()) return std::optional<std::string>();
  auto lines = lines_of_text(text);
  for (std::size_t i = at.size(); i-- > 0;) {
    lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(at[i]));
  }
  return std::optional(joined(lines));
}

Status set_in_config(std::string_view name, std::string_view value) {
  MKT_TRY(const bool written,
          edit_config([&](const std::string& text) -> Result<std::optional<std::string>> {
            MKT_TRY(std::string edited, with_setting(text, name, value));
            return std::optional(std::move(edited));
          }));
  return written ? Status() : Status(Error(ErrorCode::internal_error, "nothing was written"));
}

Result<bool> unset_in_config(std::string_view name) {
  return edit_config([&](const std::string& text) { return without_setting(text, name); });
}

}  // namespace mkt
