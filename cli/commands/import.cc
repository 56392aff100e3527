// mkt import: makes a connector of a package of npm, an MCP bundle or an extension of VS Code.
#include <fmt/format.h>

#include "cli/commands/command.h"
#include "cli/import/importing.h"
#include "cli/terminal/progress.h"
#include "common/base/utf8.h"
#include "common/connector/origin.h"

namespace mkt {
namespace {

struct ImportArguments {
  std::string source;
  std::string folder;
  std::string id;
  std::string npm_registry;
};

std::string counted_files(std::size_t files) {
  return files == 1 ? "1 file" : fmt::format("{} files", files);
}

Json document_of_import(const ImportedConnector& made) {
  Json notes = Json::array();
  for (const ImportNote& note : made.notes) {
    notes.push_back({{"path", note.about}, {"message", note.message}});
  }
  return {{"id", made.manifest.id().text()},
          {"version", made.manifest.version().text()},
          {"folder", made.folder.string()},
          {"manifest", (made.folder / kManifestName).string()},
          {"origin", made.manifest.json()["origin"]},
          {"files", made.files},
          {"unpackedSize", made.unpacked_bytes},
          {"notes", std::move(notes)}};
}

Status run_import(const Session& session, const ImportArguments& a) {
  MKT_TRY(ImportSource source, parse_import_source(a.source));
  MKT_TRY(const Settings settings, session.settings());
  const std::string what = printable(a.source);
  on_interrupt_say("nothing was made; run it again");
  auto made = import_connector({.source = std::move(source),
                                .folder = a.folder,
                                .id = a.id,
                                .npm_registry = a.npm_registry,
                                .timeout = settings.timeout,
                                .limits = settings.archive,
                                .progress = session.out.progress("downloading " + what)});
  if (!made) return made.error().context("while importing " + what);
  session.out.result(document_of_import(*made),
                     fmt::format("imported {} as the connector {}@{} in {} ({}, {})",
                                 printable(describe_origin(made->manifest.json()["origin"])),
                                 made->manifest.id().text(), made->manifest.version().text(),
                                 printable(made->folder.string()), counted_files(made->files),
                                 format_bytes(made->unpacked_bytes)));
  for (const ImportNote& note : made->notes) {
    session.out.note(fmt::format("  {}: {}", note.about, printable(note.message)));
  }
  session.out.note(fmt::format("look through {}, then: mkt publish {}",
                               printable((made->folder / kManifestName).string()),
                               printable(made->folder.string())));
  return {};
}

}  // namespace

void add_import_command(CLI::App& command, Session& session) {
  auto a = std::make_shared<ImportArguments>();
  command
      .add_option("SOURCE", a->source,
                  "npm:PACKAGE[@VERSION], or a file that ends in .tgz, .mcpb or .vsix")
      ->required();
  command.add_option("DIR", a->folder, "The folder to make (default: the id, here)");
  command.add_option("--id", a->id, "Connector id (default: from the package's name)");
  command.add_option("--npm-registry", a->npm_registry,
                     "Registry of npm to ask (default: as npm's own settings say)");
  on_run(&command, session, [&session, a] { return run_import(session, *a); });
}

}  // namespace mkt
