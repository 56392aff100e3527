#include "daemon/ops/gc_question.h"

namespace mkt {
namespace {

Error strange_answer() {
  return Error(ErrorCode::invalid_json, "the daemon's answer is not one of this mktd's version");
}

Result<GarbageReport> read_report(const Json& answer) {
  GarbageReport report;
  const auto blobs = number_member(answer, "removed"), bytes = number_member(answer, "bytes"),
             unfinished = number_member(answer, "unfinished");
  const auto tarballs = answer.find("tarballs");
  if (!blobs || !bytes || !unfinished || tarballs == answer.end()) return strange_answer();
  report.blobs = static_cast<std::uint64_t>(*blobs);
  report.bytes = static_cast<std::uint64_t>(*bytes);
  report.unfinished = static_cast<std::uint64_t>(*unfinished);
  report.young = static_cast<std::uint64_t>(number_member(answer, "young").value_or(0));
  report.reason = text_member(answer, "reason").value_or("");
  for (const Json& tarball : *tarballs) {
    if (!tarball.is_string()) return strange_answer();
    MKT_TRY(const Checksum checksum, Checksum::parse(tarball.get<std::string>()));
    report.named.push_back(checksum);
  }
  return report;
}

}  // namespace

Json garbage_document(const GarbageReport& report, GarbageAct act) {
  Json named = Json::array();
  for (const Checksum& checksum : report.named) named.push_back(checksum.text());
  return {{"removed", report.blobs},
          {"bytes", report.bytes},
          {"young", report.young},
          {"unfinished", report.unfinished},
          {"reason", report.reason},
          {"tarballs", std::move(named)},
          {"dryRun", act == GarbageAct::report}};
}

Result<std::optional<GarbageReport>> ask_to_collect(const std::filesystem::path& data,
                                                    const GarbageWish& wish) {
  MKT_TRY(const auto answer, ask_daemon(data, {{"do", kGarbageQuestion},
                                               {"ageMs", wish.age.count()},
                                               {"dryRun", wish.act == GarbageAct::report}}));
  if (!answer) return std::optional<GarbageReport>();
  MKT_TRY(GarbageReport report, read_report(*answer));
  return std::optional(std::move(report));
}

Result<Json> collect_as_asked(GarbageCollector& collector, const Json& question,
                              const Control::Stopping& stopping) {
  const auto age = number_member(question, "ageMs");
  const auto dry_run = question.find("dryRun");
  if (!age || *age < 0 || dry_run == question.end() || !dry_run->is_boolean()) {
    return Error(ErrorCode::invalid_input, "how old, and is it a dry run?");
  }
  const GarbageWish wish{std::chrono::milliseconds(*age),
                         dry_run->get<bool>() ? GarbageAct::report : GarbageAct::remove};
  MKT_TRY(const GarbageReport report, collector.collect_now(wish, stopping));
  return garbage_document(report, wish.act);
}

}  // namespace mkt
