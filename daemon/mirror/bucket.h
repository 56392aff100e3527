// Bucket: tarballs in Google Cloud Storage, by the few calls of its JSON API that the mirror needs.
//
// An object is named by the SHA-256 of its bytes and never replaced: `put` of an existing object
// only compares. Uploads are resumable: after a broken connection, this call or the next one for
// the same bytes continues where it stopped. Cloud Storage gets the MD5 of the whole and refuses
// anything else; what it reports about the stored object is compared too.
//
// Errors are those of google_call.h, and
//   forbidden          also where the bucket does not exist
//   checksum_mismatch  the object exists with other bytes
// Reference: cloud.google.com/storage/docs/json_api/v1, performing-resumable-uploads. Use from one
// thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/connector/checksum.h"
#include "common/http/http_client.h"
#include "daemon/mirror/google_credentials.h"

namespace mkt {

struct BucketOptions {
  std::string name;
  std::string prefix = "gwi_";          // of the objects' names
  std::uint64_t most_bytes = 52428800;  // larger tarballs are not uploaded
  std::string url = "https://storage.googleapis.com";
};

class Bucket {
 public:
  struct Object {
    std::string name;
    std::uint64_t size = 0;
  };
  struct Page {
    std::vector<Object> objects;
    std::string next;  // the argument for the next call; empty after the last page
  };

  Bucket(BucketOptions options, std::unique_ptr<GoogleCredentials> credentials);

  const BucketOptions& options() const { return options_; }
  // `ask` is called about once a second during a call. When it returns true, the call ends.
  void abort_when(std::function<bool()> ask) { client_.abort_when(std::move(ask)); }

  // "<prefix>marketplace_tarballs/<64 hex digits>.tgz"
  std::string object_of(const Checksum& checksum) const;

  Status put(const Checksum& checksum, int fd, std::uint64_t size);
  // not_found where the object does not exist. The caller must check the bytes.
  Status get(const Checksum& checksum, const HttpClient::Sink& sink);
  // Lists the tarballs of one page ("": the first page).
  Result<Page> list(const std::string& page);

 private:
  Result<HttpResponse> call(HttpRequest request, const HttpClient::Sink& sink = {});
  Result<std::string> begin(const std::string& object, std::uint64_t size, const std::string& md5);
  Result<HttpResponse> send_from(std::uint64_t offset, int fd, std::uint64_t size);
  Result<HttpResponse> ask_state(std::uint64_t size);
  Status upload(bool begun_now, int fd, std::uint64_t size, const std::string& md5);
  Status compare(const std::string& object, std::uint64_t size, const std::string& md5);

  const BucketOptions options_;
  const std::unique_ptr<GoogleCredentials> credentials_;
  HttpClient client_;
  // The last upload begun that is not known to have ended: its object and its address, which is a
  // secret.
  std::string begun_;
  std::string session_;
};

// With the credentials named by the environment, or for the emulator of STORAGE_EMULATOR_HOST. Null
// where the options name no bucket.
std::unique_ptr<Bucket> open_bucket(BucketOptions options);

}  // namespace mkt
