// Is the daemon alive, is it ready, what does it count: for probes, Prometheus and `mkt status`.
//
// That it is alive and whether it is ready is told to anyone; why it is not, what it counts and how
// it is, to anyone or to admins, as the configuration says. The causes of failures may name other
// machines: they are for admins always.
#include <memory>
#include <mutex>

#include "daemon/http/openapi.h"
#include "daemon/http/routes.h"
#include "mkt_version.h"

namespace mkt {
namespace {

constexpr const char* kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

Response uncached(Response response) {
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

bool may_see(const OperationParts& parts, const Request& request) {
  return parts.for_anyone() || request.caller.is_admin();
}

Status require_sight(const OperationParts& parts, const Request& request) {
  return may_see(parts, request) ? Status() : require_admin(request.caller);
}

Result<Response> alive() {
  return uncached(json_response(200, wire::AliveInfo{MKT_VERSION}.to_json()));
}

Result<Response> ready(const OperationParts& parts, const Request& request) {
  const wire::StatusInfo status = parts.status();
  wire::ReadyInfo info{status.status, status.parts};
  if (!may_see(parts, request)) {
    for (wire::PartInfo& part : info.parts) part.reason.clear();
  }
  return uncached(json_response(status.status == "ready" ? 200 : 503, info.to_json()));
}

Result<Response> status(const OperationParts& parts, const Request& request) {
  MKT_CHECK(require_sight(parts, request));
  wire::StatusInfo status = parts.status();
  for (wire::BreakerInfo& breaker : status.breakers) {
    if (!request.caller.is_admin()) breaker.causes.clear();
  }
  return uncached(json_response(200, status.to_json()));
}

Result<Response> metrics(const OperationParts& parts, const Request& request) {
  MKT_CHECK(require_sight(parts, request));
  Response response;
  response.content_type = kMetricsType;
  response.body = parts.metrics();
  return uncached(std::move(response));
}

Json any_object(wire::Schemas&) { return {{"type", "object"}}; }

// The OpenAPI document, made when it is first asked for; all routes are there by then.
class OpenapiDocument {
 public:
  Response answer(const Router& router, const Request& request) {
    std::call_once(once_, [&] { text_ = dump_json(openapi_document(router.operations())); });
    return kept_response(request, Freshness(), "application/json", text_);
  }

 private:
  std::once_flag once_;
  std::string text_;
};

}  // namespace

void add_operation_routes(Router& router, OperationParts parts) {
  router.section("Operations", "Is the daemon alive, is it ready, what does it count.");
  router.add("GET", "/healthz",
             Operation("showAlive", "Show that the daemon is alive")
                 .always_open()
                 .answers<wire::AliveInfo>(),
             [](Request&) { return alive(); });
  router.add("GET", "/readyz",
             Operation("showReady", "Show whether the daemon is ready")
                 .always_open()
                 .answers<wire::ReadyInfo>(200)
                 .answers<wire::ReadyInfo>(503),
             [parts](Request& r) { return ready(parts, r); });
  router.add("GET", "/v1/status",
             Operation("showStatus", "Show how the daemon and its parts are")
                 .always_open()
                 .answers<wire::StatusInfo>(),
             [parts](Request& r) { return status(parts, r); });
  router.add(
      "GET", "/v1/ops/metrics",
      Operation("showMetricsBelowV1", "Show the metrics").always_open().answers(200, "text/plain"),
      [parts](Request& r) { return metrics(parts, r); });
  router.add("GET", "/metrics",
             Operation("showMetrics", "Show the metrics, in Prometheus's text format")
                 .always_open()
                 .answers(200, "text/plain"),
             [parts = std::move(parts)](Request& r) { return metrics(parts, r); });
  router.add("GET", "/v1/openapi",
             Operation("showOpenapi", "Get this document")
                 .always_open()
                 .answers(200, "application/json", any_object)
                 .answers(304),
             [&router, document = std::make_shared<OpenapiDocument>()](Request& r) {
               return document->answer(router, r);
             });
}

}  // namespace mkt
