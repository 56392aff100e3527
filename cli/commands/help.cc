// mkt help: shows help for a command, or a topic.
#include <fmt/format.h>

#include "cli/commands/command.h"
#include "cli/commands/help_topics.h"
#include "cli/commands/suggestions.h"
#include "common/base/edit_distance.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

constexpr std::string_view kAllStatuses = "0 1 2 3 4 5 6 7 8 9 10 11 12";

std::string list_topics() {
  std::string text = "Topics, for `mkt help TOPIC`:\n";
  for (const HelpTopic& topic : help_topics()) {
    text += fmt::format("  {:<14} {}\n", topic.name, topic.summary);
  }
  return text;
}

// App::help() would tell of the command that was called, which is `help`.
std::string help_of(const CLI::App& command) {
  return command.get_formatter()->make_help(&command, full_name(command),
                                            CLI::AppFormatMode::Normal);
}

Status show_help(const CLI::App& app, const Session& session,
                 const std::vector<std::string>& words) {
  if (words.empty()) {
    session.out.paged_result({{"help", help_of(app)}}, help_of(app) + "\n" + list_topics());
    return {};
  }
  for (const HelpTopic& topic : help_topics()) {
    if (words.size() != 1 || topic.name != words[0]) continue;
    const std::string text =
        topic.text.empty() ? describe_exit_statuses(kAllStatuses) : std::string(topic.text);
    session.out.paged_result({{"topic", topic.name}, {"text", text}}, text);
    return {};
  }
  const CLI::App& command = command_of(app, words);
  if (command.get_parent() == nullptr) {
    std::vector<std::string> known;
    for (const HelpTopic& topic : help_topics()) known.emplace_back(topic.name);
    for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
      known.push_back(sub->get_name());
    }
    const auto near = nearest_word(words[0], known);
    return Error(ErrorCode::usage_error,
                 fmt::format("there is neither a command nor a topic {}{}", printable(words[0]),
                             near ? fmt::format("; did you mean `mkt help {}`?", *near)
                                  : "; see: mkt help"));
  }
  session.out.paged_result({{"command", command.get_name()}, {"help", help_of(command)}},
                           help_of(command));
  return {};
}

}  // namespace

void add_help_command(CLI::App& command, Session& session) {
  auto words = std::make_shared<std::vector<std::string>>();
  command.add_option("COMMAND", *words, "A command, with its subcommand, or a topic")
      ->type_name("COMMAND|TOPIC");
  on_run(&command, session, [&app = *command.get_parent(), &session, words] {
    return show_help(app, session, *words);
  });
}

void add_version_command(CLI::App& command, Session& session) {
  on_run(&command, session, [&app = *command.get_parent(), &session]() -> Status {
    session.out.result({{"version", app.version().substr(app.version().find(' ') + 1)}},
                       app.version());
    return {};
  });
}

}  // namespace mkt
