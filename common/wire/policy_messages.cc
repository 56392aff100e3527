#include "common/wire/policy_messages.h"

#include <array>

#include "common/wire/message_functions.h"

namespace mkt::wire {
namespace {

constexpr auto kCheckOutcomes = std::to_array<std::string_view>({"install", "approval", "refused"});

}  // namespace

template <typename Visitor>
void PolicyInfo::members(Visitor& m) {
  m.always("tenantId", &PolicyInfo::tenant_id);
  m.always("revision", &PolicyInfo::revision,
           Shape().saying("0: the default, which nobody has set."));
  m.or_null("setAt", &PolicyInfo::set_at, kTime);
  m.or_null("setBy", &PolicyInfo::set_by);
  m.always("policy", &PolicyInfo::policy, document_of<Policy>());
}

template <typename Visitor>
void PolicyHistoryInfo::members(Visitor& m) {
  m.always("policies", &PolicyHistoryInfo::policies, Shape().saying("Newest first."));
}

template <typename Visitor>
void PolicyCheckInfo::members(Visitor& m) {
  m.always("connectorId", &PolicyCheckInfo::connector_id);
  m.always("version", &PolicyCheckInfo::version);
  m.always("outcome", &PolicyCheckInfo::outcome, one_of(kCheckOutcomes));
  m.or_null("rule", &PolicyCheckInfo::rule);
  m.usually("explanation", &PolicyCheckInfo::explanation);
}

MKT_MESSAGE_FUNCTIONS(PolicyInfo)
MKT_MESSAGE_FUNCTIONS(PolicyHistoryInfo)
MKT_MESSAGE_FUNCTIONS(PolicyCheckInfo)

}  // namespace mkt::wire
