// What the user may have meant: the nearest command, option, connector, version, key or request.
#pragma once

#include <CLI/App.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/client/settings.h"
#include "common/base/result.h"

namespace mkt {

// The command that these words name, down to the last subcommand that they know; options and their
// values are skipped.
const CLI::App& command_of(const CLI::App& app, const std::vector<std::string>& words);

// Those that help shows.
std::vector<const CLI::App*> all_subcommands(const CLI::App& command);
// By its name or an alias; null where there is none.
const CLI::App* subcommand_named(const CLI::App& command, const std::string& word);

// "mkt key revoke"
std::string full_name(const CLI::App& command);
// "usage: mkt key revoke [OPTIONS] KEYID"
std::string usage_of(const CLI::App& command);

// "did you mean `mkt install`?", for words that CLI11 did not understand.
std::optional<std::string> meant_words(const CLI::App& app, const std::vector<std::string>& words);

// For an error that says that something is not there: the nearest that is, from the registry, which
// is given 200 ms to answer. `words` are the command's.
std::optional<std::string> meant_id(const Settings& settings, const Error& error,
                                    const std::vector<std::string>& words);

}  // namespace mkt
