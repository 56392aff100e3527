// mkt request: shows, approves and denies install requests.
#include <fmt/format.h>

#include "cli/client/pins.h"
#include "cli/commands/diff_view.h"
#include "cli/commands/request_card.h"
#include "cli/commands/request_commands.h"
#include "cli/commands/signer.h"
#include "cli/commands/trust_options.h"
#include "cli/terminal/relative_time.h"
#include "common/base/encoding.h"
#include "common/base/utf8.h"
#include "common/signing/key_proof.h"

namespace mkt {
namespace {

using wire::InstallRequestInfo;

struct RequestArguments {
  RequestListOptions list;
  bool all = false;
  std::vector<std::string> ids;
  std::string id;
  std::string reason;
  std::string key;
  bool sign = false;
  bool diff = false;
};

Status list(const Session& session, const RequestArguments& a) {
  MKT_TRY(RegistryClient registry, session.registry());
  MKT_TRY(TenantClient tenant, session.tenant(registry));
  RequestListOptions options = a.list;
  Json all = Json::array();
  const UtcTime now = utc_now();
  Table table({{"REQUEST"},
               {"CONNECTOR"},
               {"STATUS"},
               {"BY", Column::Fit::cut_end},
               {"ASKED", Column::Fit::whole, 1},
               {"APPROVALS", Column::Fit::right, 2},
               {"WHY", Column::Fit::cut_end, 3}});
  std::optional<std::int64_t> next;
  do {
    MKT_TRY(const auto page, tenant.requests(options));
    for (const InstallRequestInfo& r : page.requests) {
      all.push_back(r.to_json());
      table.add({printable(r.id), request_name(r), state_cell(printable(r.status)),
                 printable(r.requested_by), time_cell(r.requested_at, now),
                 fmt::format("{}/{}", r.approvals.size(), r.min_approvals),
                 printable(r.explanation)});
    }
    next = page.next;
    options.before = next.value_or(0);
  } while (a.all && next);
  session.out.result({{"requests", all}, {"hasMore", next.has_value()}}, table);
  if (table.empty()) session.out.note("there are no requests");
  if (next) session.out.note("there are more; see them with --all");
  return {};
}

// How the files differ from those that the tenant has installed.
Result<Difference> difference_to_installed(const Session& session, const Settings& settings,
                                           RegistryClient& registry,
                                           const InstallRequestInfo& request) {
  const std::string installed = request.review ? request.review->installed_version : "";
  if (installed.empty()) {
    return Error(ErrorCode::not_found,
                 fmt::format("{} is not installed for {}: there is nothing to compare it with",
                             printable(request.connector_id), printable(request.tenant_id)));
  }
  MKT_TRY(ConnectorSpec before, ConnectorSpec::parse(request.connector_id + "@" + installed));
  MKT_TRY(ConnectorSpec now, ConnectorSpec::parse(request.connector_id + "@" + request.version));
  MKT_TRY(const Trust trust, open_trust(session, settings, registry, {}));
  return difference_of(session, settings, registry, trust, {std::move(before), ""},
                       {std::move(now), ""}, Patch::wanted);
}

Status show_request(const Session& session, const RequestArguments& a) {
  MKT_TRY(RegistryClient registry, session.registry());
  const Settings& settings = registry.settings();
  MKT_TRY(TenantClient tenant, session.tenant(registry));
  MKT_TRY(const auto request, tenant.request(a.id));
  MKT_TRY(const Pins pins, Pins::read(pins_file(), settings.registry));
  Json document = request.to_json();
  std::string text = request_card(request, pins, session.out, utc_now());
  if (a.diff) {
    MKT_TRY(const Difference difference,
            difference_to_installed(session, settings, registry, request));
    document["diff"] = describe_difference(difference);
    text += "\n" + show_difference(session.out, difference);
  }
  session.out.paged_result(document, text);
  return {};
}

// Signs exactly what the registry shows as requested.
Result<wire::ApprovalSignaturePart> sign_approval(const Signer& signer,
                                                  const InstallRequestInfo& r) {
  MKT_TRY(const Signature signature,
          signer.sign(approval_text({r.id, r.tenant_id, r.connector_id, r.version, r.checksum})));
  return wire::ApprovalSignaturePart{signer.key_id().text(), to_base64(signature)};
}

Status approve(const Session& session, const RequestArguments& a) {
  MKT_TRY(RegistryClient registry, session.registry());
  MKT_TRY(TenantClient tenant, session.tenant(registry));
  Json approved = Json::array();
  std::string text;
  std::optional<Signer> signer;  // the same for all of them
  for (const std::string& id : a.ids) {
    wire::Approval approval;
    if (a.sign || !a.key.empty()) {
      MKT_TRY(const auto request, tenant.request(id));
      if (request.id != id || request.tenant_id != tenant.tenant().text()) {
        return Error(ErrorCode::invalid_json, "the registry answered with another request than " +
                                                  printable(id) + "; nothing was signed");
      }
      if (!signer) {
        MKT_TRY(Signer opened, open_signer(session, a.key));
        signer.emplace(std::move(opened));
      }
      MKT_TRY(approval.signature, sign_approval(*signer, request));
    }
    const auto r = tenant.approve(id, approval);
    if (!r) return r.error().context("while approving " + printable(id));
    approved.push_back(r->to_json());
    text += r->status == "approved"
                ? fmt::format("approved {}: {} is installed\n", printable(r->id), request_name(*r))
                : fmt::format("approved {}: {} of {} approvals of {}\n", printable(r->id),
                              r->approvals.size(), r->min_approvals, request_name(*r));
  }
  session.out.result({{"requests", approved}}, text);
  return {};
}

Status deny(const Session& session, const RequestArguments& a) {
  MKT_TRY(RegistryClient registry, session.registry());
  MKT_TRY(TenantClient tenant, session.tenant(registry));
  MKT_TRY(const auto r, tenant.deny(a.id, a.reason));
  session.out.result(r.to_json(), fmt::format("denied {}: {}", printable(r.id), request_name(r)));
  return {};
}

Status cancel(const Session& session, const RequestArguments& a) {
  MKT_TRY(RegistryClient registry, session.registry());
  MKT_TRY(TenantClient tenant, session.tenant(registry));
  MKT_TRY(const auto r, tenant.cancel(a.id));
  session.out.result(r.to_json(),
                     fmt::format("cancelled {}: {}", printable(r.id), request_name(r)));
  return {};
}

}  // namespace

std::string request_name(const InstallRequestInfo& r) {
  return printable(r.connector_id) + "@" + printable(r.version);
}

void add_request_command(CLI::App& request, Session& session) {
  request.require_subcommand(1);
  auto a = std::make_shared<RequestArguments>();

  CLI::App* command = add_subcommand(request, "list", "Show the tenant's requests, newest first",
                                     "  mkt request list --status pending");
  command->add_option("--status", a->list.status, "Only these")
      ->check(CLI::IsMember({"pending", "approved", "denied", "expired", "cancelled"}));
  command->add_option("--connector", a->list.connector, "Only those for this connector");
  command->add_option("--limit", a->list.limit, "How many at once")
      ->check(CLI::Range(1, 500))
      ->capture_default_str();
  command->add_flag("--all", a->all, "All of them, page after page");
  on_run(command, session, [&session, a] { return list(session, *a); });

  command = add_subcommand(request, "show", "Show one, with what it asks for",
                           "  mkt request show req_0123456789abcdef01234567\n"
                           "  mkt request show req_0123456789abcdef01234567 --diff");
  command->add_option("ID", a->id, "The request")->required();
  command->add_flag("--diff", a->diff, "Show how its files differ from those that are installed");
  on_run(command, session, [&session, a] { return show_request(session, *a); });

  command =
      add_subcommand(request, "approve", "Approve a request; the last approval needed installs",
                     "  mkt request approve req_0123456789abcdef01234567\n"
                     "  mkt request approve req_0123456789abcdef01234567 --sign");
  command->add_option("ID", a->ids, "The requests")->required();
  command->add_flag("--sign", a->sign, "Sign the approval with your own key");
  add_key_option(command, a->key);
  on_run(command, session, [&session, a] { return approve(session, *a); });

  command = add_subcommand(request, "deny", "Deny a request, with a reason",
                           "  mkt request deny req_0123456789abcdef01234567 --reason 'use slack'");
  command->add_option("ID", a->id, "The request")->required();
  command->add_option("--reason", a->reason, "Why")->required();
  on_run(command, session, [&session, a] { return deny(session, *a); });

  command = add_subcommand(request, "cancel", "Cancel a request, or a denial",
                           "  mkt request cancel req_0123456789abcdef01234567");
  command->add_option("ID", a->id, "The request")->required();
  on_run(command, session, [&session, a] { return cancel(session, *a); });

  add_request_watch_command(request, session);
}

}  // namespace mkt
