#include "common/wire/status_messages.h"

#include <array>

#include "common/wire/message_functions.h"

namespace mkt::wire {
namespace {

constexpr auto kPartStatuses = std::to_array<std::string_view>({"ok", "degraded", "failed"});
constexpr auto kStates = std::to_array<std::string_view>({"closed", "open", "half-open"});
constexpr auto kReadiness = std::to_array<std::string_view>({"ready", "not_ready"});
constexpr auto kCounters = std::to_array<std::string_view>({"memory", "redis"});

}  // namespace

template <typename Visitor>
void PartInfo::members(Visitor& m) {
  m.always("name", &PartInfo::name);
  m.always("status", &PartInfo::status, one_of(kPartStatuses));
  m.if_any("reason", &PartInfo::reason);
}

template <typename Visitor>
void BreakerInfo::members(Visitor& m) {
  m.always("name", &BreakerInfo::name);
  m.always("state", &BreakerInfo::state, one_of(kStates));
  m.usually("sinceSeconds", &BreakerInfo::since_seconds);
  m.or_null("retryAfterSeconds", &BreakerInfo::retry_after_seconds);
  m.always("successes", &BreakerInfo::successes);
  m.always("failures", &BreakerInfo::failures);
  m.always("refused", &BreakerInfo::refused);
  m.always("opened", &BreakerInfo::opened);
  m.if_any("causes", &BreakerInfo::causes,
           Shape().saying("Of the last failures, oldest first; for admins."));
}

template <typename Visitor>
void AliveInfo::members(Visitor& m) {
  m.made("status", [](const AliveInfo&) { return std::string("ok"); });
  m.always("version", &AliveInfo::version);
}

template <typename Visitor>
void ReadyInfo::members(Visitor& m) {
  m.always("status", &ReadyInfo::status, one_of(kReadiness));
  m.always("parts", &ReadyInfo::parts);
}

template <typename Visitor>
void StatusInfo::members(Visitor& m) {
  m.always("status", &StatusInfo::status, one_of(kReadiness));
  m.always("parts", &StatusInfo::parts);
  m.always("version", &StatusInfo::version);
  m.always("startedAt", &StatusInfo::started_at, kTime);
  m.always("breakers", &StatusInfo::breakers);
}

template <typename Visitor>
void LimitInfo::members(Visitor& m) {
  m.always("scope", &LimitInfo::scope);
  m.always("subject", &LimitInfo::subject);
  m.or_null("limit", &LimitInfo::limit, Shape().saying("Null where the limit is off."));
  m.if_any("windowSeconds", &LimitInfo::window_seconds);
  m.if_any("remaining", &LimitInfo::remaining);
  m.if_any("resetSeconds", &LimitInfo::reset_seconds, Shape().saying("Until one more passes."));
  m.if_any("countedIn", &LimitInfo::counted_in, one_of(kCounters));
}

template <typename Visitor>
void LimitListing::members(Visitor& m) {
  m.always("limits", &LimitListing::limits);
}

template <typename Visitor>
void ParkedDocumentInfo::members(Visitor& m) {
  m.always("document", &ParkedDocumentInfo::document);
  m.always("reason", &ParkedDocumentInfo::reason);
  m.always("changedAt", &ParkedDocumentInfo::changed_at, kTime);
}

template <typename Visitor>
void MirrorInfo::members(Visitor& m) {
  m.always("project", &MirrorInfo::project);
  m.always("waiting", &MirrorInfo::waiting, Shape().saying("Documents that are not sent yet."));
  m.always("lagSeconds", &MirrorInfo::lag_seconds);
  m.always("sent", &MirrorInfo::sent);
  m.or_null("bucket", &MirrorInfo::bucket);
  m.always("tarballs", &MirrorInfo::tarballs);
  m.or_null("lastSentAt", &MirrorInfo::last_sent_at, kTime);
  m.or_null("trouble", &MirrorInfo::trouble);
  m.always("parkedCount", &MirrorInfo::parked_count);
  m.always("parked", &MirrorInfo::parked,
           Shape().saying("Documents that were refused; the first 100."));
}

template <typename Visitor>
void ResyncInfo::members(Visitor& m) {
  m.always("waiting", &ResyncInfo::waiting);
}

template <typename Visitor>
void AdoptedInfo::members(Visitor& m) {
  m.always("project", &AdoptedInfo::project);
}

MKT_MESSAGE_FUNCTIONS(PartInfo)
MKT_MESSAGE_FUNCTIONS(BreakerInfo)
MKT_MESSAGE_FUNCTIONS(AliveInfo)
MKT_MESSAGE_FUNCTIONS(ReadyInfo)
MKT_MESSAGE_FUNCTIONS(StatusInfo)
MKT_MESSAGE_FUNCTIONS(LimitInfo)
MKT_MESSAGE_FUNCTIONS(LimitListing)
MKT_MESSAGE_FUNCTIONS(ParkedDocumentInfo)
MKT_MESSAGE_FUNCTIONS(MirrorInfo)
MKT_MESSAGE_FUNCTIONS(ResyncInfo)
MKT_MESSAGE_FUNCTIONS(AdoptedInfo)

}  // namespace mkt::wire
