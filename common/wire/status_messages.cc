// JSON of the messages; see status_messages.h.
#include "common/wire/status_messages.h"

#include "common/wire/reader.h"

namespace mkt::wire {
namespace {

Json number_or_null(const std::optional<std::int64_t>& number) {
  return number ? Json(*number) : Json(nullptr);
}

}  // namespace

Json PartInfo::to_json() const {
  Json json{{"name", name}, {"status", status}};
  if (!reason.empty()) json["reason"] = reason;
  return json;
}

Result<PartInfo> PartInfo::parse(const Json& json) {
  Reader r(json);
  return r.result(PartInfo{r.text("name"), r.text("status"), r.text_or_empty("reason")});
}

Json BreakerInfo::to_json() const {
  Json json{{"name", name},
            {"state", state},
            {"sinceSeconds", since_seconds},
            {"retryAfterSeconds", number_or_null(retry_after_seconds)},
            {"successes", successes},
            {"failures", failures},
            {"refused", refused},
            {"opened", opened}};
  if (!causes.empty()) json["causes"] = causes;
  return json;
}

Result<BreakerInfo> BreakerInfo::parse(const Json& json) {
  Reader r(json);
  BreakerInfo m;
  m.name = r.text("name");
  m.state = r.text("state");
  m.since_seconds = r.number_or_zero("sinceSeconds");
  m.retry_after_seconds = r.optional_number("retryAfterSeconds");
  m.successes = r.number<std::uint64_t>("successes");
  m.failures = r.number<std::uint64_t>("failures");
  m.refused = r.number<std::uint64_t>("refused");
  m.opened = r.number<std::uint64_t>("opened");
  m.causes = r.texts("causes");
  return r.result(std::move(m));
}

Json StatusInfo::to_json() const {
  return {{"status", status},
          {"parts", list_of(parts)},
          {"version", version},
          {"startedAt", started_at},
          {"breakers", list_of(breakers)}};
}

Result<StatusInfo> StatusInfo::parse(const Json& json) {
  Reader r(json);
  StatusInfo m;
  m.status = r.text("status");
  m.parts = r.messages<PartInfo>("parts", true);
  m.version = r.text("version");
  m.started_at = r.text("startedAt");
  m.breakers = r.messages<BreakerInfo>("breakers", true);
  return r.result(std::move(m));
}

Json LimitInfo::to_json() const {
  Json json{{"scope", scope}, {"subject", subject}, {"limit", number_or_null(limit)}};
  if (!limit) return json;
  json["windowSeconds"] = window_seconds;
  json["remaining"] = remaining;
  json["resetSeconds"] = reset_seconds;
  json["countedIn"] = counted_in;
  return json;
}

Result<LimitInfo> LimitInfo::parse(const Json& json) {
  Reader r(json);
  LimitInfo m;
  m.scope = r.text("scope");
  m.subject = r.text("subject");
  m.limit = r.optional_number("limit");
  m.window_seconds = r.number_or_zero("windowSeconds");
  m.remaining = r.number_or_zero("remaining");
  m.reset_seconds = r.number_or_zero("resetSeconds");
  m.counted_in = r.text_or_empty("countedIn");
  return r.result(std::move(m));
}

}  // namespace mkt::wire
