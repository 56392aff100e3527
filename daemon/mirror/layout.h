// Where a document of the store is in Firestore; existing readers of this data expect these paths.
//
//   <prefix>marketplace_log/<seq>              <prefix>marketplace_connectors/<id>
//   <prefix>marketplace_publishers/<id>        <prefix>marketplace_versions/<id>@<version>
//   <prefix>tenants/<t>/policies/<revision>    <prefix>tenants/<t>/install_requests/<id>
//   <prefix>tenants/<t>/connector_installs/<connector>
//   <prefix>tenants/<t>/installation_events/<number>
//   <prefix>marketplace_mirror/cursor          the mirror's own cursor (mirror.h)
#pragma once

#include <string>
#include <string_view>

#include "daemon/store/records/outbox.h"

namespace mkt {

class MirrorLayout {
 public:
  explicit MirrorLayout(std::string prefix) : prefix_(std::move(prefix)) {}

  std::string path_of(const DocumentName& name) const;
  std::string cursor() const { return prefix_ + "marketplace_mirror/cursor"; }

  // The id of the last collection in paths of that kind, for a query.
  std::string collection_id(DocumentKind kind) const;
  // True where the path is of that kind, and not in another program's collection with the same id.
  bool is_of(DocumentKind kind, std::string_view path) const;

 private:
  std::string prefix_;
};

}  // namespace mkt
