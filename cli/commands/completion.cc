// mkt completion: prints a script that completes commands and options in a shell.
#include <fmt/format.h>

#include "cli/commands/command.h"

namespace mkt {
namespace {

// The words that may follow: subcommands and long options.
std::string words_of(const CLI::App& app) {
  std::string words;
  for (const CLI::App* sub : app.get_subcommands({})) words += sub->get_name() + " ";
  for (const CLI::Option* option : app.get_options({})) {
    for (const std::string& name : option->get_lnames()) words += "--" + name + " ";
  }
  return words;
}

std::string bash(const CLI::App& app) {
  std::string cases;
  for (const CLI::App* sub : app.get_subcommands({})) {
    cases += fmt::format("    {}) words=\"{}\" ;;\n", sub->get_name(), words_of(*sub));
  }
  return fmt::format(R"(# bash completion of mkt
_mkt() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} words="{}" command i
  for ((i = 1; i < COMP_CWORD; i++)); do
    [[ ${{COMP_WORDS[i]}} != -* ]] && {{ command=${{COMP_WORDS[i]}}; break; }}
  done
  case $command in
{}  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}}
complete -o default -F _mkt mkt
)",
                     words_of(app), cases);
}

std::string zsh(const CLI::App& app) {
  return "#compdef mkt\nautoload -U +X bashcompinit && bashcompinit\n" + bash(app);
}

// Between two apostrophes fish takes everything as it stands but these two.
std::string fish_quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
}

std::string fish(const CLI::App& app) {
  std::string script = "# fish completion of mkt\n";
  for (const CLI::App* sub : app.get_subcommands({})) {
    script += fmt::format("complete -c mkt -n __fish_use_subcommand -a {} -d {}\n", sub->get_name(),
                          fish_quoted(sub->get_description()));
    for (const CLI::Option* option : sub->get_options({})) {
      for (const std::string& name : option->get_lnames()) {
        script += fmt::format("complete -c mkt -n '__fish_seen_subcommand_from {}' -l {}\n",
                              sub->get_name(), name);
      }
    }
  }
  return script;
}

}  // namespace

void add_completion_command(CLI::App& command, Session& session) {
  auto shell = std::make_shared<std::string>();
  command.add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  on_run(&command, session, [&app = *command.get_parent(), &session, shell]() -> Status {
    const std::string script = *shell == "bash"  ? bash(app)
                               : *shell == "zsh" ? zsh(app)
                                                 : fish(app);
    session.out.result({{"shell", *shell}, {"script", script}}, script);
    return {};
  });
}

}  // namespace mkt
