#include "daemon/service/withdraw.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/log.h"
#include "common/wire/words.h"
#include "daemon/service/catalog.h"
#include "daemon/service/owners.h"
#include "daemon/service/reason.h"

namespace mkt {
namespace {

Result<Impact> decide_to_withdraw(Change& change, const Caller* caller,
                                  std::string_view connector_id, std::string_view version,
                                  const std::string& code, const std::string& reason) {
  MKT_TRY(VersionRecord v, hold_to_take_out(change.records(), connector_id, version));
  MKT_CHECK(require_owner(change.records(), caller, connector_id));
  Impact impact = impact_of(change.records(), v);
  if (v.withdrawn_at) return impact;
  withdraw_held(change, v, impact, code, reason);
  return impact;
}

Status check_wish(const WithdrawalRequest& r) {
  const auto& codes = wire::kWithdrawalCodes;
  if (std::find(codes.begin(), codes.end(), r.code) == codes.end()) {
    return Error(ErrorCode::invalid_request,
                 fmt::format("reasonCode must be one of {}", fmt::join(codes, ", ")),
                 {{"reasonCode", "is none of these"}});
  }
  if (r.reason.empty()) {
    return Error(ErrorCode::invalid_request, "say why it is withdrawn: reason is missing",
                 {{"reason", "is missing"}});
  }
  return check_reason(r.reason);
}

Status require_in_owners_time(const Caller& caller, const VersionRecord& v, UtcTime now) {
  if (caller.is_admin() || now - v.published_at <= kOwnersTime) return {};
  return Error(
      ErrorCode::forbidden,
      fmt::format("{}@{} was published on {}: after {} hours only an admin may withdraw "
                  "it; you may deprecate it: mkt deprecate",
                  v.connector_id, v.version, format_utc(v.published_at), kOwnersTime.count()));
}

}  // namespace

void withdraw_held(Change& change, VersionRecord& v, Impact& impact, const std::string& code,
                   const std::string& reason) {
  v.quarantined = true;
  v.withdrawn_at = change.at();
  v.withdrawal_code = code;
  v.withdrawal_reason = reason;
  change.records().catalog().set_withdrawn(v);
  const std::string name = fmt::format("{}@{}", v.connector_id, v.version);
  change.log("version.withdraw", name,
             {{"connector", v.connector_id},
              {"version", v.version},
              {"checksum", v.checksum},
              {"reasonCode", code},
              {"reason", reason}});
  take_out(change, v, impact, fmt::format("{} was withdrawn: {}", name, reason));
}

// Nothing refers to the bytes any more: they hold the version's name, which nobody can publish
// again. What cannot be removed now is found by `mktd gc`.
void remove_bytes_of(const Marketplace& market, const VersionRecord& v) {
  if (market.is_shared()) return;
  const auto checksum = Checksum::parse(v.checksum);
  if (!checksum) return;
  const auto removed = market.blobs.remove(*checksum, market.now());
  if (removed) return;
  log_event(
      LogLevel::warning, "the tarball of a withdrawn version could not be removed",
      {{"connector", v.connector_id}, {"version", v.version}, {"reason", removed.error().message}});
}

Result<Impact> keep_withdrawal(const Marketplace& market, const Actor& actor, const Caller* caller,
                               std::string_view connector_id, std::string_view version,
                               const std::string& code, const std::string& reason, UtcTime at) {
  return market.change(
      actor, at, Touches::connector(std::string(connector_id)), [&](Change& change) {
        return decide_to_withdraw(change, caller, connector_id, version, code, reason);
      });
}

Result<TakenOut> withdraw_version(const Marketplace& market, const Caller& caller,
                                  const WithdrawalRequest& r) {
  MKT_CHECK(require_owner(market, caller, r.connector));
  MKT_CHECK(check_wish(r));
  MKT_TRY(VersionRecord version, show_version(market, caller, r.connector, r.version.text()));
  const UtcTime now = market.now();
  if (!version.withdrawn_at) MKT_CHECK(require_in_owners_time(caller, version, now));
  MKT_TRY(const auto dependants, list_dependants_on(market, caller, r.connector, r.version.text()));
  Result<Impact> impact = Impact();
  if (r.dry_run) {
    impact = market.read([&](const Records& records) { return impact_of(records, version); });
  } else {
    impact = keep_withdrawal(market, caller.actor(), &caller, r.connector.text(), r.version.text(),
                             r.code, r.reason, now);
  }
  if (!impact) return impact.error();
  impact->dependants = dependants;
  if (!r.dry_run) {
    remove_bytes_of(market, version);
    MKT_TRY(version, show_version(market, caller, r.connector, r.version.text()));
  }
  return TakenOut{std::move(version), shown_to(caller, std::move(*impact))};
}

}  // namespace mkt
