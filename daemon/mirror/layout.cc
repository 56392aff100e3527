#include "daemon/mirror/layout.h"

#include <fmt/format.h>

namespace mkt {
namespace {

bool is_of_tenants(DocumentKind kind) {
  return kind == DocumentKind::policy || kind == DocumentKind::install_request ||
         kind == DocumentKind::installation || kind == DocumentKind::installation_event;
}

std::string_view word_of(DocumentKind kind) {
  switch (kind) {
    case DocumentKind::log:
      return "marketplace_log";
    case DocumentKind::publisher:
      return "marketplace_publishers";
    case DocumentKind::connector:
      return "marketplace_connectors";
    case DocumentKind::version:
      return "marketplace_versions";
    case DocumentKind::policy:
      return "policies";
    case DocumentKind::install_request:
      return "install_requests";
    case DocumentKind::installation:
      return "connector_installs";
    case DocumentKind::installation_event:
      return "installation_events";
  }
  return "";
}

}  // namespace

std::string MirrorLayout::collection_id(DocumentKind kind) const {
  return is_of_tenants(kind) ? std::string(word_of(kind)) : prefix_ + std::string(word_of(kind));
}

std::string MirrorLayout::path_of(const DocumentName& name) const {
  const auto& key = name.key;
  if (is_of_tenants(name.kind)) {
    return fmt::format("{}tenants/{}/{}/{}", prefix_, key[0], word_of(name.kind), key[1]);
  }
  return fmt::format("{}{}/{}", prefix_, word_of(name.kind), fmt::join(key, "@"));
}

bool MirrorLayout::is_of(DocumentKind kind, std::string_view path) const {
  const std::string start = is_of_tenants(kind) ? prefix_ + "tenants/" : collection_id(kind) + "/";
  return path.starts_with(start);
}

}  // namespace mkt
