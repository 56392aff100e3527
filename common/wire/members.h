// The members of a message, listed once: its JSON is written and read by this list, and its schema
// is made from it.
//
//   struct OwnerInfo {                       // in the header
//     std::string publisher_id;
//     std::string added_at;
//     MKT_MESSAGE(OwnerInfo);
//   };
//
//   template <typename Visitor>              // in the source file
//   void OwnerInfo::members(Visitor& m) {
//     m.always("publisherId", &OwnerInfo::publisher_id);
//     m.usually("addedAt", &OwnerInfo::added_at, kTime);
//   }
//   MKT_MESSAGE_FUNCTIONS(OwnerInfo)
//
// A visitor (writer.h, reader.h, request_reader.h, schema.h) has these verbs:
//
//   always(name, member, shape)   Written always. A message without it is not of the protocol.
//   usually(name, member, shape)  Written always. Older registries do not send it.
//   if_any(name, member, shape)   Left out where it is empty: null fails the schemas of older
//   clients. or_null(name, member, shape)  Null where it is empty. made(name, function, shape)
//   Written only: made from the message; left out where that is null.
//
// A member is text, a number, a flag, a time, JSON of any kind, another message, a list of these,
// or an optional one.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "common/base/json.h"
#include "common/base/result.h"

namespace mkt::wire {

class Schemas;

// What else a schema says of a member. A request's text with a `max_length` is held to it.
struct Shape {
  std::string_view format = {};                  // of JSON Schema: date-time
  std::string_view pattern = {};                 // a regular expression
  std::span<const std::string_view> words = {};  // one of these
  std::size_t max_length = 0;                    // characters; 0: not bounded by the message
  std::string_view about = {};                   // one sentence
  Json (*schema)(Schemas&) = nullptr;            // of a document that the message keeps as JSON

  constexpr Shape saying(std::string_view text) const {
    Shape shape = *this;
    shape.about = text;
    return shape;
  }
};

inline constexpr Shape kAny{};
inline constexpr Shape kTime{.format = "date-time"};
inline constexpr Shape kChecksum{.pattern = "^sha256:[0-9a-f]{64}$"};
constexpr Shape one_of(std::span<const std::string_view> words) { return Shape{.words = words}; }
constexpr Shape text_of(std::size_t max_length) { return Shape{.max_length = max_length}; }
template <typename Document>
constexpr Shape document_of() {
  return Shape{.schema = &Document::schema};
}

}  // namespace mkt::wire

// Of a message that is read as an answer.
#define MKT_MESSAGE(Message)                                          \
  Json to_json() const;                                               \
  static Result<Message> parse(const Json& json);                     \
  /* A reference to the schema, which `schemas` holds from now on. */ \
  static Json schema(Schemas& schemas);                               \
  template <typename Visitor>                                         \
  static void members(Visitor& m)

// Of a message that is read as the body of a request.
#define MKT_REQUEST(Message)                                                    \
  Json to_json() const;                                                         \
  /* What it can of it; what is wrong is added to `findings`, with its path. */ \
  static Message read(const Json& json, std::vector<ErrorDetail>& findings);    \
  static Json schema(Schemas& schemas);                                         \
  template <typename Visitor>                                                   \
  static void members(Visitor& m)
