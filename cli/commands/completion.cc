// mkt completion: prints a script that completes commands, options and values in a shell.
// What they complete is in complete.h.
#include "cli/commands/command.h"
#include "common/base/shell_completion.h"

namespace mkt {

void add_completion_command(CLI::App& command, Session& session) {
  auto shell = std::make_shared<std::string>();
  command.add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  on_run(&command, session, [&session, shell]() -> Status {
    const std::string script = completion_script(*shell, "mkt");
    session.out.result({{"shell", *shell}, {"script", script}}, script);
    return {};
  });
}

}  // namespace mkt
