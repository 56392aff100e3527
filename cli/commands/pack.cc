// mkt pack: makes a tarball of a folder, always the same bytes.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/client/project_folder.h"
#include "cli/commands/command.h"
#include "cli/commands/output_file.h"
#include "cli/commands/pack_report.h"
#include "common/base/standard_streams.h"
#include "common/base/utf8.h"
#include "common/connector/pack.h"
#include "common/connector/tarball_reader.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

struct PackArguments {
  std::string folder = ".";
  std::string output;
  bool list = false;
  bool force = false;
};

Json document_of(const PackPlan& plan) {
  return {{"id", plan.manifest.id().text()},
          {"version", plan.manifest.version().text()},
          {"unpackedSize", plan.unpacked_bytes},
          {"files", plan.files}};
}

Status list_files(const Session& session, const PackArguments& a) {
  MKT_TRY(const Settings settings, session.settings());
  MKT_TRY(const PackPlan plan, plan_pack(a.folder, {.limits = settings.archive}));
  Json document = document_of(plan);
  describe_tree(plan.tree, document);
  report_plan(plan, session.out, document);
  session.out.result(document,
                     fmt::format("{}\n{} files, {}", format_tree(plan.tree, session.out.screen()),
                                 plan.files, format_bytes(plan.unpacked_bytes)));
  return {};
}

Result<Packed> pack_to_stdout(const std::string& folder, const PackOptions& options) {
  if (::isatty(STDOUT_FILENO) == 1) {
    return Error(ErrorCode::usage_error,
                 "a tarball cannot be shown on a terminal; redirect the output, or name a file");
  }
  return pack_connector(folder, STDOUT_FILENO, options);
}

// True for a pipe or a device, such as /dev/null: it is written to, not replaced.
bool is_special(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  return fs::is_fifo(status) || fs::is_character_file(status);
}

Result<Packed> pack_to_special(const std::string& folder, const fs::path& output,
                               const PackOptions& options) {
  const UniqueFd fd(::open(output.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd) {
    return system_error(fmt::format("cannot write {}", printable(output.string())), errno);
  }
  return pack_connector(folder, fd.get(), options);
}

// A link stays, such as /dev/stdout; its target is written.
fs::path behind_links(const fs::path& path) {
  std::error_code error;
  if (!fs::is_symlink(fs::symlink_status(path, error))) return path;
  const fs::path real = fs::canonical(path, error);
  return error ? path : real;
}

Result<Packed> pack_to_file(const PackArguments& a, const fs::path& wanted, const ConnectorId& id,
                            const PackOptions& options) {
  const fs::path output = behind_links(wanted);
  const auto is_ours = [&](int fd) {
    const auto manifest = manifest_of_tarball(file_source(fd, "the output"));
    return manifest && manifest->id() == id;
  };
  const std::string what = "a tarball of " + id.text();
  MKT_TRY(const PendingFile::Existing existing, may_take_name({output, a.force, is_ours, what}));
  MKT_TRY(PendingFile file, PendingFile::create(output, 0644));
  MKT_TRY(Packed packed, pack_connector(a.folder, file.fd(), options));
  MKT_CHECK(file.appear(existing));
  return packed;
}

Status run_pack(const Session& session, const PackArguments& a) {
  MKT_TRY(const Settings settings, session.settings());
  MKT_TRY(const Manifest manifest, read_manifest(a.folder));
  const PackOptions options{.limits = settings.archive,
                            .progress = session.out.progress("packing " + manifest.id().text())};
  const bool to_stdout = a.output == "-";
  const fs::path output =
      a.output.empty()
          ? fs::path(fmt::format("{}-{}.tgz", manifest.id().text(), manifest.version().text()))
          : fs::path(a.output);
  MKT_TRY(const Packed packed, to_stdout ? pack_to_stdout(a.folder, options)
                               : is_special(output)
                                   ? pack_to_special(a.folder, output, options)
                                   : pack_to_file(a, output, manifest.id(), options));
  if (packed.size > kMaxTarballBytes) {
    session.out.warn(
        fmt::format("the tarball has {}; a registry accepts {} unless it is configured otherwise",
                    format_bytes(packed.size), format_bytes(kMaxTarballBytes)));
  }
  Json document{{"file", output.string()}};
  document.update(document_of(packed));
  document["checksum"] = packed.checksum.text();
  document["size"] = packed.size;
  describe_tree(packed.tree, document);
  report_plan(packed, session.out, document);
  const std::string text =
      fmt::format("{}\n{}\n{} ({} files, {} unpacked)", output.string(), packed.checksum.text(),
                  format_bytes(packed.size), packed.files, format_bytes(packed.unpacked_bytes));
  if (!to_stdout) {
    session.out.result(document, text);
  } else if (session.out.json) {
    session.out.document_beside(document);  // stdout has the tarball
  } else {
    session.out.note(text);
  }
  return {};
}

}  // namespace

void add_pack_command(CLI::App& command, Session& session) {
  auto a = std::make_shared<PackArguments>();
  command.add_option("DIR", a->folder, "The connector's folder")->capture_default_str();
  command.add_option("-o,--output", a->output,
                     "File to write, - for standard output (default: ID-VERSION.tgz here)");
  command.add_flag("--list", a->list,
                   "Show every file, and what is left out and why, without packing");
  command.add_flag("--force", a->force, "Overwrite a file that is not a tarball of this connector");
  on_run(&command, session, [&session, &command, a] {
    if (command.count("DIR") == 0) a->folder = connector_folder().string();
    return a->list ? list_files(session, *a) : run_pack(session, *a);
  });
}

}  // namespace mkt
