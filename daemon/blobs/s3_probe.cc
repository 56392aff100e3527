#include "daemon/blobs/s3_probe.h"

#include <fmt/format.h>

#include <filesystem>
#include <string>

#include "common/base/encoding.h"
#include "common/base/files.h"

namespace mkt {
namespace {

constexpr std::size_t kProbeNameBytes = 8;

Error not_like_s3(const S3Url& url, std::string_view what) {
  return Error(ErrorCode::storage_failed, fmt::format("{} {}", url.shown(), what));
}

// Removes an object at the end, whatever happened.
class ProbeObject {
 public:
  ProbeObject(S3Client& client, std::string name) : client_(client), name_(std::move(name)) {}
  ~ProbeObject() {
    if (!removed_) static_cast<void>(client_.remove(name_));
  }
  ProbeObject(const ProbeObject&) = delete;
  ProbeObject& operator=(const ProbeObject&) = delete;
  const std::string& name() const { return name_; }
  Status remove() {
    removed_ = true;
    return client_.remove(name_);
  }

 private:
  S3Client& client_;
  const std::string name_;
  bool removed_ = false;
};

Status probe_right_bytes(S3Client& client, const std::string& name, int fd,
                         const std::string& text) {
  MKT_CHECK(client.put(name, fd, text.size(), Checksum::of(as_bytes(text))));
  std::string read;
  MKT_CHECK(client.get(name, text.size(), [&](std::span<const std::uint8_t> piece) -> Status {
    read.append(piece.begin(), piece.end());
    return {};
  }));
  if (read == text) return {};
  return not_like_s3(client.url(), "gives other bytes than were put there");
}

Status probe_wrong_bytes(S3Client& client, const std::string& name, int fd, std::uint64_t size) {
  Status put = client.put(name, fd, size, Checksum::of(as_bytes("something else")));
  if (!put && put.error().code != ErrorCode::storage_failed) return put;
  const auto found = client.head(name);
  if (!found && found.error().code != ErrorCode::not_found) return found.error();
  if (!put && !found) return {};
  return not_like_s3(client.url(),
                     "takes bytes that have another SHA-256 than was said; tarballs need a store "
                     "that refuses them, as S3 does");
}

Status probe_wrong_key(const S3Url& url, S3Credentials credentials, const S3Options& options,
                       BreakerRegistry& breakers) {
  credentials.secret_key += "-wrong";
  S3Client client(url, std::move(credentials), options, breakers);
  const auto listed = client.list(url.prefix, "");
  if (!listed && listed.error().code == ErrorCode::storage_failed) return {};
  if (!listed) return listed.error();
  return not_like_s3(url, "takes a wrong secret key; tarballs need a store that refuses it");
}

}  // namespace

Status probe_s3(const S3Url& url, const S3Credentials& credentials, const S3Options& options,
                BreakerRegistry& breakers) {
  const std::string text = random_hex(kProbeNameBytes);
  MKT_TRY(const TemporaryFolder folder,
          TemporaryFolder::create(std::filesystem::temp_directory_path(), "mktd-probe-"));
  MKT_CHECK(write_file_atomically(folder.path() / "probe", text, 0600));
  MKT_TRY(const UniqueFd fd, open_for_reading(folder.path() / "probe"));

  S3Client client(url, credentials, options, breakers);
  const std::string before = url.prefix.empty() ? "" : url.prefix + "/";
  ProbeObject right(client, fmt::format("{}probe-{}", before, text));
  ProbeObject wrong(client, fmt::format("{}probe-{}-wrong", before, text));
  MKT_CHECK(probe_right_bytes(client, right.name(), fd.get(), text));
  MKT_CHECK(probe_wrong_bytes(client, wrong.name(), fd.get(), text.size()));
  MKT_CHECK(probe_wrong_key(url, credentials, options, breakers));
  MKT_CHECK(wrong.remove());
  return right.remove();
}

}  // namespace mkt
