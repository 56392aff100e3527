#include "cli/client/own_folders.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <algorithm>
#include <set>

#include "common/base/files.h"
#include "common/base/json.h"
#include "common/base/user_folders.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxFileBytes = 4 * 1024 * 1024;
constexpr std::size_t kMaxFolders = 10'000;

fs::path whole(const fs::path& folder) {
  std::error_code error;
  fs::path full = fs::weakly_canonical(fs::absolute(folder, error), error);
  if (error) full = folder;
  return full.has_filename() ? full : full.parent_path();  // "dir/"
}

Result<std::set<std::string>> read(const fs::path& file) {
  std::set<std::string> folders;
  const auto text = read_file(file, kMaxFileBytes);
  if (!text && text.error().code == ErrorCode::not_found) return folders;
  if (!text) return text.error();
  const auto json = parse_json(*text, "it");
  const auto list = json && json->is_object() ? json->find("folders") : Json::const_iterator();
  if (!json || !json->is_object() || list == json->end() || !list->is_array()) {
    return Error(ErrorCode::data_damaged,
                 fmt::format("{} is damaged; move it away, and what was installed with --dir is "
                             "forgotten until it is installed again",
                             printable(file.string())));
  }
  for (const Json& folder : *list) {
    if (folder.is_string()) folders.insert(folder.get<std::string>());
  }
  return folders;
}

}  // namespace

fs::path own_folders_file() { return user_state_folder() / "folders.json"; }

Status remember_folder(const fs::path& file, const fs::path& folder) {
  MKT_CHECK(make_folders(folder_of(file), 0700));
  const UniqueFd lock(::open(folder_of(file).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!lock || ::flock(lock.get(), LOCK_EX) != 0) {
    return system_error(fmt::format("cannot lock {}", printable(folder_of(file).string())), errno);
  }
  MKT_TRY(auto folders, read(file));
  const std::string name = whole(folder).string();
  const bool is_new = folders.insert(name).second;
  const std::size_t gone = std::erase_if(folders, [&](const std::string& known) {
    const auto receipt = Receipt::read(known);
    return known != name && !receipt && receipt.error().code == ErrorCode::not_found;
  });
  if (!is_new && gone == 0) return {};
  if (folders.size() > kMaxFolders) {
    return Error(ErrorCode::invalid_input,
                 fmt::format("{} names {} folders already", printable(file.string()), kMaxFolders));
  }
  return write_file_atomically(file, dump_json_pretty({{"folders", folders}}), 0600);
}

Result<std::vector<Installed>> list_own_folders(const fs::path& file, const fs::path& except) {
  MKT_TRY(const auto folders, read(file));
  const fs::path root = whole(except);
  std::vector<Installed> all;
  for (const std::string& folder : folders) {
    if (fs::path(folder).parent_path() == root) continue;
    auto receipt = Receipt::read(folder);
    if (receipt) {
      all.push_back({folder, std::move(*receipt)});
    } else if (receipt.error().code != ErrorCode::not_found) {
      return receipt.error();
    }
  }
  std::stable_sort(all.begin(), all.end(), [](const Installed& a, const Installed& b) {
    return a.receipt.id < b.receipt.id;
  });
  return all;
}

}  // namespace mkt
