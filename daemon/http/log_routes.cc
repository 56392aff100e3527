// The audit log, for admins.
#include <limits>

#include "daemon/http/fields.h"
#include "daemon/http/routes.h"
#include "daemon/service/audit_log.h"
#include "daemon/service/record_messages.h"

namespace mkt {
namespace {

constexpr std::uint32_t kDefaultLimit = 100;
constexpr std::uint32_t kMaxLimit = 1000;

Result<Response> log(const Marketplace& market, Request& request) {
  MKT_CHECK(require_admin(request.caller));
  LogQuery query;
  MKT_TRY(const std::uint64_t after,
          number_parameter(request.head, "after", 0, 0, std::numeric_limits<std::int64_t>::max()));
  MKT_TRY(const std::uint64_t limit,
          number_parameter(request.head, "limit", kDefaultLimit, 1, kMaxLimit));
  query.after = static_cast<std::int64_t>(after);
  query.limit = static_cast<std::uint32_t>(limit) + 1;  // one more tells whether there are more
  if (const auto text = request.head.parameter("since"); text && !text->empty()) {
    query.since = parse_utc(*text);
    if (!query.since) {
      return Error(ErrorCode::invalid_request, "since must be an RFC 3339 time");
    }
  }
  MKT_TRY(auto entries, read_log(market, query));
  const bool has_more = entries.size() > limit;
  if (has_more) entries.pop_back();
  wire::LogListing listing;
  for (const LogEntry& e : entries) listing.entries.push_back(log_message(e));
  listing.has_more = has_more;
  return json_response(200, listing.to_json());
}

}  // namespace

void add_log_routes(Router& router, const Marketplace& market) {
  router.section("Audit log", "Who changed what.");
  router.add("GET", "/v1/log",
             Operation("listLog", "List entries of the audit log, oldest first")
                 .for_tokens()
                 .query("after", "Only entries after this sequence.", "integer")
                 .query("since", "Only entries of this RFC 3339 time or later.")
                 .query("limit", "How many, 1 to 1000; 100 by default.", "integer")
                 .answers<wire::LogListing>(),
             [&](Request& r) { return log(market, r); });
}

}  // namespace mkt
