#include "daemon/mirror/bucket.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>

#include "common/base/encoding.h"
#include "common/base/files.h"
#include "common/base/json.h"
#include "common/base/text.h"
#include "daemon/mirror/google_call.h"

namespace mkt {
namespace {

constexpr const char* kService = "Cloud Storage";
constexpr const char* kFolder = "marketplace_tarballs/";
constexpr std::chrono::milliseconds kCallTimeout{60'000};
// In one call of `put`, after connections that broke. The session is kept for the next call.
constexpr int kResumptions = 5;
constexpr std::size_t kUploadPieceBytes = std::size_t{1} << 20;
constexpr int kResumeIncomplete = 308;

// In base64, as Cloud Storage writes it.
Result<std::string> md5_of_file(int fd, std::uint64_t size) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        &EVP_MD_CTX_free);
  if (EVP_DigestInit_ex(context.get(), EVP_md5(), nullptr) != 1) {
    return Error(ErrorCode::internal_error, "OpenSSL has no MD5 here, which Cloud Storage needs");
  }
  Bytes buffer(kUploadPieceBytes);
  for (std::uint64_t offset = 0; offset < size;) {
    const auto want =
        static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), size - offset));
    MKT_TRY(const std::size_t n, read_at(fd, {buffer.data(), want}, offset, "the tarball"));
    if (n == 0) return Error(ErrorCode::data_damaged, "the tarball is shorter than it was");
    EVP_DigestUpdate(context.get(), buffer.data(), n);
    offset += n;
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  EVP_DigestFinal_ex(context.get(), digest.data(), &length);
  return to_base64({digest.data(), length});
}

// "bytes=0-41" means that 42 bytes are there. 0 where the header is missing.
std::uint64_t bytes_there(const HttpResponse& response) {
  const auto header = response.headers.find("range");
  if (header == response.headers.end()) return 0;
  const std::size_t dash = header->second.rfind('-');
  if (!header->second.starts_with("bytes=0-")) return 0;
  std::uint64_t last = 0;
  const char* end = header->second.data() + header->second.size();
  const auto [stop, error] = std::from_chars(header->second.data() + dash + 1, end, last);
  return error == std::errc() && stop == end ? last + 1 : 0;
}

// A whole number; Cloud Storage writes 64-bit numbers as texts.
std::optional<std::uint64_t> size_member(const Json& json) {
  const auto text = text_member(json, "size");
  if (!text) return std::nullopt;
  return parse_whole<std::uint64_t>(*text);
}

bool may_go_on(const Error& error) {
  return error.code == ErrorCode::registry_unavailable || error.code == ErrorCode::timed_out ||
         error.code == ErrorCode::rate_limited;
}

// Checks that the object in the bucket is what it should be.
Status check_object(const Json& object, std::uint64_t size, const std::string& md5) {
  if (size_member(object) == size && text_member(object, "md5Hash") == md5) return {};
  return Error(ErrorCode::checksum_mismatch,
               fmt::format("Cloud Storage has other bytes in {} than were published",
                           text_member(object, "name").value_or("the tarball")));
}

}  // namespace

std::unique_ptr<Bucket> open_bucket(BucketOptions options) {
  if (options.name.empty()) return nullptr;
  if (const char* host = std::getenv("STORAGE_EMULATOR_HOST"); host && *host) {
    const std::string text = host;
    options.url = text.find("://") == std::string::npos ? "http://" + text : text;
    return std::make_unique<Bucket>(std::move(options), GoogleCredentials::for_emulator());
  }
  return std::make_unique<Bucket>(std::move(options), GoogleCredentials::from_environment());
}

Bucket::Bucket(BucketOptions options, std::unique_ptr<GoogleCredentials> credentials)
    : options_(std::move(options)),
      credentials_(std::move(credentials)),
      client_(std::chrono::milliseconds(0), kService) {}

std::string Bucket::object_of(const Checksum& checksum) const {
  return options_.prefix + kFolder + checksum.hex() + ".tgz";
}

Result<HttpResponse> Bucket::call(HttpRequest request, const HttpClient::Sink& sink) {
  MKT_TRY(const std::string token, credentials_->token());
  request.url = options_.url + request.url;
  request.headers.push_back("Authorization: Bearer " + token);
  MKT_TRY(HttpResponse response, client_.send(request, sink));
  if (response.status == 401) credentials_->forget();
  return response;
}

Status Bucket::put(const Checksum& checksum, int fd, std::uint64_t size) {
  const std::string object = object_of(checksum);
  MKT_TRY(const std::string md5, md5_of_file(fd, size));
  const bool begun_before = begun_ == object;
  if (!begun_before) {
    auto session = begin(object, size, md5);
    if (!session && session.error().code == ErrorCode::request_outdated) {
      return compare(object, size, md5);
    }
    if (!session) return session.error();
    begun_ = object;
    session_ = std::move(*session);
  }
  const Status done = upload(!begun_before, fd, size, md5);
  if (!done && may_go_on(done.error())) return done;
  begun_.clear();
  if (done) return done;
  // Another uploader was faster.
  if (done.error().code == ErrorCode::request_outdated) return compare(object, size, md5);
  // A session expires after a week: try once more with a new one.
  return begun_before ? put(checksum, fd, size) : done;
}

