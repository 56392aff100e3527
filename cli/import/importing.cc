#include "cli/import/importing.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <optional>

#include "cli/import/bundle_signature.h"
#include "cli/import/mcp_bundle.h"
#include "cli/import/npm_client.h"
#include "cli/import/npm_config.h"
#include "cli/import/package_json.h"
#include "common/base/files.h"
#include "common/base/text.h"
#include "common/base/utf8.h"
#include "common/connector/folder_writer.h"
#include "common/connector/origin.h"
#include "common/connector/pack.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

struct FileEnding {
  std::string_view ending;
  std::string_view type;
  ForeignLayout layout;
};
constexpr auto kEndings =
    std::to_array<FileEnding>({{".mcpb", "mcpb", ForeignLayout::mcp_bundle},
                               {".dxt", "mcpb", ForeignLayout::mcp_bundle},
                               {".vsix", "vsix", ForeignLayout::vscode},
                               {".tgz", "tgz", ForeignLayout::npm_tarball},
                               {".tar.gz", "tgz", ForeignLayout::npm_tarball}});

// The package as it is at hand, and what its source says about it.
struct ObtainedPackage {
  UniqueFd file;
  ForeignLayout layout;
  Json origin;
  std::vector<ImportNote> notes;
};

Error in_the_way(const fs::path& target, std::string_view what) {
  return Error(ErrorCode::target_exists,
               fmt::format("{} {}; name another folder", printable(target.string()), what));
}

// Nothing, or an empty folder that is not the current one, which no rename may replace.
Status check_target(const fs::path& target) {
  std::error_code error;
  const fs::file_status status = fs::symlink_status(target, error);
  if (error == std::errc::not_a_directory) return in_the_way(target, "lies below a file");
  if (!fs::exists(status)) return {};
  if (!fs::is_directory(status)) return in_the_way(target, "is there and is no folder");
  if (!fs::is_empty(target, error) || error) return in_the_way(target, "is there and is not empty");
  if (fs::equivalent(target, ".", error)) return in_the_way(target, "is the current folder");
  return {};
}

// The innermost folder above the target that is there: on the target's file system.
fs::path nearest_folder(const fs::path& target) {
  fs::path folder = folder_of(target);
  std::error_code error;
  while (!fs::is_directory(folder, error) && folder != folder_of(folder)) {
    folder = folder_of(folder);
  }
  return folder;
}

// "here/" and "here/." are the folder "here".
fs::path named_folder(fs::path folder) {
  while ((!folder.has_filename() || folder.filename() == ".") && folder.has_parent_path() &&
         folder != folder.parent_path()) {
    folder = folder.parent_path();
  }
  return folder;
}

Result<ObtainedPackage> obtain_from_npm(const ImportRequest& request, const NpmPackage& package,
                                        const fs::path& staging) {
  MKT_TRY(NpmSettings settings, read_npm_settings(request.npm_registry));
  MKT_TRY(NpmConfig config, choose_npm_config(settings, package.scope()));
  NpmClient npm(std::move(config), request.timeout);
  MKT_TRY(const NpmRelease release, npm.find(package));
  MKT_TRY(UniqueFd file, nameless_file(staging, 0600));
  auto integrity = npm.download(package, release, file.get(), request.progress);
  if (!integrity) {
    return integrity.error().context(
        fmt::format("{}@{}", package.name, printable(release.version)));
  }
  ObtainedPackage obtained{std::move(file), ForeignLayout::npm_tarball, {}, {}};
  if (integrity->starts_with("sha1-")) {
    obtained.notes.push_back(
        {"integrity", "the npm registry names no digest but SHA-1, which can be forged"});
  }
  if (!release.deprecated.empty()) {
    obtained.notes.push_back({"version", fmt::format("{} is deprecated: {}", release.version,
                                                     fitting_text(release.deprecated, 200))});
  }
  obtained.origin = {{"type", "npm"},
                     {"name", package.name},
                     {"version", release.version},
                     {"integrity", std::move(*integrity)},
                     {"url", without_query(release.url)}};
  return obtained;
}

