// Makes heads with cpp-httplib.
#include "daemon/http/answer.h"

#include <fmt/format.h>
#include <httplib.h>

#include <ctime>

namespace mkt {
namespace {

constexpr std::time_t kKeepAliveSeconds = 60;
constexpr std::size_t kKeepAliveRequests = 1'000'000;

// cpp-httplib reads and writes this instead of a socket.
class TextStream : public httplib::Stream {
 public:
  explicit TextStream(std::string_view request) : in_(request) {}

  bool is_readable() const override { return !in_.empty(); }
  bool is_writable() const override { return true; }
  ssize_t read(char* into, std::size_t size) override {
    const std::size_t n = std::min(size, in_.size());
    std::copy_n(in_.data(), n, into);
    in_.remove_prefix(n);
    return static_cast<ssize_t>(n);
  }
  ssize_t write(const char* bytes, std::size_t size) override {
    out.append(bytes, size);
    return static_cast<ssize_t>(size);
  }
  void get_remote_ip_and_port(std::string& ip, int& port) const override {
    ip.clear();
    port = 0;
  }
  void get_local_ip_and_port(std::string& ip, int& port) const override {
    ip.clear();
    port = 0;
  }
  socket_t socket() const override { return -1; }

  std::string out;

 private:
  std::string_view in_;
};

class HeadWriter : public httplib::Server {
 public:
  HeadWriter() {
    svr_sock_ = 0;  // without a socket the library would think that it is shutting down
    set_keep_alive_timeout(kKeepAliveSeconds);
    set_keep_alive_max_count(kKeepAliveRequests);
    set_pre_routing_handler([](const httplib::Request&, httplib::Response& out) {
      out.status = current_->status;
      for (const auto& [name, value] : current_->headers) out.set_header(name, value);
      if (current_->file) {
        // Never called, as the request is a HEAD.
        out.set_content_provider(
            static_cast<std::size_t>(current_->file->length), current_->content_type,
            [](std::size_t, std::size_t, httplib::DataSink&) { return false; });
      } else if (!current_->body.empty()) {
        // The library would write the length of the body it is given; ours is sent from elsewhere.
        out.set_header("Content-Type", current_->content_type);
        out.set_header("Content-Length", std::to_string(current_->body.size()));
      }
      return HandlerResponse::Handled;
    });
  }

  std::string head_of(const Response& response, bool close_after) {
    TextStream stream(response.file ? "HEAD / HTTP/1.1\r\n\r\n" : "GET / HTTP/1.1\r\n\r\n");
    current_ = &response;
    bool closed = false;
    process_request(stream, close_after, closed, nullptr);
    current_ = nullptr;
    stream.out.resize(stream.out.find("\r\n\r\n") + 2);
    // The library writes a length of 0. In a 304 that would mean the length of the unmodified body.
    constexpr std::string_view kNone = "Content-Length: 0\r\n";
    if (const auto at = stream.out.find(kNone); response.status == 304 && at != std::string::npos) {
      stream.out.erase(at, kNone.size());
    }
    return std::move(stream.out);
  }

 private:
  static thread_local const Response* current_;
};

thread_local const Response* HeadWriter::current_ = nullptr;

}  // namespace

Answer make_answer(Response response, AnswerOptions options) {
  static HeadWriter writer;
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  Answer answer;
  answer.status = response.status;
  if (response.shared_body) {
    response.headers.emplace_back("Content-Type", response.content_type);
    response.headers.emplace_back("Content-Length", std::to_string(response.shared_body->size()));
  }
  answer.head = writer.head_of(response, options.close_after);
  if (options.head_only) return answer;
  answer.file = std::move(response.file);
  answer.body = std::move(response.shared_body);
  if (!response.body.empty()) {
    answer.body = std::make_shared<const std::string>(std::move(response.body));
  }
  return answer;
}

std::string head_end(std::string_view request_id, const Cors& cors) {
  // RFC 9110 section 6.6.1. The text is the same for a whole second.
  thread_local std::time_t at = 0;
  thread_local std::string date;
  if (const std::time_t now = std::time(nullptr); now != at) {
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    char text[64];
    date.assign(text,
                std::strftime(text, sizeof text, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts));
    at = now;
  }
  std::string end;
  constexpr std::size_t kRest = 480;  // with the fields of CORS
  end.reserve(date.size() + request_id.size() + kRest);
  end.append(date);
  cors.append_to(end);
  end.append("X-Request-Id: ").append(request_id).append("\r\n\r\n");
  return end;
}

}  // namespace mkt
