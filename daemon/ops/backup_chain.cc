#include "daemon/ops/backup_chain.h"

#include <fmt/format.h>

#include "common/base/utf8.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostSinceBytes = 4096;
// Ten years of nightly backups without a full one. Each link names the one before by its content,
// so a chain cannot be a circle.
constexpr std::size_t kMostLinks = 4096;

Result<EarlierBackup> read_since(const BackupEntry& entry) {
  std::string text;
  MKT_CHECK(entry.read([&](std::span<const std::uint8_t> bytes) -> Status {
    text.append(bytes.begin(), bytes.end());
    if (text.size() <= kMostSinceBytes) return {};
    return Error(ErrorCode::data_damaged, "the backup is damaged: `since` is too long");
  }));
  return EarlierBackup::parse(text);
}

Result<BackupLink> look_at_backup(const fs::path& file) {
  std::optional<Checksum> database;
  std::optional<EarlierBackup> earlier;
  std::set<std::string> tarballs;
  MKT_CHECK(each_entry(file, [&](const BackupEntry& entry) -> Status {
    switch (entry.kind) {
      case BackupEntry::Kind::since: {
        MKT_TRY(earlier, read_since(entry));
        return {};
      }
      case BackupEntry::Kind::database: {
        MKT_TRY(database, entry.read([](std::span<const std::uint8_t>) { return Status(); }));
        return {};
      }
      case BackupEntry::Kind::tarball:
        tarballs.insert(entry.checksum->hex());
        return {};
    }
    return {};
  }));
  if (!database) return Error(ErrorCode::not_found, "there is no database in it");
  return BackupLink{file, *database, std::move(earlier), std::move(tarballs)};
}

Error gap(const BackupLink& link, std::string_view why) {
  return Error(ErrorCode::data_damaged,
               fmt::format("{} goes on from {}, which {}; put the backup of that name and time "
                           "beside it",
                           printable(link.file.string()), printable(link.earlier->file), why));
}

}  // namespace

Result<std::vector<BackupLink>> follow_chain(const fs::path& newest) {
  std::vector<BackupLink> chain;
  for (fs::path file = newest;;) {
    std::error_code error;
    if (!chain.empty() && !fs::exists(file, error)) return gap(chain.back(), "is not there");
    auto link = look_at_backup(file);
    if (!link) return link.error().context(printable(file.string()));
    if (!chain.empty() && link->database != chain.back().earlier->database) {
      return gap(chain.back(), "is another backup now");
    }
    chain.push_back(std::move(*link));
    if (!chain.back().earlier) return chain;
    if (chain.size() == kMostLinks) {
      return Error(ErrorCode::data_damaged, "the chain of backups is too long");
    }
    file = folder_of(newest) / chain.back().earlier->file;
  }
}

}  // namespace mkt
