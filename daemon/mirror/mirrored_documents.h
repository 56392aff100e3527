// Reading what lies in Firestore under a mirror's prefix.
//
// A document with `mirrorSeq` is a mirror's; one without somebody else wrote. Use from one thread.
#pragma once

#include <functional>
#include <string>

#include "daemon/mirror/firestore.h"
#include "daemon/mirror/layout.h"

namespace mkt {

inline constexpr const char* kMirrorSequence = "mirrorSeq";

// Every document of that kind that is there, in the order of paths, until one is refused.
Status each_mirrored(Firestore& firestore, const MirrorLayout& layout, DocumentKind kind,
                     const std::function<Status(const FirestoreDocument&)>& take);

// The path of every document where mirrored ones would lie that no mirror wrote.
Status each_foreign_document(Firestore& firestore, const MirrorLayout& layout,
                             const std::function<Status(const std::string& path)>& take);

}  // namespace mkt
