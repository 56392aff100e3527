// mkt init: starts a connector.
#include <fmt/format.h>

#include "cli/commands/command.h"
#include "common/base/files.h"
#include "common/base/utf8.h"
#include "common/connector/manifest.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEntrypoint = "index.js";
constexpr std::string_view kEntrypointText =
    R"(// The entrypoint that connector.manifest.json names: one function for each tool.
export async function hello({ name = "world" } = {}) {
  return { text: `Hello, ${name}!` };
}
)";
constexpr std::string_view kIgnoreText =
    R"(# What `mkt pack` leaves out, by the rules of .gitignore, besides what it never packs:
# .git, .env, private keys, editors' leftovers (see mkt-pack(1), and: mkt pack --list).
*.log
)";

// A valid connector id, as close as possible to a folder's name.
std::string id_from(const std::string& folder_name) {
  std::string id;
  for (char c : folder_name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (plain) {
      id += c;
    } else if (!id.empty() && id.back() != '-') {
      id += '-';
    }
  }
  while (!id.empty() && id.back() == '-') id.pop_back();
  if (id.empty() || id.front() < 'a') id = "connector-" + id;
  id.resize(std::min(id.size(), kMaxNameLength));
  while (id.back() == '-') id.pop_back();
  return id;
}

Json starting_manifest(const std::string& id, const Checksum& entrypoint) {
  return {{"manifestVersion", "1.0"},
          {"id", id},
          {"version", "0.1.0"},
          {"displayName", id},
          {"description", "What this connector does, in one sentence."},
          {"author", "Your name or team"},
          {"license", "Apache-2.0"},
          {"entrypoint", kEntrypoint},
          // Older programs need it to load a connector; mkt pack puts the right one into the
          // tarball.
          {"checksum", entrypoint.text()},
          {"tools", {{{"name", "hello"}, {"description", "Says hello"}, {"policyClass", "READ"}}}},
          {"capabilities", {"custom"}}};
}

Status write_unless_there(const fs::path& path, std::string_view text) {
  std::error_code error;
  if (fs::exists(path, error)) return {};
  return write_file_atomically(path, text, 0644);
}

Status init(const Session& session, const std::string& folder_text, const std::string& wanted_id) {
  const fs::path folder = fs::path(folder_text);
  const fs::path manifest = folder / kManifestName;
  std::error_code error;
  if (fs::exists(manifest, error)) {
    return Error(ErrorCode::target_exists,
                 fmt::format("{} is there already; edit it instead", printable(manifest.string())));
  }
  const std::string id = wanted_id.empty()
                             ? id_from(fs::weakly_canonical(fs::absolute(folder), error).filename())
                             : wanted_id;
  MKT_TRY(const ConnectorId valid, ConnectorId::parse(id));
  MKT_CHECK(make_folders(folder, 0755));
  MKT_CHECK(write_unless_there(folder / kEntrypoint, kEntrypointText));
  MKT_CHECK(write_unless_there(folder / ".mktignore", kIgnoreText));
  MKT_TRY(const UniqueFd entrypoint, open_for_reading(folder / kEntrypoint));
  MKT_TRY(const Checksum checksum, checksum_of_file(entrypoint.get(), kEntrypoint));
  MKT_CHECK(
      write_file_atomically(manifest, dump_json_pretty(starting_manifest(id, checksum)), 0644));
  session.out.result({{"id", id}, {"folder", folder.string()}, {"manifest", manifest.string()}},
                     fmt::format("started the connector {} in {}", id, folder.string()));
  session.out.note(fmt::format("edit {}, then: mkt publish {}", manifest.string(), folder_text));
  return {};
}

}  // namespace

void add_init_command(CLI::App& command, Session& session) {
  struct Arguments {
    std::string folder = ".";
    std::string id;
  };
  auto a = std::make_shared<Arguments>();
  command.add_option("DIR", a->folder, "The connector's folder, made where missing")
      ->capture_default_str();
  command.add_option("--id", a->id, "Connector id (default: from the folder's name)");
  on_run(&command, session, [&session, a] { return init(session, a->folder, a->id); });
}

}  // namespace mkt
