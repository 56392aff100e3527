#include "cli/terminal/jq_filter.h"

#include <fmt/format.h>
#include <jq.h>

#include <optional>

#include "common/base/loaded_library.h"
#include "common/base/utf8.h"

// jv.h has a function of its own that calls this one, and a compiler that optimizes nothing keeps
// it: nobody is to need the library for that.
#pragma weak jv_get_kind

namespace mkt {
namespace {

constexpr std::size_t kMaxExpressionBytes = 64 * 1024;

// Its functions, with the types of jq.h.
struct JqLibrary {
  decltype(&::jq_init) init;
  decltype(&::jq_set_error_cb) set_error_callback;
  decltype(&::jq_set_attr) set_attribute;
  decltype(&::jq_compile) compile;
  decltype(&::jq_start) start;
  decltype(&::jq_next) next;
  decltype(&::jq_halted) halted;
  decltype(&::jq_get_exit_code) exit_code;
  decltype(&::jq_get_error_message) error_message;
  decltype(&::jq_teardown) teardown;
  decltype(&::jq_format_error) format_error;
  decltype(&::jv_parse_sized) parse;
  decltype(&::jv_get_kind) kind;
  decltype(&::jv_copy) copy;
  decltype(&::jv_free) free;
  decltype(&::jv_dump_string) dump;
  decltype(&::jv_array) array;
  decltype(&::jv_string) string;
  decltype(&::jv_string_value) text;
  decltype(&::jv_string_length_bytes) size;
  decltype(&::jv_invalid_has_msg) has_message;
  decltype(&::jv_invalid_get_msg) message;
};

std::optional<JqLibrary> open_jq() {
  const LoadedLibrary library("libjq.so.1");
  JqLibrary jq{};
  const bool complete =
      library.look_up("jq_init", jq.init) &&
      library.look_up("jq_set_error_cb", jq.set_error_callback) &&
      library.look_up("jq_set_attr", jq.set_attribute) &&
      library.look_up("jq_compile", jq.compile) && library.look_up("jq_start", jq.start) &&
      library.look_up("jq_next", jq.next) && library.look_up("jq_halted", jq.halted) &&
      library.look_up("jq_get_exit_code", jq.exit_code) &&
      library.look_up("jq_get_error_message", jq.error_message) &&
      library.look_up("jq_teardown", jq.teardown) &&
      library.look_up("jq_format_error", jq.format_error) &&
      library.look_up("jv_parse_sized", jq.parse) && library.look_up("jv_get_kind", jq.kind) &&
      library.look_up("jv_copy", jq.copy) && library.look_up("jv_free", jq.free) &&
      library.look_up("jv_dump_string", jq.dump) && library.look_up("jv_array", jq.array) &&
      library.look_up("jv_string", jq.string) && library.look_up("jv_string_value", jq.text) &&
      library.look_up("jv_string_length_bytes", jq.size) &&
      library.look_up("jv_invalid_has_msg", jq.has_message) &&
      library.look_up("jv_invalid_get_msg", jq.message);
  if (!complete) return std::nullopt;
  return jq;
}

const JqLibrary* jq_library() {
  static const std::optional<JqLibrary> library = open_jq();
  return library ? &*library : nullptr;
}

// Text may have a NUL.
std::string take_text(const JqLibrary& jq, jv value) {
  const auto size = static_cast<std::size_t>(jq.size(jq.copy(value)));
  std::string text(jq.text(value), size);
  jq.free(value);
  return text;
}

// Text as it is, anything else as JSON.
std::string take_message(const JqLibrary& jq, jv message) {
  const bool is_text = jq.kind(message) == JV_KIND_STRING;
  return take_text(jq, is_text ? message : jq.dump(message, 0));
}

// The first thing that jq says; the rest only counts the errors.
void keep_first(void* said, jv message) {
  auto& first = *static_cast<std::string*>(said);
  const JqLibrary& jq = *jq_library();
  const std::string text = take_text(jq, jq.format_error(message));
  constexpr std::string_view kPrefix = "jq: error: ";
  const std::size_t begin = text.starts_with(kPrefix) ? kPrefix.size() : 0;
  if (first.empty()) first = text.substr(begin, text.find('\n') - begin);
}

// Lines and columns are the expression's; nothing else may steer the terminal.
std::string without_controls(const std::string& text) {
  std::string clean;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find_first_of("\n\t", begin), text.size());
    clean += printable(std::string_view(text).substr(begin, end - begin));
    if (end < text.size()) clean += text[end];
    begin = end + 1;
  }
  return clean;
}

