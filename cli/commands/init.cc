// mkt init: starts a connector.
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>

#include "cli/commands/command.h"
#include "cli/commands/connector_templates.h"
#include "cli/terminal/prompt.h"
#include "common/base/files.h"
#include "common/base/text.h"
#include "common/base/utf8.h"
#include "common/connector/manifest.h"
#include "common/connector/nearest_name.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kIgnoreText =
    R"(# What `mkt pack` leaves out, by the rules of .gitignore, besides what it never packs:
# .git, .env, private keys, editors' leftovers (see mkt-pack(1), and: mkt pack --list).
)";

constexpr std::string_view kIgnoreFile = ".mktignore";

struct InitArguments {
  std::string folder = ".";
  std::string template_name;
  bool yes = false;
  // Of the manifest; empty: asked for, or the default.
  std::string id, version, display_name, description, author, license;
};

// `git config user.name`, as for a commit made here; empty where git or the name is missing.
std::string git_user_name() {
  std::FILE* pipe = ::popen("git config --get user.name 2>/dev/null", "r");
  if (pipe == nullptr) return {};
  std::array<char, 512> line{};
  const bool read = std::fgets(line.data(), line.size(), pipe) != nullptr;
  const int status = ::pclose(pipe);
  if (!read || status != 0) return {};
  const std::string name(trim(line.data()));
  return is_valid_utf8(name) && !has_control_characters(name) ? name : std::string();
}

Json starting_manifest(const InitArguments& a, const ConnectorTemplate& layout) {
  return {{"manifestVersion", "1.0"},
          {"id", a.id},
          {"version", a.version},
          {"displayName", a.display_name.empty() ? a.id : a.display_name},
          {"description", a.description},
          {"author", a.author},
          {"license", a.license},
          {"entrypoint", layout.entrypoint},
          {"tools", {{{"name", "hello"}, {"description", "Says hello"}, {"policyClass", "READ"}}}},
          {"capabilities", {"custom"}}};
}

struct Question {
  std::string_view field;  // of the manifest
  std::string_view text;
  std::string InitArguments::*answer;
};
constexpr auto kQuestions = std::to_array<Question>({
    {"id", "Id", &InitArguments::id},
    {"version", "Version", &InitArguments::version},
    {"description", "Description", &InitArguments::description},
    {"author", "Author", &InitArguments::author},
    {"license", "License (an SPDX expression)", &InitArguments::license},
});

// What is wrong with the answer by the manifest's rules; empty where nothing is.
std::string problem_with(const InitArguments& a, const ConnectorTemplate& layout,
                         const Question& question) {
  const auto manifest = Manifest::from_json(starting_manifest(a, layout));
  if (manifest) return {};
  for (const ErrorDetail& detail : manifest.error().details) {
    if (detail.path == question.field) return detail.message;
  }
  return {};
}

// Asks until the answer is valid; no answer takes the default.
Status ask_for(const Session& session, const Question& question, const std::string& otherwise,
               const ConnectorTemplate& layout, InitArguments& a) {
  std::string& answer = a.*question.answer;
  for (;;) {
    const auto line = ask_line(fmt::format("{} [{}]: ", question.text, printable(otherwise)));
    if (!line) return Error(ErrorCode::usage_error, "no answer was given; nothing was written");
    answer = trim(*line);
    if (answer.empty()) answer = otherwise;
    const std::string problem = problem_with(a, layout, question);
    if (problem.empty()) return {};
    session.out.note(
        session.out.on_err(fmt::format("{} {}", question.field, printable(problem)), Tone::bad));
  }
}

// Only a person at a terminal is asked, and only for what no option gave.
bool may_ask(const Session& session, const InitArguments& a) {
  return !a.yes && !session.out.json && !session.out.quiet && ::isatty(STDIN_FILENO) == 1 &&
         session.out.screen().err_is_terminal && !is_ci(process_environment());
}

Status complete(const Session& session, const ConnectorTemplate& layout, InitArguments& a) {
  std::error_code error;
  const InitArguments given = a;
  const fs::path folder = fs::absolute(a.folder, error);
  if (error) {
    return Error(ErrorCode::io_error,
                 fmt::format("the current folder is not known: {}", error.message()));
  }
  const std::string folder_name = fs::weakly_canonical(folder, error).filename().string();
  const std::string author = a.author.empty() ? git_user_name() : a.author;
  InitArguments defaults;
  defaults.id = nearest_name(
      folder_name.empty() ? fs::path(a.folder).parent_path().filename().string() : folder_name);
  defaults.version = "0.1.0";
  defaults.description = "What this connector does, in one sentence.";
  defaults.author = author.empty() ? "Your name or team" : author;
  defaults.license = "Apache-2.0";
  for (const Question& question : kQuestions) {
    if ((a.*question.answer).empty()) a.*question.answer = defaults.*question.answer;
  }
  if (!may_ask(session, given)) return {};
  session.out.note("Enter takes what is in brackets.");
  for (const Question& question : kQuestions) {
    if (!(given.*question.answer).empty()) continue;
    MKT_CHECK(ask_for(session, question, defaults.*question.answer, layout, a));
  }
  return {};
}

