#include "common/connector/entry_path.h"

#include <fmt/format.h>

#include "common/base/utf8.h"
#include "common/connector/portable_name.h"

namespace mkt {
namespace {

Error unsafe(std::string message) { return Error(ErrorCode::archive_unsafe, std::move(message)); }

}  // namespace

Status check_entry_path(std::string_view path) {
  if (path.empty()) return unsafe("a path must not be empty");
  if (path.size() > kMaxEntryPathBytes) {
    return unsafe(fmt::format("a path has {} bytes; at most {} are allowed", path.size(),
                              kMaxEntryPathBytes));
  }
  if (!is_valid_utf8(path)) return unsafe("a path must be UTF-8");
  if (has_control_characters(path)) return unsafe("a path must not contain control characters");
  if (path.find('\\') != std::string_view::npos) {
    return unsafe("a path must not contain a backslash");
  }
  if (path.front() == '/') return unsafe("a path must not be absolute");
  std::size_t depth = 0;
  for (std::size_t start = 0; start <= path.size();) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    const std::string_view component = path.substr(start, end - start);
    if (component.empty() || component == "." || component == "..") {
      return unsafe("a path must not contain empty, '.' or '..' components");
    }
    if (++depth > kMaxEntryDepth) {
      return unsafe(fmt::format("a path must not be deeper than {} folders", kMaxEntryDepth));
    }
    start = end + 1;
  }
  return {};
}

Status EntryNames::add(std::string_view path, Kind kind) {
  MKT_CHECK(check_entry_path(path));
  if (fold_name(path.substr(0, path.find('/'))) == kReceiptName) {
    return unsafe(fmt::format("the name {} belongs to mkt install", kReceiptName));
  }
  for (std::size_t start = 0; start < path.size();) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    MKT_CHECK(check_portable_name(path.substr(start, end - start)));
    if (end < path.size()) MKT_CHECK(add_one(path.substr(0, end), Kind::folder, false));
    start = end + 1;
  }
  return add_one(path, kind, true);
}

Status EntryNames::add_one(std::string_view path, Kind kind, bool listed) {
  const auto [it, is_new] =
      seen_.try_emplace(fold_name(path), Seen{std::string(path), kind, listed});
  if (is_new) return {};
  Seen& other = it->second;
  if (other.path != path) {
    return unsafe(fmt::format("{} and {} differ only in case or Unicode form",
                              printable(other.path), printable(path)));
  }
  if (other.kind != kind) {
    return unsafe(fmt::format("{} is both a file and a folder", printable(path)));
  }
  if (listed && other.listed) return unsafe(fmt::format("{} appears twice", printable(path)));
  other.listed = other.listed || listed;
  return {};
}

}  // namespace mkt
