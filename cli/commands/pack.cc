// mkt pack: a folder becomes a tarball, always the same bytes.
#include <fmt/format.h>
#include <unistd.h>

#include "cli/commands/command.h"
#include "common/base/encoding.h"
#include "common/base/files.h"
#include "common/base/utf8.h"
#include "common/connector/pack.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

Status pack_folder(const Session& session, const std::string& folder,
                   const std::string& wanted_output) {
  MKT_TRY(const Settings settings, session.settings());
  MKT_TRY(const Manifest manifest, read_manifest(folder));
  const fs::path output =
      wanted_output.empty()
          ? fs::path(fmt::format("{}-{}.tgz", manifest.id().text(), manifest.version().text()))
          : fs::path(wanted_output);
  // Written beside its final name and renamed, so that a failure leaves an older file as it was.
  const fs::path temporary =
      output.parent_path() / fmt::format(".{}.{}", output.filename().string(), random_hex(6));
  Result<Packed> packed = [&]() -> Result<Packed> {
    MKT_TRY(const UniqueFd file, create_file(temporary, 0644));
    return pack_connector(folder, file.get(), {.limits = settings.archive});
  }();
  if (!packed || ::rename(temporary.c_str(), output.c_str()) != 0) {
    const int reason = errno;
    ::unlink(temporary.c_str());
    if (!packed) return packed.error();
    return system_error(fmt::format("cannot write {}", printable(output.string())), reason);
  }
  if (packed->size > kMaxTarballBytes) {
    session.out.warn(
        fmt::format("the tarball has {}; a registry takes {} unless it is configured otherwise",
                    format_bytes(packed->size), format_bytes(kMaxTarballBytes)));
  }
  session.out.result(
      {{"file", output.string()},
       {"id", manifest.id().text()},
       {"version", manifest.version().text()},
       {"checksum", packed->checksum.text()},
       {"size", packed->size},
       {"unpackedSize", packed->unpacked_bytes},
       {"files", packed->files}},
      fmt::format("{}\n{}\n{} ({} files, {} unpacked)", output.string(), packed->checksum.text(),
                  format_bytes(packed->size), packed->files, format_bytes(packed->unpacked_bytes)));
  return {};
}

}  // namespace

void add_pack_command(CLI::App& app, Session& session) {
  struct Arguments {
    std::string folder = ".";
    std::string output;
  };
  auto a = std::make_shared<Arguments>();
  CLI::App* command =
      add_subcommand(app, "pack", "Make the tarball of a connector",
                     "  mkt pack\n  mkt pack ./my-connector -o /tmp/my-connector.tgz");
  command->add_option("DIR", a->folder, "The connector's folder")->capture_default_str();
  command->add_option("-o,--output", a->output, "File to write (default: ID-VERSION.tgz here)");
  on_run(command, session, [&session, a] { return pack_folder(session, a->folder, a->output); });
}

}  // namespace mkt
