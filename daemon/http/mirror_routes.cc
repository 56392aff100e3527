// The mirror, for admins: how it gets on, sending everything again, taking over what is there.
#include "common/wire/status_messages.h"
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

Result<Response> show(const Marketplace& market, const Mirror* known, const Request& request) {
  MKT_CHECK(require_admin(request.caller));
  MKT_TRY(const Mirror* const mirror, require_mirror(known));
  MKT_TRY(const MirrorStatus status, mirror->status());
  MKT_TRY(const auto parked, parked_documents(market, kMaxParked));
  wire::MirrorInfo info;
  info.project = status.project;
  info.waiting = status.outbox.waiting;
  info.lag_seconds = std::chrono::floor<std::chrono::seconds>(status.lag(market.now())).count();
  info.sent = status.sent;
  info.bucket = status.bucket;
  info.tarballs = status.tarballs;
  if (status.last_sent) info.last_sent_at = format_utc(*status.last_sent);
  info.trouble = status.trouble;
  info.parked_count = status.outbox.parked;
  for (const ParkedDocument& p : parked) {
    info.parked.push_back({mirror->path_of(p.name), p.reason, format_utc(p.at)});
  }
  return json_response(200, info.to_json());
}

Result<Response> resync(const Marketplace& market, const Mirror* known, const Request& request) {
  MKT_CHECK(require_admin(request.caller));
  MKT_TRY(const Mirror* const mirror, require_mirror(known));
  MKT_CHECK(fill_outbox(market));
  MKT_TRY(const MirrorStatus status, mirror->status());
  MKT_CHECK(note(market, request.caller.actor(), "mirror.resync", status.project,
                 {{"project", status.project}}));
  return json_response(202, wire::ResyncInfo{status.outbox.waiting}.to_json());
}

// What others wrote under its prefix may be overwritten.
Result<Response> adopt(const Marketplace& market, const Mirror* known, const Request& request) {
  MKT_CHECK(require_admin(request.caller));
  MKT_TRY(const Mirror* const mirror, require_mirror(known));
  MKT_CHECK(mirror->adopt());
  MKT_TRY(const MirrorStatus status, mirror->status());
  MKT_CHECK(note(market, request.caller.actor(), "mirror.adopt", status.project,
                 {{"project", status.project}}));
  return json_response(202, wire::AdoptedInfo{status.project}.to_json());
}

}  // namespace

void add_mirror_routes(Router& router, const Marketplace& market,
                       std::function<const Mirror*()> mirror) {
  router.section("Mirror", "The copy in Firestore.");
  router.add("GET", "/v1/mirror",
             Operation("showMirror", "Show how the mirror gets on")
                 .for_tokens()
                 .answers<wire::MirrorInfo>(),
             [&market, mirror](Request& r) { return show(market, mirror(), r); });
  router.add("POST", "/v1/mirror/resync",
             Operation("resyncMirror", "Send everything again")
                 .for_tokens()
                 .answers<wire::ResyncInfo>(202),
             [&market, mirror](Request& r) { return resync(market, mirror(), r); });
  router.add("POST", "/v1/mirror/adopt",
             Operation("adoptMirror", "Take over what others wrote there")
                 .for_tokens()
                 .answers<wire::AdoptedInfo>(202),
             [&market, mirror](Request& r) { return adopt(market, mirror(), r); });
}

}  // namespace mkt
