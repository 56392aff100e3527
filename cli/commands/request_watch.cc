// mkt request watch: follows one request to its end, or reports every change as it happens.
#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "cli/commands/install_flow.h"
#include "cli/commands/request_commands.h"
#include "common/base/duration.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

using wire::InstallRequestInfo;

// Asking more often burdens the registry and tells a person nothing new.
constexpr std::chrono::milliseconds kMaxOften{500};

struct RequestWatchArguments {
  std::string id;
  std::string wait;
  std::string every = "2s";
};

Status follow(const Session& session, TenantClient& tenant, const RequestWatchArguments& a) {
  std::chrono::milliseconds wait{0};
  if (!a.wait.empty()) {
    MKT_TRY(wait, parse_duration(a.wait));
    if (wait.count() == 0) {
      return Error(ErrorCode::usage_error,
                   "--wait needs a time above 0; to look once: mkt request show");
    }
  }
  MKT_TRY(InstallRequestInfo request, tenant.request(a.id));
  if (request.status == "pending") {
    MKT_CHECK(wait_for_approval(session, tenant, {request}, wait));
    MKT_TRY(request, tenant.request(a.id));
  }
  MKT_CHECK(outcome_of(request));
  session.out.result(request.to_json(), fmt::format("{} is approved", request_name(request)));
  return {};
}

Status tell(const Session& session, const InstallRequestInfo& r) {
  return session.out.event(
      r.to_json(),
      fmt::format("{}  {}  {}  {}  {}/{}", printable(r.id), request_name(r), printable(r.status),
                  printable(r.requested_by), r.approvals.size(), r.min_approvals));
}

// First what is pending, then every change, until interrupted.
Status follow_all(const Session& session, TenantClient& tenant, const RequestWatchArguments& a) {
  MKT_TRY(const auto every, parse_duration(a.every));
  if (every < kMaxOften) {
    return Error(ErrorCode::usage_error,
                 fmt::format("--every needs at least {}; a shorter time only "
                             "burdens the registry",
                             format_duration(kMaxOften)));
  }
  RequestFeed feed(tenant);
  while (true) {
    const auto news = feed.next();
    if (!news && news.error().code != ErrorCode::registry_unavailable) return news.error();
    if (news) {
      for (const InstallRequestInfo& r : *news) MKT_CHECK(tell(session, r));
    }
    std::this_thread::sleep_for(every);
  }
}

Status run(const Session& session, const RequestWatchArguments& a) {
  MKT_TRY(RegistryClient registry, session.registry());
  MKT_TRY(TenantClient tenant, session.tenant(registry));
  return a.id.empty() ? follow_all(session, tenant, a) : follow(session, tenant, a);
}

}  // namespace

void add_request_watch_command(CLI::App& request, Session& session) {
  auto a = std::make_shared<RequestWatchArguments>();
  CLI::App* command = add_subcommand(request, "watch", "Follow a request, or all of them",
                                     "  mkt request watch req_0123456789abcdef01234567 --wait 1h\n"
                                     "  mkt request watch --every 10s");
  command->add_option("ID", a->id, "The request (default: all, until interrupted)");
  command->add_option("--wait", a->wait, "Longest time to wait (default: until it is decided)");
  command->add_option("--every", a->every, "How often to look")->capture_default_str();
  on_run(command, session, [&session, a] { return run(session, *a); });
}

}  // namespace mkt
