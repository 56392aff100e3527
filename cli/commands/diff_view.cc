#include "cli/commands/diff_view.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>

#include "cli/client/verified_download.h"
#include "cli/commands/output_file.h"
#include "cli/commands/publishable.h"
#include "common/base/files.h"
#include "common/base/utf8.h"
#include "common/connector/unpack.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

struct UnpackedSide {
  std::string name;
  Manifest manifest;
};

Result<UnpackedSide> unpack_side(const Session& session, const Settings& settings,
                                 RegistryClient& registry, const Trust& trust, const DiffSide& side,
                                 const fs::path& folder) {
  std::error_code error;
  if (!fs::create_directory(folder, error)) {
    return Error(ErrorCode::io_error, "cannot make " + printable(folder.string()));
  }
  UniqueFd tarball;
  if (side.version) {
    const fs::path file = folder.string() + ".tgz";
    MKT_TRY(tarball, create_file(file, 0600));
    MKT_TRY(
        const VerifiedVersion fetched,
        download_verified(registry, trust, side.version->id, side.version->which(), tarball.get(),
                          session.out.progress("downloading " + side.version->id.text())));
    if (!fetched.trusted.remark.empty()) session.out.warn(fetched.trusted.remark);
    fs::remove(file, error);
  } else {
    MKT_TRY(Publishable ready, prepare_publish(side.source, {.limits = settings.archive}));
    tarball = std::move(ready.file);
  }
  MKT_TRY(const Unpacked unpacked,
          unpack_tarball(file_source(tarball.get(), "the tarball"), settings.archive, folder));
  const Manifest& manifest = unpacked.contents.manifest;
  return UnpackedSide{side.version
                          ? fmt::format("{}@{}", manifest.id().text(), manifest.version().text())
                          : printable(side.source),
                      manifest};
}

std::string line_of(const Output& out, const FileChange& change) {
  const std::string path = printable(change.path);
  switch (change.kind) {
    case FileChange::Kind::added:
      return out.on_out(fmt::format("  + {}  {}", path, format_bytes(change.size_now)), Tone::good);
    case FileChange::Kind::removed:
      return out.on_out(fmt::format("  - {}", path), Tone::bad);
    case FileChange::Kind::changed:
      break;
  }
  return out.on_out(fmt::format("  ~ {}  {} → {}", path, format_bytes(change.size_before),
                                format_bytes(change.size_now)),
                    Tone::caution);
}

// On a terminal nothing of a file may move the cursor; tabs stay.
std::string shown_line(std::string_view line) {
  std::string text;
  for (std::size_t at = 0; at <= line.size();) {
    const std::size_t end = std::min(line.find('\t', at), line.size());
    text += printable(line.substr(at, end - at));
    if (end < line.size()) text += '\t';
    at = end + 1;
  }
  return text;
}

Tone tone_of_line(std::string_view line) {
  if (line.starts_with("diff ") || line.starts_with("--- ") || line.starts_with("+++ ")) {
    return Tone::bold;
  }
  if (line.starts_with("+")) return Tone::good;
  if (line.starts_with("-")) return Tone::bad;
  return line.starts_with("@@") ? Tone::faint : Tone::plain;
}

std::string show_patch(const Output& out, const std::string& patch) {
  std::string text;
  for (std::size_t at = 0; at < patch.size();) {
    const std::size_t end = std::min(patch.find('\n', at), patch.size());
    const std::string_view line = std::string_view(patch).substr(at, end - at);
    text += out.on_out(shown_line(line), tone_of_line(line)) + "\n";
    at = end + 1;
  }
  return text;
}

const char* change_word(FileChange::Kind kind) {
  return kind == FileChange::Kind::added     ? "added"
         : kind == FileChange::Kind::removed ? "removed"
                                             : "changed";
}

}  // namespace

Result<Difference> difference_of(const Session& session, const Settings& settings,
                                 RegistryClient& registry, const Trust& trust,
                                 const DiffSide& before, const DiffSide& now, Patch patch) {
  std::error_code error;
  MKT_TRY(const TemporaryFolder folder,
          TemporaryFolder::create(fs::temp_directory_path(error), ".mkt-diff-"));
  const fs::path a = folder.path() / "a", b = folder.path() / "b";
  MKT_TRY(const UnpackedSide old_side, unpack_side(session, settings, registry, trust, before, a));
  MKT_TRY(const UnpackedSide new_side, unpack_side(session, settings, registry, trust, now, b));
  Difference difference;
  difference.before = old_side.name;
  difference.now = new_side.name;
  MKT_TRY(difference.files, compare_files(a, b));
  difference.powers = compare_powers(old_side.manifest, new_side.manifest);
  if (patch == Patch::wanted && !difference.files.empty()) {
    MKT_TRY(difference.patch, file_patch(folder.path()));
  }
  return difference;
}

Json describe_difference(const Difference& difference) {
  Json files = Json::array();
  for (const FileChange& f : difference.files) {
    files.push_back({{"path", f.path},
                     {"change", change_word(f.kind)},
                     {"sizeBefore", f.size_before},
                     {"size", f.size_now}});
  }
  Json document{{"before", difference.before},
                {"now", difference.now},
                {"files", std::move(files)},
                {"powers", difference.powers}};
  if (!difference.patch.empty()) document["patch"] = difference.patch;
  return document;
}

std::string show_difference(const Output& out, const Difference& difference) {
  // A patch that goes into a pipe is for patch(1).
  if (!out.screen().out_is_terminal && !difference.patch.empty()) return difference.patch;
  std::string text = out.on_out(difference.before + " → " + difference.now, Tone::bold) + "\n";
  if (difference.files.empty()) return text + "the files are the same\n";
  for (const std::string& line : difference.powers) {
    text += "  " + out.on_out(line, line.starts_with('+') ? Tone::good : Tone::bad) + "\n";
  }
  text +=
      fmt::format("{} file{} differ{}\n", difference.files.size(),
                  difference.files.size() == 1 ? "" : "s", difference.files.size() == 1 ? "s" : "");
  for (const FileChange& change : difference.files) text += line_of(out, change) + "\n";
  if (!difference.patch.empty()) text += "\n" + show_patch(out, difference.patch);
  return text;
}

}  // namespace mkt
