// A reader of the little XML that S3 answers with: elements and text.
//
// Strict, and smaller than XML on purpose: one root; names as S3 writes them; attributes are
// checked and dropped (S3 only has xmlns); the five named entities and character references; an XML
// declaration at the start. Comments, CDATA, processing instructions and above all document types,
// from which every attack by XML comes, are refused. Bounds: kMaxXmlBytes, kMaxXmlDepth,
// kMaxXmlElements. Thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace mkt {

constexpr std::size_t kMaxXmlBytes = 4 * 1024 * 1024;
constexpr int kMaxXmlDepth = 8;
constexpr std::size_t kMaxXmlElements = 20'000;  // a full page of a listing has 7000

struct XmlElement {
  std::string name;
  std::string text;  // its own, without that of its children
  std::vector<XmlElement> children;

  // The first child of that name; null where there is none.
  const XmlElement* child(std::string_view child_name) const;
  // Its text; empty where there is none.
  std::string_view child_text(std::string_view child_name) const;
};

// invalid_input. The root.
Result<XmlElement> parse_xml(std::string_view text);

}  // namespace mkt
