#include "daemon/service/outbox.h"

namespace mkt {
namespace {

constexpr std::string_view kComplete = "complete";

// Changes only the outbox: nobody asked for this, and the log has no entry for it.
template <typename Write>
Status change_outbox(const Marketplace& market, const Write& write) {
  return market.change(kSystem, market.now(), Touches::nothing(), [&](Change& change) -> Status {
    write(change.records().outbox());
    return {};
  });
}

}  // namespace

Status start_outbox(const Marketplace& market) {
  MKT_TRY(const std::string complete, mirror_state(market, kComplete));
  return complete == "yes" ? Status() : fill_outbox(market);
}

Status stop_outbox(const Marketplace& market) {
  MKT_TRY(const std::string complete, mirror_state(market, kComplete));
  if (complete.empty()) return {};
  return change_outbox(market, [](Outbox& outbox) {
    outbox.set_wanted(false);
    outbox.set_state(kComplete, "");
  });
}

// From the first change on, nothing that changes is missed. One kind per change, so that other
// changes can run between them.
Status fill_outbox(const Marketplace& market) {
  MKT_CHECK(change_outbox(market, [](Outbox& outbox) { outbox.set_wanted(true); }));
  for (const DocumentKind kind : kDocumentKinds) {
    const UtcTime at = market.now();
    MKT_CHECK(change_outbox(market, [&](Outbox& outbox) { outbox.append_all(kind, at); }));
  }
  return set_mirror_state(market, kComplete, "yes");
}

Result<std::vector<OutboxEntry>> waiting_documents(const Marketplace& market, std::uint32_t limit,
                                                   std::size_t max_bytes) {
  return market.read(
      [&](const Records& records) { return records.outbox().waiting(limit, max_bytes); });
}

Result<OutboxCounts> count_outbox(const Marketplace& market) {
  return market.read([](const Records& records) { return records.outbox().counts(); });
}

Result<std::vector<ParkedDocument>> parked_documents(const Marketplace& market,
                                                     std::uint32_t limit) {
  return market.read([&](const Records& records) { return records.outbox().parked(limit); });
}

Status mark_sent(const Marketplace& market, std::span<const OutboxEntry> entries) {
  return change_outbox(market, [&](Outbox& outbox) { outbox.sent(entries); });
}

Status park_document(const Marketplace& market, const OutboxEntry& entry, std::string_view reason) {
  return change_outbox(market, [&](Outbox& outbox) { outbox.park(entry, reason); });
}

Result<std::string> mirror_state(const Marketplace& market, std::string_view name) {
  return market.read([&](const Records& records) { return records.outbox().state(name); });
}

Status set_mirror_state(const Marketplace& market, std::string_view name, std::string_view value) {
  return change_outbox(market, [&](Outbox& outbox) { outbox.set_state(name, value); });
}

}  // namespace mkt
