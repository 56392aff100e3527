#include "common/connector/origin.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "common/base/encoding.h"
#include "common/base/url.h"
#include "common/base/utf8.h"

namespace mkt {
namespace {

// In characters. npm's own bound for a name is 214; a bundle's may be longer than an id.
constexpr std::size_t kMaxOriginName = 256;
constexpr std::size_t kMaxOriginVersion = 128;
constexpr std::size_t kMaxIntegrity = 128;
constexpr std::size_t kMaxOriginUrl = 2048;
constexpr std::size_t kSha256Digest = 32;

constexpr auto kFileTypes = std::to_array<std::string_view>({"mcpb", "vsix", "tgz"});
// Of W3C's Subresource Integrity, with the SHA-1 of packages that are older than it; the digest's
// bytes.
constexpr auto kAlgorithms = std::to_array<std::pair<std::string_view, std::size_t>>(
    {{"sha512", 64}, {"sha384", 48}, {"sha256", 32}, {"sha1", 20}});

bool is_integrity(std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return false;
  const auto digest = from_base64(text.substr(dash + 1));
  return digest && std::any_of(kAlgorithms.begin(), kAlgorithms.end(), [&](const auto& known) {
           return known.first == text.substr(0, dash) && known.second == digest->size();
         });
}

class OriginCheck {
 public:
  explicit OriginCheck(const Json& origin) : origin_(origin) {}

  std::vector<ErrorDetail> run() {
    if (!origin_.is_object()) {
      findings_.push_back({"origin", "must be an object with type"});
      return std::move(findings_);
    }
    if (const std::size_t bytes = dump_json(origin_).size(); bytes > kMaxOriginBytes) {
      findings_.push_back(
          {"origin", fmt::format("has {} bytes; at most {} are allowed", bytes, kMaxOriginBytes)});
      return std::move(findings_);
    }
    const std::string type = text("type", 16, Needed::yes);
    const bool is_npm = type == "npm";
    const bool is_file = std::find(kFileTypes.begin(), kFileTypes.end(), type) != kFileTypes.end();
    if (!type.empty() && !is_npm && !is_file) add("type", "must be npm, mcpb, vsix or tgz");
    text("name", kMaxOriginName, is_npm ? Needed::yes : Needed::no);
    text("version", kMaxOriginVersion, is_npm ? Needed::yes : Needed::no);
    check_integrity();
    check_url();
    check_file(is_file ? Needed::yes : Needed::no);
    return std::move(findings_);
  }

 private:
  enum class Needed { no, yes };

  void add(const std::string& name, std::string message) {
    findings_.push_back({"origin." + name, std::move(message)});
  }

  // The member's text, or "" where it is absent or wrong.
  std::string text(const char* name, std::size_t most, Needed needed) {
    const auto it = origin_.find(name);
    if (it == origin_.end()) {
      if (needed == Needed::yes) add(name, "is missing");
      return {};
    }
    if (!it->is_string()) {
      add(name, fmt::format("must be a string, not {}", it->type_name()));
      return {};
    }
    const auto& value = it->get_ref<const std::string&>();
    if (value.empty()) add(name, "must not be empty");
    if (const std::size_t length = count_code_points(value); length > most) {
      add(name, fmt::format("has {} characters; at most {} are allowed", length, most));
      return {};
    }
    if (has_control_characters(value)) {
      add(name, "must not contain control characters");
      return {};
    }
    return value;
  }

  void check_integrity() {
    const std::string integrity = text("integrity", kMaxIntegrity, Needed::no);
    if (!integrity.empty() && !is_integrity(integrity)) {
      add("integrity", "must be sha512-, sha384-, sha256- or sha1- and the digest in base64");
    }
  }

  void check_url() {
    const std::string url = text("url", kMaxOriginUrl, Needed::no);
    if (!url.empty() && !is_http_url(url)) add("url", "must be an http:// or https:// URL");
  }

  void check_file(Needed needed) {
    const std::string file = text("file", kMaxOriginFile, needed);
    if (file.find('/') != std::string::npos) add("file", "must be a name without folders");
    const std::string sum = text("sha256", 2 * kSha256Digest, needed);
    if (sum.empty()) return;
    const auto digest = from_hex(sum);
    if (!digest || digest->size() != kSha256Digest) {
      add("sha256", "must be 64 lower-case hex digits");
    }
  }

  const Json& origin_;
  std::vector<ErrorDetail> findings_;
};

}  // namespace

std::vector<ErrorDetail> check_origin(const Json& origin) { return OriginCheck(origin).run(); }

std::string describe_origin(const Json& origin) {
  if (!check_origin(origin).empty()) return {};
  const std::string type = text_member(origin, "type").value_or("");
  const std::string name = text_member(origin, "name").value_or("");
  const std::string version = text_member(origin, "version").value_or("");
  const std::string named = fmt::format("{}{}{}", name, version.empty() ? "" : " ", version);
  if (type == "npm") return fmt::format("npm {}", named);
  const std::string file = text_member(origin, "file").value_or("");
  return name.empty() ? fmt::format("{} {}", type, file)
                      : fmt::format("{} {} ({})", type, file, named);
}

}  // namespace mkt
