// JqFilter: what --jq prints of a command's document: the results of an expression of jq, a line
// each; text without quotes, as `jq -r` prints it.
//
// The language is libjq's (jq(1), Debian's libjq1), which is loaded when --jq is given: most runs
// of mkt do not need it. Movable; use from one thread.
#pragma once

#include <memory>
#include <string>

#include "common/base/json.h"
#include "common/base/result.h"

struct jq_state;

namespace mkt {

class JqFilter {
 public:
  // usage_error with what jq says of the expression, or where libjq is not installed.
  static Result<JqFilter> compile(const std::string& expression);

  // The lines, each ended. invalid_json where the expression does not fit the document.
  Result<std::string> print(const Json& document) const;

 private:
  struct End {
    void operator()(jq_state* state) const;
  };
  explicit JqFilter(jq_state* state) : state_(state) {}

  std::unique_ptr<jq_state, End> state_;
};

}  // namespace mkt
