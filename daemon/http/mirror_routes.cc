// The mirror, for admins: how it gets on, sending everything again, taking over what is there.
#include "daemon/http/routes.h"
#include "daemon/service/audit_log.h"
#include "daemon/service/outbox.h"

namespace mkt {
namespace {

constexpr std::uint32_t kMaxParked = 100;

Result<const Mirror*> require_mirror(const Mirror* mirror) {
  if (mirror != nullptr) return mirror;
  return Error(ErrorCode::not_found,
               "this registry has no mirror; an admin can give it one: firestore-project in "
               "mktd.conf");
}

Json moment_or_null(const std::optional<UtcTime>& time) {
  return time ? Json(format_utc(*time)) : Json(nullptr);
}

Result<Response> show(const Marketplace& market, const Mirror* known, const Request& request) {
  MKT_CHECK(require_admin(request.caller));
  MKT_TRY(const Mirror* const mirror, require_mirror(known));
  MKT_TRY(const MirrorStatus status, mirror->status());
  MKT_TRY(const auto parked, parked_documents(market, kMaxParked));
  Json list = Json::array();
  for (const ParkedDocument& p : parked) {
    list.push_back({{"document", mirror->path_of(p.name)},
                    {"reason", p.reason},
                    {"changedAt", format_utc(p.at)}});
  }
  return json_response(
      200,
      {{"project", status.project},
       {"waiting", status.outbox.waiting},
       {"lagSeconds", std::chrono::floor<std::chrono::seconds>(status.lag(market.now())).count()},
       {"sent", status.sent},
       {"bucket", status.bucket.empty() ? Json(nullptr) : Json(status.bucket)},
       {"tarballs", status.tarballs},
       {"lastSentAt", moment_or_null(status.last_sent)},
       {"trouble", status.trouble.empty() ? Json(nullptr) : Json(status.trouble)},
       {"parkedCount", status.outbox.parked},
       {"parked", list}});
}

Result<Response> resync(const Marketplace& market, const Mirror* known, const Request& request) {
  MKT_CHECK(require_admin(request.caller));
  MKT_TRY(const Mirror* const mirror, require_mirror(known));
  MKT_CHECK(fill_outbox(market));
  MKT_TRY(const MirrorStatus status, mirror->status());
  MKT_CHECK(note(market, request.caller.actor(), "mirror.resync", status.project,
                 {{"project", status.project}}));
  return json_response(202, {{"waiting", status.outbox.waiting}});
}

// What others wrote under its prefix may be overwritten.
Result<Response> adopt(const Marketplace& market, const Mirror* known, const Request& request) {
  MKT_CHECK(require_admin(request.caller));
  MKT_TRY(const Mirror* const mirror, require_mirror(known));
  MKT_CHECK(mirror->adopt());
  MKT_TRY(const MirrorStatus status, mirror->status());
  MKT_CHECK(note(market, request.caller.actor(), "mirror.adopt", status.project,
                 {{"project", status.project}}));
  return json_response(202, {{"project", status.project}});
}

}  // namespace

void add_mirror_routes(Router& router, const Marketplace& market,
                       std::function<const Mirror*()> mirror) {
  router.add("GET", "/v1/mirror",
             [&market, mirror](Request& r) { return show(market, mirror(), r); });
  router.add("POST", "/v1/mirror/resync",
             [&market, mirror](Request& r) { return resync(market, mirror(), r); });
  router.add("POST", "/v1/mirror/adopt",
             [&market, mirror](Request& r) { return adopt(market, mirror(), r); });
}

}  // namespace mkt
