#include "cli/import/npm_client.h"

#include <fmt/format.h>

#include "cli/import/foreign_archive.h"
#include "cli/import/integrity.h"
#include "common/base/encoding.h"
#include "common/base/files.h"
#include "common/base/url.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

// The largest abbreviated documents, of packages with thousands of versions, have some 10 MB.
constexpr std::uint64_t kMaxDocumentBytes = 32 * 1024 * 1024;
// Some packages have a version for each of thousands of builds.
constexpr std::size_t kMaxVersions = 100'000;
// The abbreviated document, which has all that is needed here in a tenth of the bytes.
constexpr const char* kAccept =
    "Accept: application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8";

// Gives up once more than so many bytes have come.
class BoundedBytes {
 public:
  BoundedBytes(std::uint64_t most, std::string what) : most_(most), what_(std::move(what)) {}

  Status add(std::size_t more) {
    bytes_ += more;
    if (bytes_ <= most_) return {};
    return Error(ErrorCode::archive_too_large,
                 fmt::format("{} has more than {} bytes", what_, most_));
  }

 private:
  std::uint64_t most_;
  std::string what_;
  std::uint64_t bytes_ = 0;
};

Error refused_by(const HttpResponse& response, const std::string& registry,
                 const NpmPackage& package) {
  const std::string where = fmt::format("the npm registry {}", registry);
  switch (response.status) {
    case 401:
    case 403:
      return Error(ErrorCode::unauthorized,
                   fmt::format("{} gives {} to nobody without a token (HTTP {}), and mkt does not "
                               "send npm's: fetch it with npm pack {}, then import the file",
                               where, package.name, response.status, package.name));
    case 404:
      return Error(ErrorCode::not_found, fmt::format("{} has no package {}", where, package.name));
    default:
      break;
  }
  if (response.status / 100 == 3) {
    return Error(
        ErrorCode::registry_unavailable,
        fmt::format("{} sends mkt elsewhere for {} (HTTP {}), and mkt follows no redirect: "
                    "name the registry itself",
                    where, package.name, response.status));
  }
  if (response.status >= 500) {
    return Error(ErrorCode::registry_unavailable,
                 fmt::format("{} failed with HTTP {}; try again later", where, response.status));
  }
  return Error(error_code_for_http_status(response.status),
               fmt::format("{} answered with HTTP {}", where, response.status));
}

}  // namespace

NpmClient::NpmClient(NpmConfig config, std::chrono::milliseconds timeout)
    : config_(std::move(config)), http_(timeout, "the npm registry") {
  http_.set_ca_file(config_.ca_file);
}

// A registry elsewhere must not make mkt call services of this machine.
Status NpmClient::check_tarball_url(const std::string& url) const {
  if (is_http_url(url) && !has_control_characters(url) && is_safe_npm_url(url) &&
      (is_local_npm_url(config_.registry) || !is_local_npm_url(url))) {
    return {};
  }
  return Error(ErrorCode::registry_unavailable,
               fmt::format("the npm registry names a tarball at {}, which mkt does not fetch: it "
                           "must be https, or on this machine as the registry itself",
                           printable(without_query(without_user_info(url)).substr(0, 200))));
}

Result<NpmRelease> NpmClient::find(const NpmPackage& package) {
  HttpRequest request;
  request.url = fmt::format("{}/{}", config_.registry, package.in_url());
  request.headers = {kAccept};
  std::string body;
  BoundedBytes bound(kMaxDocumentBytes, "the npm registry's document");
  const auto sink = [&](std::span<const std::uint8_t> bytes) -> Status {
    MKT_CHECK(bound.add(bytes.size()));
    body += as_text(bytes);
    return {};
  };
  MKT_TRY(const HttpResponse response, http_.send(request, sink));
  if (response.status != 200) return refused_by(response, config_.registry, package);
  MKT_TRY(const Json document, parse_json(body, "the npm registry's document", kMaxVersions));
  return choose_npm_release(document, package);
}

Result<std::string> NpmClient::download(const NpmPackage& package, const NpmRelease& release,
                                        int fd, const HttpClient::Progress& progress) {
  MKT_TRY(const Integrity integrity, Integrity::parse(release.integrity, release.shasum));
  MKT_CHECK(check_tarball_url(release.url));
  HttpRequest request;
  request.url = release.url;
  BoundedBytes bound(kMaxForeignBytes, "the tarball");
  const auto sink = [&](std::span<const std::uint8_t> bytes) -> Status {
    MKT_CHECK(bound.add(bytes.size()));
    return write_all(fd, bytes, "the tarball");
  };
  MKT_TRY(const HttpResponse response, http_.send(request, sink, progress));
  if (response.status != 200) return refused_by(response, config_.registry, package);
  return integrity.check(fd, "the tarball");
}

}  // namespace mkt
