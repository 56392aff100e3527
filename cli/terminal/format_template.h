// FormatTemplate: what --format prints of a command's document: its members by name, in fmt's
// syntax.
//
//   {id}            a member            {signature.keyId}  a member of a member
//   {size:>10}      with fmt's format   {{ and }}          braces
//   \n \t \\        as in C
//
// A document that mainly is a list, such as that of `mkt list`, gives a line for each element. A
// list of words is joined by commas; what is missing or null is empty. A value.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/json.h"
#include "common/base/result.h"

namespace mkt {

class FormatTemplate {
 public:
  // usage_error says what is wrong, and where.
  static Result<FormatTemplate> parse(std::string_view text);

  // The lines, each ended, and the names that the document has nowhere.
  struct Lines {
    std::string text;
    std::set<std::string> unknown;
  };
  Lines print(const Json& document) const;

 private:
  struct Part {
    std::string literal;            // stands before the field
    std::vector<std::string> path;  // empty for the text after the last field
    std::string format;             // "{}" or "{:>10}"
  };

  static Result<Part> parse_field(std::string_view field, std::size_t at);
  bool is_about(const Json& document) const;
  void print_line(const Json& row, const Json& document, Lines& lines) const;

  std::vector<Part> parts_;
};

}  // namespace mkt
