// What MKT_MESSAGE and MKT_REQUEST (members.h) declare, defined by a message's list of members.
// For the source files of this folder.
#pragma once

#include "common/wire/reader.h"
#include "common/wire/request_reader.h"
#include "common/wire/schema.h"
#include "common/wire/writer.h"

// Without `parse`, where reading it takes more than the list.
#define MKT_MESSAGE_WRITING(Message)                     \
  Json Message::to_json() const { return write(*this); } \
  Json Message::schema(Schemas& schemas) { return schemas.of<Message>(#Message); }

#define MKT_MESSAGE_FUNCTIONS(Message) \
  MKT_MESSAGE_WRITING(Message)         \
  Result<Message> Message::parse(const Json& json) { return mkt::wire::read<Message>(json); }

#define MKT_REQUEST_FUNCTIONS(Message)                                          \
  MKT_MESSAGE_WRITING(Message)                                                  \
  Message Message::read(const Json& json, std::vector<ErrorDetail>& findings) { \
    return read_request<Message>(json, findings);                               \
  }
