#include "cli/commands/taken_out.h"

#include <fmt/format.h>

#include "cli/commands/command.h"
#include "common/base/utf8.h"

namespace mkt {

Result<NamedVersion> named_version(std::string_view text) {
  MKT_TRY(ConnectorSpec spec, ConnectorSpec::parse(text));
  if (!spec.version) {
    return Error(ErrorCode::usage_error,
                 fmt::format("which version? write {}@VERSION", spec.id.text()));
  }
  return NamedVersion{std::move(spec.id), std::move(*spec.version)};
}

std::string describe_hits(const wire::TakenOutInfo& out, HitsAre when) {
  std::string text;
  for (const wire::DependantInfo& d : out.dependants) {
    text += fmt::format("  needed by    {}@{} ({})\n", printable(d.id), printable(d.version),
                        printable(d.range));
  }
  if (out.installation_count > 0) {
    text += fmt::format("  installed    by {} tenant{}", out.installation_count,
                        out.installation_count == 1 ? "" : "s");
    for (std::size_t i = 0; i < out.installations.size(); ++i) {
      text += fmt::format("{}{}", i == 0 ? ": " : ", ", printable(out.installations[i].tenant_id));
    }
    text += '\n';
  }
  if (out.request_count > 0) {
    const bool is_done = when == HitsAre::done;
    text += fmt::format("  {}  {} install request{} that wait{} for it\n",
                        is_done ? "denied     " : "would deny ", out.request_count,
                        out.request_count == 1 ? "" : "s",
                        is_done                  ? "ed"
                        : out.request_count == 1 ? "s"
                                                 : "");
  }
  return text;
}

}  // namespace mkt