// True where nothing has that name, false for a file, also behind a link. Anything else with the
// name of a file that is laid out is in the way.
Result<bool> is_free(const fs::path& path) {
  const auto in_the_way = [&](std::string_view what) {
    return Error(ErrorCode::target_exists,
                 fmt::format("{} is {}; move it away, or name another folder",
                             printable(path.string()), what));
  };
  std::error_code error;
  const fs::file_type own = fs::symlink_status(path, error).type();
  if (own == fs::file_type::not_found) return true;
  if (own == fs::file_type::none) {
    return system_error(fmt::format("cannot look at {}", printable(path.string())), error.value());
  }
  switch (fs::status(path, error).type()) {
    case fs::file_type::regular:
      return false;
    case fs::file_type::directory:
      return in_the_way("a folder");
    case fs::file_type::not_found:
      return in_the_way("a link that leads nowhere");
    default:
      return in_the_way("no plain file");
  }
}

Status write_unless_there(const fs::path& path, std::string_view text) {
  MKT_TRY(const bool free, is_free(path));
  if (!free) return {};
  MKT_CHECK(make_folders(folder_of(path), 0755));
  return write_file_atomically(path, text, 0644);
}

// Before anybody is asked, and before anything is written.
Status check_places(const fs::path& folder, const ConnectorTemplate& layout) {
  const fs::path manifest_file = folder / kManifestName;
  MKT_TRY(const bool starts_here, is_free(manifest_file));
  if (!starts_here) {
    return Error(ErrorCode::target_exists, fmt::format("{} is there already; edit it instead",
                                                       printable(manifest_file.string())));
  }
  for (const TemplateFile& file : layout.files) MKT_CHECK(is_free(folder / file.path));
  MKT_CHECK(is_free(folder / kIgnoreFile));
  return {};
}

Status check_options(const InitArguments& a) {
  if (a.folder.empty()) {
    return Error(ErrorCode::usage_error,
                 "DIR is empty; name a folder, or leave it out for the current one");
  }
  const std::pair<std::string_view, std::string_view> given[] = {
      {"--display-name", a.display_name},
      {"--description", a.description},
      {"--author", a.author},
  };
  for (const auto& [option, text] : given) {
    if (is_valid_utf8(text)) continue;
    return Error(ErrorCode::usage_error, fmt::format("{} is not valid UTF-8", option));
  }
  return {};
}

Status init(const Session& session, InitArguments a) {
  const fs::path folder(a.folder);
  const fs::path manifest_file = folder / kManifestName;
  const ConnectorTemplate& layout = *find_template(a.template_name);
  MKT_CHECK(check_options(a));
  MKT_CHECK(check_places(folder, layout));
  MKT_CHECK(complete(session, layout, a));
  MKT_TRY(const ConnectorId id, ConnectorId::parse(a.id));
  Json manifest = starting_manifest(a, layout);
  MKT_TRY(const Manifest valid, Manifest::from_json(manifest));
  MKT_CHECK(make_folders(folder, 0755));
  for (const TemplateFile& file : layout.files) {
    MKT_CHECK(write_unless_there(folder / file.path, file.text));
  }
  MKT_CHECK(
      write_unless_there(folder / kIgnoreFile, fmt::format("{}{}", kIgnoreText, layout.ignored)));
  MKT_TRY(const UniqueFd entrypoint, open_for_reading(folder / layout.entrypoint));
  MKT_TRY(const Checksum checksum, checksum_of_file(entrypoint.get(), layout.entrypoint));
  // Older programs need it to load a connector; mkt pack puts the right one into the tarball.
  manifest["checksum"] = checksum.text();
  MKT_CHECK(write_file_atomically(manifest_file, dump_json_pretty(manifest), 0644));
  session.out.result(
      {{"id", id.text()}, {"folder", folder.string()}, {"manifest", manifest_file.string()}},
      fmt::format("started the connector {} in {}", id.text(), printable(folder.string())));
  if (!layout.run.empty()) {
    session.out.note(fmt::format("try it, in {}: {}", printable(folder.string()), layout.run));
  }
  session.out.note(fmt::format("edit {}, then: mkt publish {}", printable(manifest_file.string()),
                               printable(a.folder)));
  return {};
}

}  // namespace

void add_init_command(CLI::App& command, Session& session) {
  auto a = std::make_shared<InitArguments>();
  command.add_option("DIR", a->folder, "The connector's folder, made where missing")
      ->capture_default_str();
  command.add_option("--template", a->template_name, "What to lay out: mcp, node or python")
      ->check(CLI::IsMember(template_names()));
  command.add_option("--id", a->id, "Connector id (default: from the folder's name)");
  command.add_option("--first-version", a->version, "Its version (default: 0.1.0)");
  command.add_option("--display-name", a->display_name, "Its name for people (default: the id)");
  command.add_option("--description", a->description, "What it does, in one sentence");
  command.add_option("--author", a->author, "Who makes it (default: git's user.name)");
  command.add_option("--license", a->license, "SPDX expression (default: Apache-2.0)");
  command.add_flag("-y,--yes", a->yes, "Ask nothing: take the defaults");
  on_run(&command, session, [&session, a] { return init(session, *a); });
}

}  // namespace mkt
