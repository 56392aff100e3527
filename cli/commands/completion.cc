// mkt completion: prints a script that completes commands, options and values in a shell.
//
// The scripts know nothing themselves: they ask `mkt __complete` (complete.h), so that they never
// are older than mkt.
#include "cli/commands/command.h"

namespace mkt {
namespace {

// bash splits words at ':', '@' and '=' too: what is completed is the word up to the cursor as mkt
// sees it, less what stands before the last of them.
constexpr const char* kBash = R"sh(# bash completion of mkt
_mkt() {
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
complete -F _mkt mkt
)sh";

constexpr const char* kZsh = R"sh(#compdef mkt
_mkt() {
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
if [[ ${funcstack[1]} == _mkt ]]; then
  _mkt "$@"
else
  compdef _mkt mkt
fi
)sh";

constexpr const char* kFish = R"sh(# fish completion of mkt
function __mkt_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in (mkt __complete -- $words[2..-1] 2>/dev/null)
        if test "$line" = :files
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
complete -c mkt -f -a '(__mkt_complete)'
)sh";

}  // namespace

void add_completion_command(CLI::App& command, Session& session) {
  auto shell = std::make_shared<std::string>();
  command.add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  on_run(&command, session, [&session, shell]() -> Status {
    const std::string script = *shell == "bash" ? kBash : *shell == "zsh" ? kZsh : kFish;
    session.out.result({{"shell", *shell}, {"script", script}}, script);
    return {};
  });
}

}  // namespace mkt
