// Finding: what a check of `mkt doctor` found, and how to mend it.
#pragma once

#include <string>
#include <string_view>

namespace mkt {

enum class Severity { ok, warning, error };

constexpr std::string_view severity_name(Severity severity) {
  switch (severity) {
    case Severity::ok:
      return "ok";
    case Severity::warning:
      return "warning";
    case Severity::error:
      break;
  }
  return "error";
}

struct Finding {
  std::string name;  // of the check: "clock"
  Severity severity;
  std::string message;
  std::string mend;  // empty where nothing is to be mended
};

}  // namespace mkt
