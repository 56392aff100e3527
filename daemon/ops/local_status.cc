#include "daemon/ops/local_status.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

#include "common/base/error_code.h"
#include "common/base/files.h"
#include "common/base/utf8.h"
#include "daemon/ops/control.h"
#include "daemon/ops/counted.h"
#include "daemon/ops/last_backup.h"
#include "mkt_version.h"

namespace mkt {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kPatience{10};
constexpr std::uint64_t kMostPidBytes = 64;
constexpr std::uint64_t kMebibyte = 1024 * 1024;

struct RegistryCounts {
  CatalogCounts catalog;
  BlobTotals blobs;
  std::int64_t newest = 0;
};

Json mirror_document(const Mirror* mirror, UtcTime now) {
  if (mirror == nullptr) return nullptr;
  const auto status = mirror->status();
  if (!status) return {{"trouble", status.error().message}};
  return {{"project", status->project},
          {"waiting", status->outbox.waiting},
          {"lagSeconds", std::chrono::ceil<std::chrono::seconds>(status->lag(now)).count()},
          {"trouble", status->trouble}};
}

// That new connections get now.
Json certificate_document(const TlsGate* tls) {
  if (tls == nullptr) return nullptr;
  const auto context = tls->context();
  const auto left = context->expires() - utc_now();
  return {{"subject", context->subject()},
          {"names", context->names()},
          {"validFrom", format_utc(context->valid_from())},
          {"expires", format_utc(context->expires())},
          {"daysLeft", std::chrono::floor<std::chrono::days>(left).count()}};
}

// What the folder tells by itself.
void add_folder(Json& status, const fs::path& data) {
  const auto free = free_disk_space(data);
  status["freeBytes"] = free ? Json(*free) : Json(nullptr);
  const auto backup = last_backup(data);
  status["lastBackup"] = backup ? Json{{"at", backup->at}, {"file", backup->file}} : Json(nullptr);
}

bool is_held(const fs::path& lock) {
  const UniqueFd fd(::open(lock.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  return fd && ::flock(fd.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

Json pid_in(const fs::path& lock) {
  const auto text = read_file(lock, kMostPidBytes);
  std::int64_t pid = 0;
  if (!text) return nullptr;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), pid);
  return error == std::errc() ? Json(pid) : Json(nullptr);
}

// A value as a reader sees it; a dash where it is not there.
std::string shown(const Json& object, const char* name) {
  const auto value = object.find(name);
  if (value == object.end() || value->is_null()) return "-";
  return printable(value->is_string() ? value->get<std::string>() : dump_json(*value));
}

void add_line(std::string& text, std::string_view name, const std::string& value) {
  text += fmt::format("\n  {:<9} {}", name, value);
}

void describe_parts(std::string& text, const Json& status) {
  const auto parts = status.find("parts");
  if (parts == status.end() || !parts->is_array()) return;
  for (const Json& part : *parts) {
    const std::string reason = shown(part, "reason");
    add_line(text, shown(part, "name"),
             shown(part, "status") + (reason == "-" ? "" : ": " + reason));
  }
}

void describe_certificate(std::string& text, const Json& status) {
  const auto certificate = status.find("certificate");
  if (certificate == status.end() || !certificate->is_object()) return;
  std::string name = shown(*certificate, "subject");
  if (const auto names = certificate->find("names");
      names != certificate->end() && names->is_array() && !names->empty()) {
    name = fmt::format(
        "{}{}", printable(names->front().is_string() ? names->front().get<std::string>() : ""),
        names->size() == 1 ? "" : fmt::format(" and {} more", names->size() - 1));
  }
  const auto days = number_member(*certificate, "daysLeft").value_or(0);
  add_line(text, "TLS",
           fmt::format("{}, {} {}, {}", name, days < 0 ? "expired on" : "until",
                       shown(*certificate, "expires"),
                       days < 0 ? "and clients refuse it" : fmt::format("{} days left", days)));
}

}  // namespace

Result<Json> local_status(const StatusSources& s) {
  MKT_TRY(const RegistryCounts counts, s.market.read([](const Records& records) {
    return RegistryCounts{records.overview().counts(), records.overview().blob_totals(),
                          records.log().newest()};
  }));
  const wire::StatusInfo health = s.health.status();
  Json parts = Json::array();
  for (const wire::PartInfo& part : health.parts) parts.push_back(part.to_json());
  Json status{{"running", true},
              {"data", s.data.path().string()},
              {"pid", ::getpid()},
              {"version", health.version},
              {"startedAt", health.started_at},
              {"addresses", s.addresses},
              {"status", health.status},
              {"parts", std::move(parts)},
              {"connectors", counts.catalog.connectors},
              {"versions", counts.catalog.versions},
              {"tarballs", counts.blobs.blobs},
              {"tarballBytes", counts.blobs.bytes},
              {"sequence", counts.newest},
              {"certificate", certificate_document(s.tls)},
              {"mirror", mirror_document(s.mirror, s.market.now())}};
  add_folder(status, s.data.path());
  return status;
}

Result<Json> ask_for_status(const fs::path& data) {
  auto answer = ask_daemon(data, {{"do", kStatusQuestion}}, kPatience);
  if (!answer && answer.error().code != ErrorCode::request_timeout) return answer.error();
  if (answer && *answer) return std::move(**answer);
  Json status{{"running", is_held(data / "LOCK")}, {"data", data.string()}};
  if (status["running"] == true) {
    status["pid"] = pid_in(data / "LOCK");
    // It is starting or stopping, or hangs, or is an operation on the folder.
    status["status"] = "unknown";
  }
  add_folder(status, data);
  return status;
}

std::string describe_status(const Json& status) {
  const bool running = status.value("running", false);
  const std::string word = text_member(status, "status").value_or("");
  std::string text = fmt::format("mktd {}", !running              ? "is not running"
                                            : word == "ready"     ? "is running and ready"
                                            : word == "not_ready" ? "is running and not ready"
                                                                  : "does not answer");
  const std::string data = shown(status, "data");
  std::error_code error;
  const bool is_there = running || fs::is_directory(data, error);
  add_line(text, "data", is_there ? data : data + " (there is no such folder)");
  if (running) {
    add_line(text, "pid",
             fmt::format("{}, since {}", shown(status, "pid"), shown(status, "startedAt")));
  }
  if (const auto addresses = status.find("addresses"); addresses != status.end()) {
    for (const Json& address : *addresses) {
      add_line(text, "address", printable(address.is_string() ? address.get<std::string>() : ""));
    }
    add_line(text, "version", shown(status, "version"));
  }
  describe_certificate(text, status);
  describe_parts(text, status);
  if (status.contains("connectors")) {
    add_line(text, "registry",
             fmt::format("{}, {}, {} of {}", counted_member(status, "connectors", "connector"),
                         counted_member(status, "versions", "version"),
                         counted_member(status, "tarballs", "tarball"),
                         counted_member(status, "tarballBytes", "byte")));
    add_line(text, "log", "entry " + shown(status, "sequence"));
  }
  if (const auto free = number_member(status, "freeBytes")) {
    add_line(text, "free", fmt::format("{} MiB", static_cast<std::uint64_t>(*free) / kMebibyte));
  }
  const auto backup = status.find("lastBackup");
  add_line(text, "backup",
           backup == status.end() || backup->is_null()
               ? "none is known"
               : fmt::format("{}, {}", shown(*backup, "at"), shown(*backup, "file")));
  return text;
}

int exit_status_of(const Json& status) {
  if (!status.value("running", false)) return static_cast<int>(ExitStatus::not_found);
  return text_member(status, "status") == "ready" ? 0 : static_cast<int>(ExitStatus::unavailable);
}

}  // namespace mkt
