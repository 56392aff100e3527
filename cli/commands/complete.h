// What may stand at the end of a command line: the shells' completions ask for it with
// `mkt __complete -- WORD…`.
#pragma once

#include <CLI/App.hpp>
#include <string>
#include <vector>

#include "cli/commands/command.h"

namespace mkt {

struct Candidate {
  std::string word;
  std::string about;  // one line; may be empty
};

// The registry is given 200 ms; without an answer there are fewer candidates, never an error.
// `words` are those behind "mkt"; the last one is what was typed of the word that is completed. A
// candidate that is kCompleteFiles (shell_completion.h) stands for the names of files.
std::vector<Candidate> complete_words(const CLI::App& app, const Session& session,
                                      const std::vector<std::string>& words);

// One a line, with a tab before what is said of it.
void print_candidates(const CLI::App& app, const Session& session,
                      const std::vector<std::string>& words);

}  // namespace mkt
