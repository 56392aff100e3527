// Sessions, objects, listings; see fake_bucket.h.
#include "tests/faults/fake_bucket.h"

#include <fmt/format.h>
#include <httplib.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <vector>

#include "common/base/encoding.h"
#include "common/base/json.h"

namespace mkt::faults {
namespace {

constexpr std::size_t kBrokenAfter = 1000;

std::string md5_of(const std::string& bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_md5(), nullptr);
  return to_base64({digest.data(), length});
}

std::string content_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void answer(httplib::Response& response, int status, const Json& json) {
  response.status = status;
  response.set_content(dump_json(json), "application/json");
}

void refuse(httplib::Response& response, int status, const char* why) {
  answer(response, status, {{"error", {{"code", status}, {"message", why}}}});
}

}  // namespace

FakeBucket::FakeBucket(std::string name, std::filesystem::path folder)
    : name_(std::move(name)),
      folder_(std::move(folder)),
      server_(std::make_unique<httplib::Server>()) {
  std::filesystem::create_directories(folder_);
  server_->set_tcp_nodelay(true);
  server_->set_pre_routing_handler([this](const auto& request, auto& response) {
    using Handled = httplib::Server::HandlerResponse;
    const bool ours = request.path.starts_with("/session/") ||
                      request.path.find("/b/" + name_ + "/o") != std::string::npos;
    if (ours) return Handled::Unhandled;
    refuse(response, 404, "The specified bucket does not exist.");
    return Handled::Handled;
  });
  server_->Post("/upload/storage/v1/b/[^/]+/o",
                [this](const auto& request, auto& response) { begin(request, response); });
  server_->Put("/session/.*",
               [this](const auto& request, auto& response) { take(request, response); });
  server_->Get("/storage/v1/b/[^/]+/o",
               [this](const auto& request, auto& response) { list(request, response); });
  server_->Get("/storage/v1/b/[^/]+/o/(.+)",
               [this](const auto& request, auto& response) { show(request, response); });
  port_ = server_->bind_to_any_port("127.0.0.1");
  if (port_ <= 0) throw std::runtime_error("the bucket found no port");
  thread_ = std::thread([this] { server_->listen_after_bind(); });
  while (!server_->is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

FakeBucket::~FakeBucket() {
  server_->stop();
  thread_.join();
}

std::string FakeBucket::url() const { return fmt::format("http://127.0.0.1:{}", port_); }

// An object's name is one file's name.
std::filesystem::path FakeBucket::file_of(const std::string& object) const {
  std::string name = object;
  std::replace(name.begin(), name.end(), '/', '!');
  return folder_ / name;
}

void FakeBucket::describe(const std::string& object, httplib::Response& response) const {
  const std::string bytes = content_of(file_of(object));
  answer(response, 200,
         {{"name", object},
          {"size", std::to_string(bytes.size())},
          {"md5Hash", md5_of(lie ? bytes + "lie" : bytes)}});
}

void FakeBucket::begin(const httplib::Request& request, httplib::Response& response) {
  const std::string object = request.get_param_value("name");
  if (request.get_param_value("ifGenerationMatch") == "0" &&
      std::filesystem::exists(file_of(object))) {
    return refuse(response, 412, "At least one of the pre-conditions you specified did not hold.");
  }
  const auto json = parse_json(request.body, "the metadata");
  Upload upload;
  upload.object = object;
  upload.md5 = json ? text_member(*json, "md5Hash").value_or("") : "";
  upload.size = std::stoull(request.get_header_value("X-Upload-Content-Length"));
  if (when_begun) when_begun();
  const std::string id = fmt::format("/session/{}", ++begun);
  const std::lock_guard lock(mutex_);
  uploads_[id] = std::move(upload);
  response.set_header("Location", url() + id);
}

void FakeBucket::take(const httplib::Request& request, httplib::Response& response) {
  const std::lock_guard lock(mutex_);
  const auto found = uploads_.find(request.path);
  if (found == uploads_.end() || forget_uploads.exchange(false)) {
    return refuse(response, 404, "No such upload.");
  }
  Upload& upload = found->second;
  if (!request.body.empty()) {
    const std::string range = request.get_header_value("Content-Range");
    if (!range.starts_with(fmt::format("bytes {}-", upload.bytes.size()))) {
      return refuse(response, 400, "These bytes do not come next.");
    }
    const bool breaks = break_uploads > 0;
    const std::size_t taken =
        breaks ? std::min(kBrokenAfter, request.body.size() - 1) : request.body.size();
    bytes_taken += taken;
    upload.bytes.append(request.body, 0, taken);
    if (breaks) {
      --break_uploads;
      return refuse(response, 503, "Backend Error");
    }
  }
  if (upload.bytes.size() < upload.size) {
    response.status = 308;
    if (!upload.bytes.empty()) {
      response.set_header("Range", fmt::format("bytes=0-{}", upload.bytes.size() - 1));
    }
    return;
  }
  if (md5_of(upload.bytes) != upload.md5) {
    uploads_.erase(found);
    return refuse(response, 400, "Provided MD5 hash does not match.");
  }
  std::ofstream(file_of(upload.object), std::ios::binary) << upload.bytes;
  describe(upload.object, response);
}

void FakeBucket::list(const httplib::Request& request, httplib::Response& response) {
  const std::string prefix = request.get_param_value("prefix");
  const std::string after = request.get_param_value("pageToken");
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    std::string name = entry.path().filename();
    std::replace(name.begin(), name.end(), '!', '/');
    if (name.starts_with(prefix) && name > after) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  Json json = Json::object();
  if (names.size() > kPage) {
    names.resize(kPage);
    json["nextPageToken"] = names.back();
  }
  for (const std::string& name : names) {
    json["items"].push_back(
        {{"name", name}, {"size", std::to_string(std::filesystem::file_size(file_of(name)))}});
  }
  answer(response, 200, json);
}

void FakeBucket::show(const httplib::Request& request, httplib::Response& response) {
  const std::string object = request.matches[1];
  if (!std::filesystem::exists(file_of(object))) return refuse(response, 404, "No such object.");
  if (request.get_param_value("alt") != "media") return describe(object, response);
  response.set_content(content_of(file_of(object)), "application/gzip");
}

}  // namespace mkt::faults
