#include "daemon/ops/completion.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "common/base/shell_completion.h"
#include "common/base/standard_streams.h"
#include "daemon/ops/configuration.h"
#include "daemon/ops/operations.h"

namespace mkt {
namespace {

struct Words {
  std::string typed;
  std::string lines;

  void add(const std::string& word, const std::string& about) {
    if (!word.starts_with(typed)) return;
    lines += about.empty() ? word + "\n" : fmt::format("{}\t{}\n", word, about);
  }
};

std::vector<const CLI::App*> operations_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

// CLI11 says what an option chooses from in its type: "TEXT:{admin,open}".
void add_values(const CLI::Option& option, Words& words) {
  const std::string type = option.get_type_name();
  const std::size_t begin = type.find('{');
  if (begin == std::string::npos) {
    words.lines += std::string(kCompleteFiles) + "\n";
    return;
  }
  std::string choice;
  for (const char c : type.substr(begin + 1)) {
    if (c != ',' && c != '}') {
      choice += c;
      continue;
    }
    words.add(choice, "");
    choice.clear();
  }
}

void add_option_names(const CLI::App& app, Words& words) {
  for (const CLI::App* at = &app; at != nullptr; at = at->get_parent()) {
    for (const CLI::Option* option : at->get_options()) {
      for (const std::string& name : option->get_lnames()) {
        words.add("--" + name, option->get_description());
      }
    }
  }
}

}  // namespace

std::string complete_mktd(const std::vector<std::string>& words) {
  Words found{words.empty() ? std::string() : words.back(), {}};
  CLI::App serving;
  Configuration configuration;
  add_options(serving, configuration);
  serving.set_config("--config", "", "Read settings from this file, see mktd.conf(5)");
  CLI::App operating;
  OperationArguments arguments;
  int status = 0;
  add_operations(operating, arguments, status);

  const CLI::App* app = &serving;
  const CLI::Option* value_of = nullptr;
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    const std::string& word = words[i];
    if (std::exchange(value_of, nullptr) != nullptr) continue;
    if (word.starts_with('-')) {
      const CLI::Option* option = option_named(*app, word);
      if (option != nullptr && option->get_items_expected_min() > 0) value_of = option;
      continue;
    }
    for (const CLI::App* sub : operations_of(app == &serving ? operating : *app)) {
      if (sub->get_name() == word) app = sub;
    }
  }
  if (value_of != nullptr) {
    add_values(*value_of, found);
  } else if (found.typed.starts_with('-')) {
    add_option_names(*app, found);
  } else {
    for (const CLI::App* sub : operations_of(app == &serving ? operating : *app)) {
      found.add(sub->get_name(), sub->get_description());
    }
    if (app == &serving) found.add("completion", "Print a script that completes mktd");
    if (app->get_option_no_throw("FILE") != nullptr) {
      found.lines += std::string(kCompleteFiles) + "\n";
    }
  }
  return found.lines;
}

std::optional<int> run_completion(int argc, char** argv) {
  const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  if (words.size() >= 2 && words[0] == "__complete" && words[1] == "--") {
    write_to_stdout(complete_mktd({words.begin() + 2, words.end()}));
    return 0;
  }
  if (words.empty() || words[0] != "completion") return std::nullopt;
  const bool is_known =
      words.size() == 2 && (words[1] == "bash" || words[1] == "zsh" || words[1] == "fish");
  if (!is_known) {
    write_to_stderr("mktd: for which shell? write: mktd completion bash, zsh or fish\n");
    return static_cast<int>(ExitStatus::invalid);
  }
  write_to_stdout(completion_script(words[1], "mktd"));
  return 0;
}

}  // namespace mkt
