#include "daemon/service/log_text.h"

#include <fmt/format.h>

#include "common/base/json.h"

namespace mkt {
namespace {

// A document's members as texts; "" for a missing one.
class Members {
 public:
  explicit Members(const Json& document) : document_(document) {}
  std::string operator[](const char* name) const {
    const auto it = document_.find(name);
    if (it == document_.end()) return "";
    return it->is_string() ? it->get<std::string>() : dump_json(*it);
  }

 private:
  const Json& document_;
};

std::string of_key(std::string_view action, const Members& m) {
  if (action == "key.retire") return "rotated to " + m["successor"];
  if (action == "key.revoke") return m["reasonCode"] + ": " + m["reason"];
  return m["endorsedBy"].empty() ? "" : "endorsed by " + m["endorsedBy"];
}

std::string of_version(std::string_view action, const Members& m) {
  if (action == "version.publish") return m["checksum"];
  if (action == "version.countersign") return m["keyId"] + " in the place of " + m["replaces"];
  if (action == "version.quarantine" && m["reason"].empty()) {
    return m["keyId"] + " is compromised";
  }
  if (action == "version.withdraw") return m["reasonCode"] + ": " + m["reason"];
  return m["reason"];
}

std::string of_request(std::string_view action, const Members& m) {
  std::string text = fmt::format("{}@{} for {}", m["connector"], m["version"], m["tenant"]);
  if (action == "request.approve") {
    text += fmt::format(" by {}, {} of {}", m["approver"], m["approvals"], m["needed"]);
  } else if (action == "request.unapprove") {
    text += fmt::format(": the token {} is revoked", m["token"]);
  } else if (!m["reason"].empty()) {
    text += ": " + m["reason"];
  }
  return text;
}

std::string of_new_token(const Members& m) {
  std::string text = m["name"].empty() ? std::string() : m["name"] + ", ";
  text += m["role"];
  if (!m["subject"].empty()) text += " " + m["subject"];
  if (!m["readOnly"].empty()) text += ", only to read";
  if (!m["connectors"].empty()) text += ", for " + m["connectors"];
  if (!m["from"].empty()) text += ", from " + m["from"];
  if (!m["expiresAt"].empty()) text += ", until " + m["expiresAt"];
  return text;
}

std::string of_refused_token(const Members& m) {
  std::string text = fmt::format("{} failed sign-in{} since {}", m["count"],
                                 m["count"] == "1" ? "" : "s", m["since"]);
  if (!m["token"].empty()) text += ", first with the token " + m["token"];
  return text;
}

std::string of_installation(std::string_view action, const Members& m) {
  const std::string name = fmt::format("{}@{}", m["connector"], m["version"]);
  return action == "installation.remove" ? name : name + " by request " + m["request"];
}

}  // namespace

std::string log_text(const LogEntry& entry) {
  const auto document = parse_json(entry.document, "an entry's document");
  if (!document || !document->is_object()) return "";
  const Members m(*document);
  const std::string_view action = entry.action;
  if (std::string text = m["text"]; !text.empty()) return text;
  if (action.starts_with("key.")) return of_key(action, m);
  if (action.starts_with("version.")) return of_version(action, m);
  if (action.starts_with("request.")) return of_request(action, m);
  if (action.starts_with("installation.")) return of_installation(action, m);
  if (action == "connector.visibility") return m["visibility"];
  if (action.starts_with("owner.")) return m["publisher"];
  if (action.starts_with("publisher.")) return m["reason"];
  if (action == "policy.set") return "revision " + m["revision"];
  if (action == "token.create") return of_new_token(m);
  if (action == "token.revoke") return m["name"];
  if (action == "token.refuse") return of_refused_token(m);
  if (action == "limit.reset") return m["scope"];
  return "";
}

}  // namespace mkt
