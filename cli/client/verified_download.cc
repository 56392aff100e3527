// Downloads to a temporary file, and verifies it before it is used.
#include "cli/client/verified_download.h"

#include <fmt/format.h>

#include "common/base/files.h"
#include "common/base/utf8.h"
#include "common/connector/archive_limits.h"

namespace mkt {
namespace {

// A size that no registry would accept is not downloaded.
Status check_announced(std::uint64_t size, const std::string& name) {
  if (size == 0) {
    return Error(ErrorCode::archive_invalid, "the registry announces an empty tarball for " + name);
  }
  if (size > kMaxTarballBytes) {
    return Error(ErrorCode::tarball_too_large,
                 fmt::format("the registry announces {} bytes for {}; a tarball has at most {}",
                             size, name, kMaxTarballBytes));
  }
  return {};
}

// The announced bytes from the registry, to `fd`; their checksum.
Result<Checksum> download(RegistryClient& registry, const ConnectorId& id, const Version& version,
                          std::uint64_t size, int fd, const HttpClient::Progress& progress) {
  const std::string name = fmt::format("{}@{}", id.text(), version.text());
  Hasher hasher;
  std::uint64_t received = 0;
  const auto sink = [&](std::span<const std::uint8_t> bytes) -> Status {
    received += bytes.size();
    if (received > size) {
      return Error(
          ErrorCode::checksum_mismatch,
          fmt::format("the registry sends more of {} than the {} bytes it announced", name, size));
    }
    hasher.update(bytes);
    return write_all(fd, bytes, "the tarball");
  };
  MKT_CHECK(registry.download(id, version, sink, progress));
  if (received != size) {
    return Error(
        ErrorCode::checksum_mismatch,
        fmt::format("the registry sent {} bytes of {} but had announced {}", received, name, size));
  }
  return hasher.finish();
}

}  // namespace

Error quarantine_error(const Trust& trust, const wire::VersionInfo& info) {
  const std::string name = fmt::format("{}@{}", printable(info.id), printable(info.version));
  if (info.withdrawn_at) {
    return Error(ErrorCode::version_withdrawn,
                 fmt::format("{} was withdrawn on {} ({}): {}", name, printable(*info.withdrawn_at),
                             printable(info.withdrawal_code), printable(info.withdrawal_reason)));
  }
  if (!info.quarantine_reason.empty()) {
    return Error(ErrorCode::version_quarantined,
                 fmt::format("{} is in quarantine: {}", name, printable(info.quarantine_reason)));
  }
  const auto key = trust.book().find(info.own_key_id());
  if (!key) return key.error();
  return Error(ErrorCode::version_quarantined,
               fmt::format("{} is in quarantine: the key {} that signed it was {}", name,
                           printable(info.signing_key_id),
                           *key ? describe_end(**key) : std::string("compromised")));
}

Result<VerifiedVersion> download_verified(RegistryClient& registry, const Trust& trust,
                                          const ConnectorId& id, const std::string& which, int fd,
                                          const HttpClient::Progress& progress,
                                          TarballCache* cache) {
  MKT_TRY(wire::VersionInfo info, registry.version(id, which));
  const std::string name = fmt::format("{}@{}", id.text(), printable(info.version));
  if (info.quarantined) return quarantine_error(trust, info);
  MKT_CHECK(check_announced(info.tarball_size, name));
  MKT_TRY(const Version version, Version::parse(info.version));
  MKT_TRY(const Checksum expected, Checksum::parse(info.tarball_checksum));
  MKT_TRY(SignatureFile signature, registry.signature(id, version));

  std::optional<std::uint64_t> taken;
  if (cache != nullptr) {
    MKT_TRY(taken, cache->take(expected, fd));
    if (taken && *taken != info.tarball_size) {
      return Error(ErrorCode::checksum_mismatch,
                   fmt::format("the registry announces {} bytes for {}, but the tarball with that "
                               "checksum has {}",
                               info.tarball_size, name, *taken));
    }
  }
  Checksum actual = expected;
  if (!taken) {
    MKT_TRY(actual, download(registry, id, version, info.tarball_size, fd, progress));
  }
  if (actual != expected) {
    return Error(ErrorCode::checksum_mismatch,
                 fmt::format("{} arrived with {}, but the registry announced {}; nothing was kept",
                             name, actual.text(), expected.text()));
  }
  auto trusted = trust.check(signature, actual, info.sequence);
  if (!trusted) return trusted.error().context(name);
  if (cache != nullptr) {
    cache->keep(actual, fd, {registry.origin(), id, version, info.sequence, signature});
  }
  return VerifiedVersion{std::move(info), std::move(signature), std::move(*trusted)};
}

}  // namespace mkt