// A copy, so that what is unpacked is what was hashed.
Result<ObtainedPackage> obtain_file(const PackageFile& source, const fs::path& staging) {
  const std::string shown = printable(source.path.string());
  std::error_code error;
  if (fs::exists(source.path, error) && !fs::is_regular_file(source.path, error)) {
    return Error(ErrorCode::usage_error, shown + " is not a file");
  }
  MKT_TRY(const UniqueFd from, open_for_reading(source.path));
  MKT_TRY(UniqueFd copy, nameless_file(staging, 0600));
  Hasher hasher;
  Bytes piece(256 * 1024);
  for (std::uint64_t done = 0;;) {
    MKT_TRY(const std::size_t n, read_at(from.get(), piece, done, shown));
    if (n == 0) break;
    done += n;
    if (done > kMaxForeignBytes) {
      return Error(ErrorCode::archive_too_large,
                   fmt::format("{} has more than {} bytes", shown, kMaxForeignBytes));
    }
    hasher.update({piece.data(), n});
    MKT_CHECK(write_all(copy.get(), {piece.data(), n}, "the copy of " + shown));
  }
  Json origin{{"type", source.type},
              {"file", fitting_text(printable(source.path.filename().string()), kMaxOriginFile)},
              {"sha256", hasher.finish().hex()}};
  ObtainedPackage obtained{std::move(copy), source.layout, std::move(origin), {}};
  if (source.layout == ForeignLayout::mcp_bundle) {
    MKT_TRY(const bool was_signed, cut_bundle_signature(obtained.file.get()));
    if (was_signed) {
      obtained.notes.push_back(
          {"signature", "the bundle is signed; that is not checked, nor kept"});
    }
  }
  return obtained;
}

Result<ObtainedPackage> obtain_package(const ImportRequest& request, const fs::path& staging) {
  if (const auto* package = std::get_if<NpmPackage>(&request.source)) {
    return obtain_from_npm(request, *package, staging);
  }
  return obtain_file(std::get<PackageFile>(request.source), staging);
}

// A JSON file of the package; null where it has none of that name.
Result<Json> document_in(const fs::path& tree, const PackageFiles& files, const std::string& name) {
  if (!files.contains(name)) return Json();
  MKT_TRY(const std::string text, read_file(tree / name, kMaxManifestBytes));
  std::string_view json = text;
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  if (json.starts_with(kMark)) json.remove_prefix(kMark.size());
  return parse_json(json, name);
}

// `above` is the folder of the package that was taken off.
Result<Json> required_document(const fs::path& tree, const PackageFiles& files,
                               const std::string& name, std::string_view above = "") {
  if (!files.contains(name)) {
    return Error(ErrorCode::archive_invalid, fmt::format("the package has no {}{}", above, name));
  }
  return document_in(tree, files, name);
}

Result<ConnectorDraft> draft_of(ForeignLayout layout, const fs::path& tree,
                                const PackageFiles& files) {
  if (layout == ForeignLayout::mcp_bundle) {
    MKT_TRY(const Json bundle, required_document(tree, files, "manifest.json"));
    return draft_of_mcp_bundle(bundle, files);
  }
  const std::string_view above = layout == ForeignLayout::vscode ? "extension/" : "";
  MKT_TRY(const Json package, required_document(tree, files, "package.json", above));
  if (layout == ForeignLayout::npm_tarball) return draft_of_npm_package(package, files);
  MKT_TRY(const Json texts, document_in(tree, files, "package.nls.json"));
  return draft_of_vscode_extension(package, texts, files);
}

// A package of npm must be what the registry said: who looks at the registry's page sees no other.
Status check_same(const ObtainedPackage& obtained, const ConnectorDraft& draft) {
  if (obtained.origin["type"] != "npm") return {};
  if (obtained.origin["name"] == draft.name && obtained.origin["version"] == draft.version) {
    return {};
  }
  return Error(ErrorCode::manifest_mismatch,
               fmt::format("the npm registry's tarball of {}@{} says that it is {}@{}",
                           obtained.origin["name"].get<std::string>(),
                           obtained.origin["version"].get<std::string>(),
                           fitting_text(draft.name, 100), fitting_text(draft.version, 100)));
}

void note_contents(ConnectorDraft& draft, const ForeignContents& contents) {
  if (!contents.native_programs.empty()) {
    draft.note("programs", fmt::format("it has programs or libraries for one kind of system: {}",
                                       list_some(contents.native_programs)));
  }
  if (!contents.left_out.empty()) {
    draft.note("files", fmt::format("what is not of the package itself is left out: {}",
                                    list_some(contents.left_out)));
  }
}

Status keep_own_manifest(ConnectorDraft& draft, const fs::path& tree, const PackageFiles& files) {
  const std::string name(kManifestName);
  if (!files.contains(name)) return {};
  MKT_TRY(Json own, document_in(tree, files, name));
  return adopt_manifest(draft, std::move(own));
}

void name_connector(ConnectorDraft& draft, const std::string& id) {
  if (!id.empty()) draft.manifest["id"] = id;
  const auto is = text_member(draft.manifest, "id");
  if (id.empty() && is && *is != draft.name) {
    const std::string name = fitting_text(draft.name, 100);
    draft.note("id", draft.own_manifest
                         ? fmt::format("{} is what the manifest that it brings says; the package "
                                       "is called {}",
                                       fitting_text(*is, 100), name)
                         : fmt::format("{} was made from the package's name {}; --id ID gives "
                                       "another",
                                       *is, name));
  }
}

