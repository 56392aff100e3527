// Reads what is in Firestore under a mirror's prefix.
//
// A document with `mirrorSeq` was written by a mirror, any other by another program. Use from one
// thread.
#pragma once

#include <functional>
#include <string>

#include "daemon/mirror/firestore.h"
#include "daemon/mirror/layout.h"

namespace mkt {

inline constexpr const char* kMirrorSequence = "mirrorSeq";

// Every document of that kind, sorted by path, until `take` fails.
Status each_mirrored(Firestore& firestore, const MirrorLayout& layout, DocumentKind kind,
                     const std::function<Status(const FirestoreDocument&)>& take);

// The path of every document at the mirror's places that no mirror wrote.
Status each_foreign_document(Firestore& firestore, const MirrorLayout& layout,
                             const std::function<Status(const std::string& path)>& take);

}  // namespace mkt
