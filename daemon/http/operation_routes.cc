// Is the daemon alive, is it ready, what does it count: for probes, Prometheus and `mkt status`.
//
// That it is alive and whether it is ready is told to anyone; why it is not, what it counts and how
// it is, to anyone or to admins, as the configuration says. The causes of failures may name other
// machines: they are for admins always.
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
  return uncached(json_response(200, {{"status", "ok"}, {"version", MKT_VERSION}}));
}

Result<Response> ready(const OperationParts& parts, const Request& request) {
  const wire::StatusInfo status = parts.status();
  Json list = Json::array();
  for (wire::PartInfo part : status.parts) {
    if (!may_see(parts, request)) part.reason.clear();
    list.push_back(part.to_json());
  }
  return uncached(json_response(status.status == "ready" ? 200 : 503,
                                {{"status", status.status}, {"parts", list}}));
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

}  // namespace

void add_operation_routes(Router& router, OperationParts parts) {
  router.add("GET", "/healthz", [](Request&) { return alive(); });
  router.add("GET", "/readyz", [parts](Request& r) { return ready(parts, r); });
  router.add("GET", "/v1/status", [parts](Request& r) { return status(parts, r); });
  router.add("GET", "/v1/ops/metrics", [parts](Request& r) { return metrics(parts, r); });
  router.add("GET", "/metrics",
             [parts = std::move(parts)](Request& r) { return metrics(parts, r); });
}

}  // namespace mkt