Result<Manifest> write_manifest(ConnectorDraft& draft, const fs::path& tree,
                                const std::vector<UnpackedFile>& files) {
  const std::string entrypoint = text_member(draft.manifest, "entrypoint").value_or("");
  for (const UnpackedFile& file : files) {
    if (file.path == entrypoint && entrypoint != kManifestName) {
      draft.manifest["checksum"] = file.checksum.text();
    }
  }
  MKT_TRY(Manifest manifest, Manifest::from_json(draft.manifest));
  std::error_code error;
  if (fs::is_directory(tree / kManifestName, error)) {
    return Error(ErrorCode::archive_invalid,
                 fmt::format("the package has a folder {}, where a connector has its manifest",
                             kManifestName));
  }
  MKT_CHECK(write_file_atomically(tree / kManifestName, dump_json_pretty(draft.manifest), 0644));
  return manifest;
}

// What mkt pack would refuse is no connector: a name that differs from the manifest's in case only,
// an entrypoint that is missing or that the package's own .mktignore leaves out, too many files.
Status check_packable(const fs::path& tree, const ArchiveLimits& limits) {
  const auto plan = plan_pack(tree, {.limits = limits});
  if (!plan) return plan.error().context("it would make no connector that can be packed");
  return {};
}

// rename(2) replaces a folder only where that is empty. Its mode stays: it may be private.
Status put_at_target(const fs::path& tree, const fs::path& target) {
  MKT_CHECK(make_folders(folder_of(target), 0755));
  struct stat is {};
  if (::stat(target.c_str(), &is) == 0 && ::chmod(tree.c_str(), is.st_mode & 07777) != 0) {
    return system_error(fmt::format("cannot set the mode of {}", printable(target.string())),
                        errno);
  }
  MKT_CHECK(sync_file_system(tree));
  if (::rename(tree.c_str(), target.c_str()) != 0) {
    if (errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR) {
      return in_the_way(target, "appeared meanwhile");
    }
    return system_error(fmt::format("cannot make {}", printable(target.string())), errno);
  }
  return sync_folder(folder_of(target));
}

}  // namespace

Result<ImportSource> parse_import_source(const std::string& text) {
  constexpr std::string_view kNpm = "npm:";
  if (text.starts_with(kNpm)) {
    MKT_TRY(NpmPackage package, NpmPackage::parse(std::string_view(text).substr(kNpm.size())));
    return ImportSource(std::move(package));
  }
  const std::string lower = lower_case(text);
  for (const FileEnding& known : kEndings) {
    if (lower.ends_with(known.ending)) {
      return ImportSource(PackageFile{text, known.type, known.layout});
    }
  }
  return Error(ErrorCode::usage_error,
               fmt::format("\"{}\" is neither npm:PACKAGE nor a file that ends in .tgz, .mcpb or "
                           ".vsix",
                           printable(text.substr(0, 200))));
}

Result<ImportedConnector> import_connector(const ImportRequest& request) {
  if (!request.id.empty()) MKT_CHECK(ConnectorId::parse(request.id));
  fs::path target = request.folder.empty() ? fs::path(request.id) : named_folder(request.folder);
  if (!target.empty()) MKT_CHECK(check_target(target));
  const fs::path beside = target.empty() ? fs::path(".") : nearest_folder(target);
  TemporaryFolder::remove_abandoned(beside, kImportPrefix);
  MKT_TRY(const TemporaryFolder staging, TemporaryFolder::create(beside, kImportPrefix));

  MKT_TRY(ObtainedPackage obtained, obtain_package(request, staging.path()));
  const fs::path tree = staging.path() / "tree";
  MKT_CHECK(make_folders(tree, 0755));
  MKT_TRY(FolderWriter writer, FolderWriter::open(tree));
  MKT_TRY(const ForeignContents contents,
          walk_foreign_archive(obtained.file.get(), obtained.layout, request.limits, writer));

  MKT_TRY(ConnectorDraft draft, draft_of(obtained.layout, tree, contents.files));
  MKT_CHECK(check_same(obtained, draft));
  MKT_CHECK(keep_own_manifest(draft, tree, contents.files));
  note_contents(draft, contents);
  name_connector(draft, request.id);
  obtained.origin["name"] = draft.name;
  obtained.origin["version"] = draft.version;
  draft.manifest["origin"] = obtained.origin;
  MKT_TRY(Manifest manifest, write_manifest(draft, tree, writer.files));
  MKT_CHECK(check_packable(tree, request.limits));

  if (target.empty()) {
    target = manifest.id().text();
    MKT_CHECK(check_target(target));
  }
  MKT_CHECK(put_at_target(tree, target));
  std::vector<ImportNote> notes = std::move(obtained.notes);
  notes.insert(notes.end(), draft.notes.begin(), draft.notes.end());
  return ImportedConnector{std::move(manifest), std::move(target), contents.files.size(),
                           contents.unpacked_bytes, std::move(notes)};
}

}  // namespace mkt
