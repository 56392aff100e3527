// Starting a registry and preparing what is sent to it; see registry.h.
#include "tests/load/registry.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>

#include "cli/client/registry_client.h"
#include "common/base/encoding.h"
#include "common/base/utc_time.h"
#include "common/connector/pack.h"
#include "common/signing/signature_file.h"

namespace mkt::load {
namespace {

constexpr std::chrono::seconds kTimeout{30};
constexpr std::size_t kPrefixBytes = 3;
constexpr std::size_t kSourceBytes = 2000;

template <typename T>
T must_have(Result<T> result, std::string_view what) {
  if (!result) throw std::runtime_error(fmt::format("{}: {}", what, result.error().message));
  return std::move(*result);
}

// Not durable: nobody needs these files after this process.
void write_text(const std::filesystem::path& file, std::string_view text) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
}

}  // namespace

Registry::Registry(const Options& options, const DaemonOptions& daemon)
    : folder_(
          must_have(TemporaryFolder::create(std::filesystem::temp_directory_path(), "mkt-load-"),
                    "a folder")),
      target_(options.target),
      token_(options.token),
      prefix_("load-" + random_hex(kPrefixBytes)),
      http_(kTimeout),
      key_(SecretKey::generate()),
      tarball_(::memfd_create("tarball", MFD_CLOEXEC)) {
  if (target_.empty()) {
    daemon_ = std::make_unique<DaemonProcess>(options.mktd, folder_.path() / "data", daemon);
    daemon_->start();
    token_ = daemon_->admin_token();
  }
  std::filesystem::create_directory(folder_.path() / "source");
  // Bytes that do not compress, as much of a real connector is.
  std::string source = "// " + random_hex(kSourceBytes / 2) + "\n";
  write_text(folder_.path() / "source" / "index.js", source);
  register_publisher();
}

void Registry::register_publisher() {
  Settings settings = must_have(Settings::load({url(), "", "", "30s"}), "settings");
  settings.token = token_;
  RegistryClient client(settings);
  const PublisherId publisher = must_have(PublisherId::parse(prefix_), "a publisher's name");
  must_have(client.register_publisher(publisher, "Load", "load@mkt.example", key_),
            "registering a publisher");
}

std::string Registry::name(std::string_view name) const {
  return fmt::format("{}-{}", prefix_, name);
}

HttpRequest Registry::publishing(const std::string& id, const std::string& version,
                                 std::string_view capability, std::string_view salt) {
  const std::filesystem::path source = folder_.path() / "source";
  write_text(source / "connector.manifest.json",
             dump_json(Json{{"manifestVersion", "1.0"},
                            {"id", id},
                            {"version", version},
                            {"displayName", "Connector " + id},
                            {"description", fmt::format("Made to measure {}", salt)},
                            {"author", "Load test"},
                            {"license", "Apache-2.0"},
                            {"entrypoint", "index.js"},
                            {"capabilities", {capability}},
                            {"tools", {{{"name", "t"}, {"policyClass", "READ"}}}}}));
  if (::ftruncate(tarball_.get(), 0) != 0 || ::lseek(tarball_.get(), 0, SEEK_SET) != 0) {
    throw std::runtime_error("the tarball cannot be written");
  }
  PackOptions one_thread;
  one_thread.threads = 1;
  const Packed packed = must_have(pack_connector(source, tarball_.get(), one_thread), "packing");
  std::string bytes(packed.size, '\0');
  must_have(read_at(tarball_.get(), {reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()},
                    0, "the tarball"),
            "reading the tarball");
  const SignatureFile signature =
      sign_checksum(key_, must_have(PublisherId::parse(prefix_), "a publisher's name"),
                    packed.checksum, utc_now());
  return {"PUT",
          fmt::format("/v1/connectors/{}/{}", id, version),
          {"Authorization: Bearer " + token_, "Content-Type: application/gzip",
           "Mkt-Signature: " + to_base64(as_bytes(dump_json(signature.json())))},
          std::move(bytes),
          {}};
}

HttpRequest Registry::installing(const std::string& tenant, const std::string& id,
                                 const std::string& version, const std::string& token) const {
  return {"POST",
          fmt::format("/v1/tenants/{}/installs", tenant),
          {"Authorization: Bearer " + (token.empty() ? token_ : token),
           "Content-Type: application/json"},
          dump_json(Json{{"connectorId", id}, {"version", version}}),
          {}};
}

Registry::Answer Registry::send(HttpRequest request) {
  request.url = url() + request.url;
  if (request.headers.empty()) request.headers.push_back("Authorization: Bearer " + token_);
  const HttpResponse response = must_have(http_.send(request), "the registry");
  auto json = parse_json(response.body, "the answer");
  return {response.status, json ? std::move(*json) : Json()};
}

Registry::Answer Registry::post(const std::string& path, const Json& body) {
  return send({"POST", path, {}, dump_json(body), {}});
}

Json Registry::must(int status, const Answer& answer, std::string_view what) const {
  if (answer.status != status) {
    throw std::runtime_error(fmt::format("{}: {} instead of {}: {}", what, answer.status, status,
                                         dump_json(answer.body)));
  }
  return answer.body;
}

std::string Registry::token_of(std::string_view role, const std::string& subject,
                               std::string_view name) {
  const Json body = must(
      201, post("/v1/tokens", {{"role", role}, {"subject", subject}, {"name", name}}), "a token");
  return text_member(body, "token").value_or("");
}

}  // namespace mkt::load
