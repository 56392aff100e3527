// Operation: what the OpenAPI document says of a route beside its method and path (openapi.h).
//
//   Operation("createToken", "Make a token").for_tokens().takes<wire::NewToken>()
//       .answers<wire::TokenInfo>(201)
//
// Every operation may also fail with wire::ErrorInfo; that is not said of each. A value.
#pragma once

#include <string_view>
#include <vector>

#include "common/wire/schema.h"

namespace mkt {

class Operation {
 public:
  using MakeSchema = Json (*)(wire::Schemas&);

  struct Parameter {
    std::string_view name;
    std::string_view about;
    std::string_view type = "string";
  };
  struct Answer {
    int status;
    std::string_view content_type;  // empty: no body
    MakeSchema schema = nullptr;    // of JSON
  };

  // `id` is OpenAPI's operationId; `summary` a few words without a full stop.
  constexpr Operation(std::string_view id, std::string_view summary) : id_(id), summary_(summary) {}

  // It wants a token; without, anyone may call it.
  Operation for_tokens() && { return wants_token_ = true, std::move(*this); }

  // Anyone may call it also where the registry answers only who has a token.
  Operation always_open() && { return is_open_ = true, std::move(*this); }

  Operation query(std::string_view name, std::string_view about,
                  std::string_view type = "string") && {
    return query_.push_back({name, about, type}), std::move(*this);
  }
  Operation header(std::string_view name, std::string_view about) && {
    return headers_.push_back({name, about}), std::move(*this);
  }

  template <typename Message>
  Operation takes() && {
    return std::move(*this).takes("application/json", &Message::schema);
  }
  Operation takes(std::string_view content_type, MakeSchema schema = nullptr) && {
    return body_ = {0, content_type, schema}, std::move(*this);
  }
  // The body may be left out.
  template <typename Message>
  Operation may_take() && {
    return body_optional_ = true, std::move(*this).takes<Message>();
  }

  template <typename Message>
  Operation answers(int status = 200) && {
    return std::move(*this).answers(status, "application/json", &Message::schema);
  }
  Operation answers(int status, std::string_view content_type = {},
                    MakeSchema schema = nullptr) && {
    return answers_.push_back({status, content_type, schema}), std::move(*this);
  }

  std::string_view id() const { return id_; }
  std::string_view summary() const { return summary_; }
  bool wants_token() const { return wants_token_; }
  bool is_open() const { return is_open_; }
  const std::vector<Parameter>& query_parameters() const { return query_; }
  const std::vector<Parameter>& header_parameters() const { return headers_; }
  const Answer& body() const { return body_; }
  bool body_optional() const { return body_optional_; }
  const std::vector<Answer>& answers_given() const { return answers_; }

 private:
  std::string_view id_;
  std::string_view summary_;
  bool wants_token_ = false;
  bool is_open_ = false;
  std::vector<Parameter> query_;
  std::vector<Parameter> headers_;
  Answer body_{0, {}, nullptr};
  bool body_optional_ = false;
  std::vector<Answer> answers_;
};

// A resource's name and a sentence about it; both live as long as the program.
struct OperationSection {
  std::string_view name;
  std::string_view about;
};

// An operation, and where it is.
struct RouteOperation {
  std::string method;
  std::string pattern;
  OperationSection section;
  Operation operation;
};

}  // namespace mkt
