#include "cli/commands/publishable.h"

#include <fmt/format.h>

#include "common/base/utf8.h"
#include "common/connector/never_packed.h"
#include "common/connector/secret_scan.h"
#include "common/connector/tarball_reader.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

// Why the file looks like a secret by its path; else empty.
std::string secret_by_name(const std::string& path) {
  std::string_view folder;
  for (std::size_t start = 0; start < path.size();) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    const std::string_view name = std::string_view(path).substr(start, end - start);
    const auto never = never_packed(name, folder);
    if (never && never->secret) return std::string(never->why);
    folder = name;
    start = end + 1;
  }
  return {};
}

// What is in node_modules has been published by others already.
bool is_in_modules(std::string_view path) {
  return path.starts_with("node_modules/") || path.find("/node_modules/") != path.npos;
}

// Lists the tarball's entries and looks for secrets in their names and contents.
class Lister : public EntryVisitor {
 public:
  Status folder(const TarEntry& entry) override {
    tree.entries.push_back({entry.path, true, true, 0});
    return {};
  }
  Status begin_file(const TarEntry& entry) override {
    tree.entries.push_back(
        {entry.path, false, entry.executable, entry.size, secret_by_name(entry.path)});
    beginning_.clear();
    scan_ = SecretScan();
    return {};
  }
  Status content(std::span<const std::uint8_t> bytes) override {
    const std::size_t n = std::min(bytes.size(), kLookedAtBytes - beginning_.size());
    beginning_.insert(beginning_.end(), bytes.begin(),
                      bytes.begin() + static_cast<std::ptrdiff_t>(n));
    if (!is_in_modules(tree.entries.back().path)) scan_.feed(bytes);
    return {};
  }
  Status end_file(const TarEntry&, const Checksum&) override {
    std::string& secret = tree.entries.back().secret;
    const auto never = never_packed(beginning_);
    if (secret.empty() && never && never->secret) secret = never->why;
    if (secret.empty()) secret = scan_.found();
    return {};
  }

  SourceTree tree;

 private:
  Bytes beginning_;
  SecretScan scan_;
};

struct Listed {
  TarballContents contents;
  SourceTree tree;
};

Result<Listed> list_tarball(int fd, const std::string& name, const ArchiveLimits& limits) {
  Lister lister;
  auto contents = walk_tarball(file_source(fd, name), limits, &lister);
  if (!contents) return contents.error().context(name);
  return Listed{std::move(*contents), std::move(lister.tree)};
}

Result<Publishable> pack_folder(const std::string& folder, const PackOptions& options) {
  MKT_TRY(const fs::path temporary, temporary_folder());
  MKT_TRY(UniqueFd file, nameless_file(temporary, 0600));
  MKT_TRY(Packed packed, pack_connector(folder, file.get(), options));
  MKT_TRY(Listed listed, list_tarball(file.get(), printable(folder), options.limits));
  listed.tree.left_out = packed.tree.left_out;
  Publishable p{std::move(file),      packed.checksum,           packed.size,
                packed.manifest.id(), packed.manifest.version(), std::move(listed.tree),
                std::nullopt};
  p.plan = std::move(static_cast<PackPlan&>(packed));
  return p;
}

Result<Publishable> read_tarball(const std::string& path, const ArchiveLimits& limits) {
  const std::string shown = printable(path);
  MKT_TRY(UniqueFd file, open_for_reading(path));
  MKT_TRY(const std::uint64_t size, file_size(file.get(), shown));
  MKT_TRY(const Checksum checksum, checksum_of_file(file.get(), shown));
  MKT_TRY(Listed listed, list_tarball(file.get(), shown, limits));
  return Publishable{std::move(file),
                     checksum,
                     size,
                     listed.contents.manifest.id(),
                     listed.contents.manifest.version(),
                     std::move(listed.tree),
                     std::nullopt};
}

}  // namespace

Result<Publishable> prepare_publish(const std::string& source, const PackOptions& options) {
  std::error_code error;
  return fs::is_directory(source, error) ? pack_folder(source, options)
                                         : read_tarball(source, options.limits);
}

Status check_no_secrets(const SourceTree& tree) {
  std::vector<ErrorDetail> findings;
  for (const SourceEntry& e : tree.entries) {
    if (!e.secret.empty()) findings.push_back({printable(e.path), e.secret});
  }
  if (findings.empty()) return {};
  std::string message = fmt::format(
      "nothing was published: {} {}{}; leave it out, or publish it with --allow-secrets",
      findings[0].path, findings[0].message,
      findings.size() == 1
          ? std::string()
          : fmt::format(", and {} more files look like secrets", findings.size() - 1));
  return Error(ErrorCode::archive_unsafe, std::move(message), std::move(findings));
}

}  // namespace mkt
