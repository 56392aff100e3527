// The feed of the catalog's changes: as pages of JSON, or as events (text/event-stream, the HTML
// standard's section 9.2) for an EventSource.
//
// A stream ends after kStreamTime, or once it has told of something; the client comes back by
// itself after `retry` with the number of the last event, as the standard wants it, and misses
// nothing. So no connection and no thread is held for longer, and no proxy sees silence for long
// enough to cut the connection. A reader for whom there is no place to wait is answered at once and
// told to come back later: any status but 200 would end an EventSource for good.
#include <fmt/format.h>

#include <chrono>
#include <limits>

#include "common/base/text.h"
#include "daemon/http/fields.h"
#include "daemon/http/routes.h"
#include "daemon/service/feed.h"

namespace mkt {
namespace {

constexpr std::uint32_t kDefaultEntries = 100;
constexpr std::chrono::milliseconds kRetry{1000};
constexpr std::chrono::milliseconds kRetryForMore{100};    // there is another page
constexpr std::chrono::milliseconds kRetryUnheld{10'000};  // for whom there was no place to wait
constexpr std::chrono::milliseconds kStreamTime{20'000};   // proxies cut silence after 30 or 60 s
constexpr const char* kEvents = "text/event-stream";

bool wants_events(const RequestHead& head) {
  return accepts(head, kEvents);
}

// The last event that a reconnecting client has, before what its address says.
Result<std::int64_t> start_of(const RequestHead& head) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  if (const std::string_view last = head.header("last-event-id"); !last.empty()) {
    if (const auto number = parse_natural(last)) return *number;
    return Error(ErrorCode::invalid_request, "Last-Event-ID must be the id of an event");
  }
  MKT_TRY(const std::uint64_t after, number_parameter(head, "after", 0, 0, kMost));
  return static_cast<std::int64_t>(after);
}

std::chrono::milliseconds retry_after(const Feed::Waited& answer) {
  if (answer.page.has_more) return kRetryForMore;
  return answer.had_place ? kRetry : kRetryUnheld;
}

// An event without data only moves the client's last id on, past what is not for it.
std::string event_text(const wire::FeedListing& page, std::chrono::milliseconds retry) {
  std::string text = fmt::format("retry: {}\n\n", retry.count());
  for (const wire::FeedEntryInfo& e : page.entries) {
    text +=
        fmt::format("id: {}\nevent: {}\ndata: {}\n\n", e.sequence, e.kind, dump_json(e.to_json()));
  }
  text += fmt::format(": up to {}\nid: {}\n\n", page.sequence, page.sequence);
  return text;
}

Result<Response> feed(Feed& feed, const Request& request) {
  MKT_TRY(const std::int64_t after, start_of(request.head));
  MKT_TRY(const std::uint64_t limit,
          number_parameter(request.head, "limit", kDefaultEntries, 1, kMaxFeedEntries));
  const auto most = static_cast<std::uint32_t>(limit);
  Response response;
  if (wants_events(request.head) && request.head.method == "GET") {
    MKT_TRY(const auto answer, feed.wait_for_page(request.caller, after, most, kStreamTime));
    response.content_type = kEvents;
    response.body = event_text(answer.page, retry_after(answer));
  } else {
    MKT_TRY(const auto page, feed.page(request.caller, after, most));
    response = json_response(200, page.to_json());
  }
  response.headers.emplace_back("Cache-Control", "no-store");
  response.headers.emplace_back("Vary", "Accept, Authorization");
  return response;
}

}  // namespace

void add_feed_routes(Router& router, Feed& changes) {
  router.section("Feed", "What changed in the catalog.");
  router.add("GET", "/v1/feed",
             Operation("listFeed", "List changes of the catalog, oldest first")
                 .query("after", "Only entries after this sequence.", "integer")
                 .query("limit", "How many, 1 to 1000; 100 by default.", "integer")
                 .header("Last-Event-ID", "Instead of `after`, where it is there.")
                 .answers<wire::FeedListing>(),
             [&changes](Request& r) { return feed(changes, r); });
}

}  // namespace mkt
