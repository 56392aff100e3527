#include "cli/commands/policy_standing.h"

#include <fmt/format.h>

#include "common/base/utf8.h"

namespace mkt {

PolicyStanding::PolicyStanding(const Session& session, const Settings& settings, bool offline)
    : session_(session), registry_url_(settings.registry), registry_(settings) {
  if (settings.tenant && !offline) tenant_.emplace(registry_, *settings.tenant);
}

std::optional<std::string> PolicyStanding::refusal(const Receipt& receipt) {
  if (!tenant_) return std::nullopt;
  const auto origin = registry_origin(receipt.registry);
  const auto id = ConnectorId::parse(receipt.id);
  if (!origin || *origin != registry_url_ || !id) return std::nullopt;
  const auto answer = tenant_->check_policy(*id, receipt.version);
  if (!answer) {
    // A version that nobody may install any more is a revocation's effect, not the policy's.
    const ExitStatus status = exit_status(answer.error().code);
    const bool of_version = status == ExitStatus::not_found ||
                            answer.error().code == ErrorCode::version_quarantined ||
                            answer.error().code == ErrorCode::publisher_suspended ||
                            answer.error().code == ErrorCode::publisher_banned;
    if (of_version) return std::nullopt;
    session_.out.warn(fmt::format("the policy of {} was not asked: {}", tenant_->tenant().text(),
                                  printable(answer.error().message)));
    tenant_.reset();
    return std::nullopt;
  }
  if (answer->outcome != "refused") return std::nullopt;
  return fmt::format("against the policy of {}: {} ({})", tenant_->tenant().text(),
                     printable(answer->explanation), printable(answer->rule));
}

}  // namespace mkt
