// HTTP requests by libcurl's easy interface.
#include "common/http/http_client.h"

#include <fmt/format.h>
#include <strings.h>

#include <algorithm>

#include "common/base/files.h"
#include "common/base/text.h"
#include "common/base/utf8.h"
#include "common/http/curl_library.h"
#include "mkt_version.h"

namespace mkt {
namespace {

constexpr std::size_t kMaxCollectedBytes = 64 * 1024 * 1024;
constexpr long kStallSeconds = 15;
constexpr long kMinBytesPerSecond = 100;
constexpr curl_off_t kMaxRetryAfter = 365 * 86'400;  // seconds
constexpr std::size_t kMaxKeptHeaders = 100;
constexpr long kTransferBytes = 256 * 1024;

// What the callbacks of one transfer need.
struct Transfer {
  const HttpRequest& request;
  const HttpClient::Sink& sink;
  const HttpClient::Progress& progress;
  const std::function<bool()>& abort_when;
  const HttpPatience& patience;
  const CurlLibrary& curl;
  CURL* handle;
  HttpResponse response{};
  std::optional<Error> failure{};
  std::uint64_t sent = 0;
  bool status_known = false;
  bool late = false;  // given up, as the response did not begin in time
  curl_off_t up = 0;  // bytes of the request, when one last moved
  std::chrono::steady_clock::time_point moved_at = std::chrono::steady_clock::now();
};

long status_of(const Transfer& t) {
  long status = 0;
  t.curl.easy_getinfo(t.handle, CURLINFO_RESPONSE_CODE, &status);
  return status;
}

std::size_t on_write(char* data, std::size_t, std::size_t size, void* self) {
  auto& t = *static_cast<Transfer*>(self);
  if (!t.status_known) {
    t.response.status = static_cast<int>(status_of(t));
    t.status_known = true;
  }
  if (t.sink && t.response.status / 100 == 2) {
    Status ok = t.sink({reinterpret_cast<const std::uint8_t*>(data), size});
    if (!ok) {
      t.failure = ok.error();
      return 0;
    }
    return size;
  }
  if (t.response.body.size() + size > kMaxCollectedBytes) {
    t.failure = Error(ErrorCode::registry_unavailable, "the registry's answer is too large");
    return 0;
  }
  t.response.body.append(data, size);
  return size;
}

// Takes a header line. A second response (after "100 Continue") replaces the headers of the first.
std::size_t on_header(char* data, std::size_t, std::size_t size, void* self) {
  auto& headers = static_cast<Transfer*>(self)->response.headers;
  std::string_view line(data, size);
  if (line.starts_with("HTTP/")) headers.clear();
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || headers.size() >= kMaxKeptHeaders) return size;
  const std::string_view value = trim(line.substr(colon + 1));
  if (!value.empty()) headers[lower_case(line.substr(0, colon))] = value;
  return size;
}

std::size_t on_read(char* into, std::size_t, std::size_t size, void* self) {
  auto& t = *static_cast<Transfer*>(self);
  const auto want =
      static_cast<std::size_t>(std::min<std::uint64_t>(size, t.request.file->size - t.sent));
  const auto n = read_at(t.request.file->fd, {reinterpret_cast<std::uint8_t*>(into), want},
                         t.request.file->offset + t.sent, "the tarball");
  if (!n) {
    t.failure = n.error();
    return CURL_READFUNC_ABORT;
  }
  // libcurl would wait for the rest, and then blame the connection.
  if (*n == 0 && want > 0) {
    t.failure = Error(ErrorCode::io_error, "the tarball became shorter while it was sent");
    return CURL_READFUNC_ABORT;
  }
  t.sent += *n;
  return *n;
}

int on_seek(void* self, curl_off_t offset, int origin) {
  if (origin != SEEK_SET) return CURL_SEEKFUNC_CANTSEEK;
  static_cast<Transfer*>(self)->sent = static_cast<std::uint64_t>(offset);
  return CURL_SEEKFUNC_OK;
}

// True where the response should have begun by now. "100 Continue" is none yet.
bool is_first_byte_late(Transfer& t, curl_off_t up) {
  const auto now = std::chrono::steady_clock::now();
  if (up != t.up) {
    t.up = up;
    t.moved_at = now;
  }
  return t.patience.first_byte && now - t.moved_at > *t.patience.first_byte && status_of(t) < 200;
}

int on_progress(void* self, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
                curl_off_t up) {
  auto& t = *static_cast<Transfer*>(self);
  if (t.abort_when && t.abort_when()) return 1;
  if (is_first_byte_late(t, up)) {
    t.late = true;
    return 1;
  }
  if (!t.progress) return 0;
  const bool uploading = t.request.file.has_value();
  t.progress(static_cast<std::uint64_t>(uploading ? up : down),
             static_cast<std::uint64_t>(uploading ? up_total : down_total));
  return 0;
}

// The URL without its possible secrets: user and password, path, query.
std::string origin_of(const std::string& url) {
  const std::size_t scheme = url.find("://");
  const std::size_t start = scheme == std::string::npos ? 0 : scheme + 3;
  const std::string authority = url.substr(start, url.find_first_of("/?#", start) - start);
  const std::size_t user = authority.rfind('@');
  return url.substr(0, start) +
         (user == std::string::npos ? authority : authority.substr(user + 1));
}

bool names_content_type(const std::vector<std::string>& headers) {
  constexpr std::string_view kName = "content-type:";
  return std::any_of(headers.begin(), headers.end(), [&](const std::string& header) {
    return header.size() >= kName.size() &&
           strncasecmp(header.data(), kName.data(), kName.size()) == 0;
  });
}

// A proxy for the rest of the world must not see what two programs on one machine send each other:
// it would see their tokens.
bool is_on_this_machine(const std::string& url) {
  const std::string origin = origin_of(url);
  for (const std::string_view scheme : {"http://", "https://"}) {
    for (const std::string_view name : {"127.0.0.1", "localhost", "[::1]"}) {
      const std::string host = fmt::format("{}{}", scheme, name);
      if (origin == host || origin.starts_with(host + ":")) return true;
    }
  }
  return false;
}

// libcurl's reason. It may quote a proxy that it cannot use as the environment names it, with its
// password, and cut what is long: so nothing of such a reason is kept.
std::string without_proxy(std::string_view detail) {
  const bool quotes_proxy = detail.starts_with("Unsupported proxy");
  const bool may_have_user =
      detail.find("proxy") != std::string_view::npos && detail.find('@') != std::string_view::npos;
  if (!quotes_proxy && !may_have_user) return std::string(detail);
  return "the proxy that the environment names cannot be used";
}

// Only for a registry do we know what the user can do about it.
constexpr std::string_view kRegistry = "the registry";

Error describe(CURLcode code, std::string_view reason, const HttpRequest& request,
               const std::string& peer) {
  const std::string detail = without_proxy(reason);
  const std::string where = fmt::format("{} at {}", peer, printable(origin_of(request.url)));
  switch (code) {
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST:
      return Error(
          ErrorCode::registry_unavailable,
          fmt::format(
              "cannot reach {}: {}{}", where, detail,
              peer == kRegistry ? "; is mktd running there? name another with --registry" : ""));
    case CURLE_OPERATION_TIMEDOUT:
      return Error(ErrorCode::timed_out,
                   fmt::format("{} did not answer in time: {}", where, detail));
    case CURLE_PEER_FAILED_VERIFICATION:
      return Error(
          ErrorCode::registry_unavailable,
          fmt::format("{} cannot prove that it is it: {}{}", where, detail,
                      peer == kRegistry
                          ? "; where your team signs its certificates itself, name the file of its "
                            "authority: mkt config set ca_file FILE, or MKT_CA_FILE"
                          : ""));
    case CURLE_SSL_CACERT_BADFILE:
      return Error(ErrorCode::usage_error,
                   fmt::format("the authorities that {} must be signed by cannot be read: {}",
                               where, detail));
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
      return Error(ErrorCode::usage_error,
                   fmt::format("{} is not a URL of {}: {}", printable(origin_of(request.url)), peer,
                               detail));
    default:
      return Error(ErrorCode::registry_unavailable,
                   fmt::format("the connection to {} failed: {}", where, detail));
  }
}

}  // namespace