// What the expression said when it ended by `halt_error`; nullopt by `halt`. jq may exit with 0
// after it, if told so; here it is an error in any case.
std::optional<std::string> take_halt_error(const JqLibrary& jq, jq_state* state) {
  const jv code = jq.exit_code(state);
  const bool is_quiet = jq.kind(code) == JV_KIND_INVALID;
  jq.free(code);
  if (is_quiet) return std::nullopt;
  std::string said = take_message(jq, jq.error_message(state));
  return said.substr(0, said.find_last_not_of('\n') + 1);
}

}  // namespace

void JqFilter::End::operator()(jq_state* state) const { jq_library()->teardown(&state); }

Result<JqFilter> JqFilter::compile(const std::string& expression) {
  if (expression.size() > kMaxExpressionBytes) {
    return Error(ErrorCode::usage_error, "--jq: the expression is too long");
  }
  const JqLibrary* const jq = jq_library();
  if (jq == nullptr) {
    return Error(ErrorCode::usage_error,
                 "--jq needs libjq.so.1, which cannot be loaded; install the package libjq1, or "
                 "use --format");
  }
  JqFilter filter(jq->init());
  if (!filter.state_) return Error(ErrorCode::internal_error, "libjq did not start");
  // jq's main program says where modules are, and libjq relies on it: an expression that imports
  // one would end the process. There are none.
  jq->set_attribute(filter.state_.get(), jq->string("JQ_LIBRARY_PATH"), jq->array());
  jq->set_attribute(filter.state_.get(), jq->string("JQ_ORIGIN"), jq->string("/"));
  std::string said;
  jq->set_error_callback(filter.state_.get(), keep_first, &said);
  const bool compiled = jq->compile(filter.state_.get(), expression.c_str()) != 0;
  jq->set_error_callback(filter.state_.get(), nullptr, nullptr);
  if (!compiled) return Error(ErrorCode::usage_error, fmt::format("--jq: {}", printable(said)));
  return filter;
}

Result<std::string> JqFilter::print(const Json& document) const {
  const JqLibrary& jq = *jq_library();
  const std::string json = dump_json(document);
  jq.start(state_.get(), jq.parse(json.data(), static_cast<int>(json.size())), 0);
  std::string lines;
  for (;;) {
    const jv value = jq.next(state_.get());
    const jv_kind kind = jq.kind(value);
    if (kind == JV_KIND_STRING) {
      lines += without_controls(take_text(jq, value)) + "\n";
    } else if (kind != JV_KIND_INVALID) {
      lines += escape_controls(take_text(jq, jq.dump(value, 0))) + "\n";
    } else if (jq.halted(state_.get()) != 0) {
      jq.free(value);
      const auto said = take_halt_error(jq, state_.get());
      if (!said) return lines;
      return Error(ErrorCode::invalid_json, fmt::format("--jq: {}", printable(*said)));
    } else if (jq.has_message(jq.copy(value)) != 0) {
      const std::string why = take_message(jq, jq.message(value));
      return Error(ErrorCode::invalid_json,
                   fmt::format("--jq: {}; see the document with --json", printable(why)));
    } else {
      jq.free(value);
      return lines;
    }
  }
}

}  // namespace mkt
