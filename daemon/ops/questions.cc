#include "daemon/ops/questions.h"

#include <fmt/format.h>

#include "daemon/ops/set_up.h"

namespace mkt {
namespace {

Error nobody_answers() {
  return Error(ErrorCode::usage_error, "no answer came; nothing was changed");
}

}  // namespace

Result<std::string> choose(const std::optional<std::string>& wish, const std::string& usual,
                           const Ask& ask, const std::string& question,
                           Status (*check)(const std::string&)) {
  std::string chosen = wish.value_or(usual);
  if (!wish && ask) {
    for (std::string told;;) {
      const auto answer = ask(fmt::format("{}{} [{}]: ", told, question, usual));
      if (!answer) return nobody_answers();
      chosen = answer->empty() ? usual : *answer;
      const Status right = check(chosen);
      if (right) return chosen;
      told = right.error().message + "\n";
    }
  }
  MKT_CHECK(check(chosen));
  return chosen;
}

Result<std::filesystem::path> choose_file(const std::optional<std::string>& wish, const Ask& ask,
                                          const std::string& question) {
  if (wish) return whole_path(*wish);
  for (;;) {
    const auto answer = ask(question);
    if (!answer) return nobody_answers();
    if (!answer->empty()) return whole_path(*answer);
  }
}

}  // namespace mkt