// Returns the address to send the bytes to. request_outdated where the object exists already.
Result<std::string> Bucket::begin(const std::string& object, std::uint64_t size,
                                  const std::string& md5) {
  HttpRequest request;
  request.method = "POST";
  request.url =
      fmt::format("/upload/storage/v1/b/{}/o?uploadType=resumable&ifGenerationMatch=0&name={}",
                  encode_url_part(options_.name), encode_url_part(object));
  request.headers = {"X-Upload-Content-Type: application/gzip",
                     fmt::format("X-Upload-Content-Length: {}", size)};
  request.body = dump_json({{"contentType", "application/gzip"}, {"md5Hash", md5}});
  request.timeout = kCallTimeout;
  request.keep_headers = true;
  MKT_TRY(const HttpResponse response, call(std::move(request)));
  if (response.status == 404) {
    return Error(ErrorCode::forbidden,
                 fmt::format("Cloud Storage has no bucket {}, or does not show it to these "
                             "credentials",
                             options_.name));
  }
  if (response.status / 100 != 2) return google_error(kService, response);
  const auto location = response.headers.find("location");
  if (location == response.headers.end()) return not_of_the_protocol(kService);
  return location->second;
}

// Needs no credentials: the address itself gives permission.
Result<HttpResponse> Bucket::send_from(std::uint64_t offset, int fd, std::uint64_t size) {
  HttpRequest request;
  request.method = "PUT";
  request.url = session_;
  request.headers = {fmt::format("Content-Range: bytes {}-{}/{}", offset, size - 1, size)};
  request.file = HttpRequest::File{fd, size - offset, offset};
  request.keep_headers = true;
  return client_.send(request);
}

Result<HttpResponse> Bucket::ask_state(std::uint64_t size) {
  HttpRequest request;
  request.method = "PUT";
  request.url = session_;
  request.headers = {fmt::format("Content-Range: bytes */{}", size)};
  request.body = "";
  request.timeout = kCallTimeout;
  request.keep_headers = true;
  return client_.send(request);
}

// Continues until the whole object is there, it is refused, or the connection broke too often.
Status Bucket::upload(bool begun_now, int fd, std::uint64_t size, const std::string& md5) {
  Result<HttpResponse> answer = begun_now ? send_from(0, fd, size) : ask_state(size);
  for (int broken = 0; broken <= kResumptions;) {
    if (answer && answer->status == kResumeIncomplete) {
      const std::uint64_t there = bytes_there(*answer);
      if (there >= size) return not_of_the_protocol(kService);
      answer = send_from(there, fd, size);
      if (answer && answer->status == kResumeIncomplete) ++broken;
      continue;
    }
    if (answer && answer->status / 100 == 2) {
      MKT_TRY(const Json object, parse_json(answer->body, "Cloud Storage's answer"));
      return check_object(object, size, md5);
    }
    const Error error = answer ? google_error(kService, *answer) : answer.error();
    const bool broke = answer ? answer->status / 100 == 5 : may_go_on(error);
    if (!broke || error.retry_after || broken == kResumptions) return error;
    ++broken;
    answer = ask_state(size);
  }
  return Error(ErrorCode::registry_unavailable,
               "Cloud Storage accepted nothing of an upload, several times in a row");
}

Status Bucket::compare(const std::string& object, std::uint64_t size, const std::string& md5) {
  HttpRequest request;
  request.url = fmt::format("/storage/v1/b/{}/o/{}?fields=name,size,md5Hash",
                            encode_url_part(options_.name), encode_url_part(object));
  request.timeout = kCallTimeout;
  MKT_TRY(const HttpResponse response, call(std::move(request)));
  if (response.status / 100 != 2) return google_error(kService, response);
  MKT_TRY(const Json found, parse_json(response.body, "Cloud Storage's answer"));
  return check_object(found, size, md5);
}

Status Bucket::get(const Checksum& checksum, const HttpClient::Sink& sink) {
  HttpRequest request;
  request.url = fmt::format("/storage/v1/b/{}/o/{}?alt=media", encode_url_part(options_.name),
                            encode_url_part(object_of(checksum)));
  MKT_TRY(const HttpResponse response, call(std::move(request), sink));
  if (response.status == 404) {
    return Error(ErrorCode::not_found,
                 fmt::format("the bucket {} has no {}", options_.name, object_of(checksum)));
  }
  if (response.status / 100 != 2) return google_error(kService, response);
  return {};
}

Result<Bucket::Page> Bucket::list(const std::string& page) {
  HttpRequest request;
  request.url =
      fmt::format("/storage/v1/b/{}/o?prefix={}&fields=items(name,size),nextPageToken",
                  encode_url_part(options_.name), encode_url_part(options_.prefix + kFolder));
  if (!page.empty()) request.url += "&pageToken=" + encode_url_part(page);
  request.timeout = kCallTimeout;
  MKT_TRY(const HttpResponse response, call(std::move(request)));
  if (response.status / 100 != 2) return google_error(kService, response);
  MKT_TRY(const Json json, parse_json(response.body, "Cloud Storage's answer"));
  Page found;
  found.next = text_member(json, "nextPageToken").value_or("");
  if (const auto items = json.find("items"); items != json.end() && items->is_array()) {
    for (const Json& item : *items) {
      found.objects.push_back(
          {text_member(item, "name").value_or(""), size_member(item).value_or(0)});
    }
  }
  return found;
}

}  // namespace mkt
