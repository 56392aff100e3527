// Bucket: tarballs in Google Cloud Storage, by the few calls of its JSON API that the mirror makes.
//
// An object is named after the SHA-256 of its bytes and never replaced: `put` of what is there
// already only compares. Uploads are resumable: what a broken connection left behind goes on from
// where it stopped, by this call or the next one for the same bytes. Cloud Storage is told the MD5
// of the whole and refuses anything else, and what it says it holds is compared as well.
//
// Errors as google_call.h has them, and
//   forbidden          also where there is no such bucket
//   checksum_mismatch  the object is there with other bytes
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
  std::uint64_t most_bytes = 52428800;  // larger tarballs stay at home
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
    std::string next;  // what to ask for next; empty after the last one
  };

  Bucket(BucketOptions options, std::unique_ptr<GoogleCredentials> credentials);

  const BucketOptions& options() const { return options_; }
  // Asked about once a second during a call: one that says true ends it.
  void abort_when(std::function<bool()> ask) { client_.abort_when(std::move(ask)); }

  // "<prefix>marketplace_tarballs/<64 hex digits>.tgz"
  std::string object_of(const Checksum& checksum) const;

  Status put(const Checksum& checksum, int fd, std::uint64_t size);
  // not_found where it is not there. Whether the bytes are the right ones is the caller's to check.
  Status get(const Checksum& checksum, const HttpClient::Sink& sink);
  // Of its tarballs, those after `page` ("": from the start).
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
  // The upload that was begun last and is not known to have ended: its object and address, which is
  // a secret of its own.
  std::string begun_;
  std::string session_;
};

// With the credentials that the environment names, or the emulator of STORAGE_EMULATOR_HOST. None
// where the options name no bucket.
std::unique_ptr<Bucket> open_bucket(BucketOptions options);

}  // namespace mkt