HttpClient::~HttpClient() {
  if (handle_ == nullptr) return;
  if (const auto curl = CurlLibrary::load()) (*curl)->easy_cleanup(handle_);
}

Result<HttpResponse> HttpClient::send(const HttpRequest& request, const Sink& sink,
                                      const Progress& progress) {
  MKT_TRY(const CurlLibrary* const library, CurlLibrary::load());
  const CurlLibrary& curl = *library;
  if (handle_ == nullptr) handle_ = curl.easy_init();
  if (handle_ == nullptr) return Error(ErrorCode::internal_error, "libcurl gives no handle");
  curl.easy_reset(handle_);  // resets the options only; the connection is kept
  const auto set = [&](CURLoption option, auto value) { curl.easy_setopt(handle_, option, value); };

  Transfer transfer{request, sink, progress, abort_when_, patience_, curl, handle_};
  char detail[CURL_ERROR_SIZE] = "";
  std::unique_ptr<curl_slist, decltype(curl.slist_free_all)> headers(nullptr, curl.slist_free_all);
  const auto add_header = [&](const std::string& header) {
    headers.reset(curl.slist_append(headers.release(), header.c_str()));
  };
  for (const std::string& header : request.headers) add_header(header);

  set(CURLOPT_URL, request.url.c_str());
  set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_USERAGENT, "mkt/" MKT_VERSION);
  set(CURLOPT_ERRORBUFFER, detail);
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(patience_.connect.count()));
  set(CURLOPT_LOW_SPEED_LIMIT, kMinBytesPerSecond);
  set(CURLOPT_LOW_SPEED_TIME, kStallSeconds);
  set(CURLOPT_BUFFERSIZE, kTransferBytes);
  set(CURLOPT_UPLOAD_BUFFERSIZE, kTransferBytes);
  const auto timeout = request.timeout.value_or(timeout_);
  if (timeout.count() > 0) {
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
    // Otherwise libcurl would wait for a name server that does not answer, whatever the timeout.
    set(CURLOPT_QUICK_EXIT, 1L);
  }
  set(CURLOPT_WRITEFUNCTION, &on_write);
  set(CURLOPT_WRITEDATA, &transfer);
  if (request.keep_headers) {
    set(CURLOPT_HEADERFUNCTION, &on_header);
    set(CURLOPT_HEADERDATA, &transfer);
  }
  if (request.method == "HEAD") set(CURLOPT_NOBODY, 1L);
  if (request.file) {
    set(CURLOPT_UPLOAD, 1L);
    set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request.file->size));
    set(CURLOPT_READFUNCTION, &on_read);
    set(CURLOPT_READDATA, &transfer);
    set(CURLOPT_SEEKFUNCTION, &on_seek);
    set(CURLOPT_SEEKDATA, &transfer);
  } else if (request.body) {
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body->size()));
    set(CURLOPT_POSTFIELDS, request.body->data());
    if (!names_content_type(request.headers)) add_header("Content-Type: application/json");
  }
  if (request.aws != nullptr) {
    const std::string provider =
        fmt::format("aws:amz:{}:{}", request.aws->region, request.aws->service);
    set(CURLOPT_AWS_SIGV4, provider.c_str());  // libcurl copies it, as the next two
    set(CURLOPT_USERNAME, request.aws->id.c_str());
    set(CURLOPT_PASSWORD, request.aws->secret.c_str());
  }
  if (progress || abort_when_ || patience_.first_byte) {
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, &on_progress);
    set(CURLOPT_XFERINFODATA, &transfer);
  }
  set(CURLOPT_HTTPHEADER, headers.get());
  if (!ca_file_.empty()) set(CURLOPT_CAINFO, ca_file_.c_str());
  if (is_on_this_machine(request.url)) set(CURLOPT_NOPROXY, "*");

  const CURLcode code = curl.easy_perform(handle_);
  if (transfer.failure) return std::move(*transfer.failure);
  if (transfer.late) {
    return describe(CURLE_OPERATION_TIMEDOUT, "the response did not begin", request, peer_);
  }
  const long status = status_of(transfer);
  transfer.response.status = static_cast<int>(status);
  curl_off_t retry_after = 0;  // seconds; libcurl reads a number or a date
  curl.easy_getinfo(handle_, CURLINFO_RETRY_AFTER, &retry_after);
  if (retry_after > 0 && retry_after <= kMaxRetryAfter) {
    transfer.response.retry_after = std::chrono::seconds(retry_after);
  }
  // A registry may respond and close before it has read the whole body: then the response counts.
  const bool answered_early = code == CURLE_SEND_ERROR && status >= 400;
  if (code != CURLE_OK && !answered_early) {
    return describe(code, detail[0] != '\0' ? detail : "unknown reason", request, peer_);
  }
  return std::move(transfer.response);
}

}  // namespace mkt
