#include "cli/terminal/style.h"

#include <array>
#include <utility>

namespace mkt {
namespace {

// ECMA-48's SGR parameters.
std::string_view sgr_of(Tone tone) {
  switch (tone) {
    case Tone::bold:
      return "1";
    case Tone::faint:
      return "2";
    case Tone::good:
      return "32";
    case Tone::caution:
      return "33";
    case Tone::bad:
      return "31";
    case Tone::plain:
      break;
  }
  return "";
}

constexpr auto kStates = std::to_array<std::pair<std::string_view, Tone>>({
    {"active", Tone::good},       {"approved", Tone::good},      {"installed", Tone::good},
    {"ok", Tone::good},           {"ready", Tone::good},         {"verified", Tone::good},
    {"trusted", Tone::good},      {"closed", Tone::good},        {"pending", Tone::caution},
    {"degraded", Tone::caution},  {"expired", Tone::caution},    {"retired", Tone::caution},
    {"suspended", Tone::caution}, {"deprecated", Tone::caution}, {"cancelled", Tone::caution},
    {"half-open", Tone::caution}, {"denied", Tone::bad},         {"failed", Tone::bad},
    {"revoked", Tone::bad},       {"banned", Tone::bad},         {"quarantined", Tone::bad},
    {"open", Tone::bad},          {"not_ready", Tone::bad},
});

}  // namespace

std::string toned(std::string_view text, Tone tone, bool color) {
  if (!color || tone == Tone::plain || text.empty()) return std::string(text);
  std::string out = "\033[";
  out += sgr_of(tone);
  out += 'm';
  out += text;
  out += "\033[0m";
  return out;
}

Tone tone_of_state(std::string_view state) {
  for (const auto& [word, tone] : kStates) {
    if (word == state) return tone;
  }
  return Tone::plain;
}

}  // namespace mkt
