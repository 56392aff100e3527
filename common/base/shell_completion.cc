#include "common/base/shell_completion.h"

#include <CLI/CLI.hpp>

namespace mkt {
namespace {

// bash splits words at ':', '@' and '=' too: what is completed is the word up to the cursor as mkt
// sees it, less what stands before the last of them.
constexpr const char* kBash = R"sh(# bash completion of PROGRAM
_PROGRAM() {
  local line=${COMP_LINE:0:COMP_POINT} word candidate
  local -a words
  read -ra words <<<"$line"
  [[ $line != *[[:space:]] ]] || words+=("")
  word=${words[${#words[@]} - 1]}
  COMPREPLY=()
  while IFS= read -r candidate; do
    candidate=${candidate%%$'\t'*}
    if [[ $candidate == :files ]]; then
      compopt -o default 2>/dev/null
      continue
    fi
    [[ $word != *[:@=]* ]] || candidate=${candidate#"${word%"${word##*[:@=]}"}"}
    [[ $candidate != *= ]] || compopt -o nospace 2>/dev/null
    COMPREPLY+=("$candidate")
  done < <("${words[0]}" __complete -- "${words[@]:1}" 2>/dev/null)
}
complete -F _PROGRAM PROGRAM
)sh";

constexpr const char* kZsh = R"sh(#compdef PROGRAM
_PROGRAM() {
  local -a lines words_only described
  local line
  lines=("${(@f)$(${words[1]} __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  for line in $lines; do
    [[ -n $line ]] || continue
    if [[ $line == :files ]]; then
      _files
      continue
    fi
    words_only+=("${line%%$'\t'*}")
    described+=("${line//$'\t'/  -- }")
  done
  (( ${#words_only} )) && compadd -l -d described -a words_only
}
if [[ ${funcstack[1]} == _PROGRAM ]]; then
  _PROGRAM "$@"
else
  compdef _PROGRAM PROGRAM
fi
)sh";

constexpr const char* kFish = R"sh(# fish completion of PROGRAM
function __PROGRAM_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in (PROGRAM __complete -- $words[2..-1] 2>/dev/null)
        if test "$line" = :files
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
complete -c PROGRAM -f -a '(__PROGRAM_complete)'
)sh";

}  // namespace

std::string completion_script(std::string_view shell, std::string_view program) {
  constexpr std::string_view kName = "PROGRAM";
  std::string script = shell == "bash" ? kBash : shell == "zsh" ? kZsh : kFish;
  for (std::size_t at = 0; (at = script.find(kName, at)) != std::string::npos;) {
    script.replace(at, kName.size(), program);
    at += program.size();
  }
  return script;
}

const CLI::Option* option_named(const CLI::App& command, const std::string& word) {
  for (const CLI::App* app = &command; app != nullptr; app = app->get_parent()) {
    for (const CLI::Option* option : app->get_options()) {
      if (!option->get_positional() && option->check_name(word)) return option;
    }
  }
  return nullptr;
}

}  // namespace mkt
