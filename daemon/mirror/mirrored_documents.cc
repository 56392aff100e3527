#include "daemon/mirror/mirrored_documents.h"

namespace mkt {
namespace {

constexpr int kDocumentsAPage = 100;

}  // namespace

Status each_mirrored(Firestore& firestore, const MirrorLayout& layout, DocumentKind kind,
                     const std::function<Status(const FirestoreDocument&)>& take) {
  std::string after;
  for (;;) {
    MKT_TRY(const auto page, firestore.query(layout.collection_id(kind), after, kDocumentsAPage));
    for (const FirestoreDocument& document : page) {
      if (layout.is_of(kind, document.path)) MKT_CHECK(take(document));
    }
    if (page.size() < static_cast<std::size_t>(kDocumentsAPage)) return {};
    after = page.back().path;
  }
}

Status each_foreign_document(Firestore& firestore, const MirrorLayout& layout,
                             const std::function<Status(const std::string& path)>& take) {
  for (const DocumentKind kind : kDocumentKinds) {
    MKT_CHECK(each_mirrored(firestore, layout, kind, [&](const FirestoreDocument& d) -> Status {
      return d.fields.contains(kMirrorSequence) ? Status() : take(d.path);
    }));
  }
  return {};
}

}  // namespace mkt
