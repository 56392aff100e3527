#include "common/base/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <vector>

#include "common/base/utf8.h"

namespace mkt {
namespace {

// Up to so many members a search by hand is faster than a set of their names.
constexpr std::size_t kFewMembers = 16;

// Makes the document of the library's events, and refuses what the grammar allows and we do not.
//
// The library could do the same itself with a callback for each value; but then it goes through the
// whole of an array again for each object in it.
class StrictBuilder : public nlohmann::json_sax<Json> {
 public:
  explicit StrictBuilder(std::size_t most_members) : most_members_(most_members) {}

  bool null() override { return add(Json()); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(std::int64_t value) override { return add(value); }
  bool number_unsigned(std::uint64_t value) override { return add(value); }
  bool number_float(double value, const std::string&) override { return add(value); }
  bool string(std::string& value) override { return add(std::move(value)); }
  bool binary(Json::binary_t&) override { return false; }  // not in JSON
  bool start_object(std::size_t) override { return open(Json::object()); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(std::string& name) override;
  bool parse_error(std::size_t byte, const std::string&, const Json::exception& e) override {
    constexpr int kNumberOverflow = 406;  // the library's out_of_range.406
    return refuse(e.id == kNumberOverflow ? " has a number that is out of range"
                                          : fmt::format(" is not valid JSON (at byte {})", byte));
  }

  Json take() { return std::move(document_); }
  // What follows the document's name in a message.
  const std::string& problem() const { return problem_; }

 private:
  struct Open {
    Json* container;
    std::set<std::string, std::less<>> names = {};  // of an object's members, where they are many
  };

  bool refuse(std::string problem) {
    problem_ = std::move(problem);
    return false;
  }
  // nullptr where there are too many values.
  Json* place(Json value);
  bool add(Json value) { return place(std::move(value)) != nullptr; }
  bool open(Json container);
  bool close() {
    open_.pop_back();
    return true;
  }
  // Remembers it, too.
  bool is_new(const std::string& name);

  std::size_t most_members_;
  Json document_;
  std::vector<Open> open_;  // what is not complete, the outermost first
  std::string name_;        // of the member that follows
  std::size_t values_ = 0;
  std::string problem_;
};

Json* StrictBuilder::place(Json value) {
  if (++values_ > kMaxJsonValues) {
    refuse(fmt::format(": it has more than {} values", kMaxJsonValues));
    return nullptr;
  }
  if (open_.empty()) return &(document_ = std::move(value));
  Json& container = *open_.back().container;
  if (container.is_array()) return &container.emplace_back(std::move(value));
  // As the name is new, the object need not look for it again.
  Json::object_t::Container& members = container.get_ref<Json::object_t&>();
  return &members.emplace_back(std::move(name_), std::move(value)).second;
}

bool StrictBuilder::open(Json container) {
  if (open_.size() >= kMaxJsonDepth) {
    return refuse(fmt::format(": it is nested deeper than {} levels", kMaxJsonDepth));
  }
  // It stays where it is until it is complete, as nothing is added beside it.
  Json* const placed = place(std::move(container));
  if (placed == nullptr) return false;
  open_.push_back({placed});
  return true;
}

bool StrictBuilder::is_new(const std::string& name) {
  Open& object = open_.back();
  const auto& members = object.container->get_ref<const Json::object_t&>();
  if (members.size() < kFewMembers) {
    return std::none_of(members.begin(), members.end(),
                        [&](const auto& member) { return member.first == name; });
  }
  if (object.names.empty()) {
    for (const auto& member : members) object.names.insert(member.first);
  }
  return object.names.insert(name).second;
}

bool StrictBuilder::key(std::string& name) {
  if (!is_new(name)) {
    return refuse(fmt::format(": the name \"{}\" appears twice in one object",
                              printable(std::string_view(name).substr(0, 64))));
  }
  if (open_.back().container->size() >= most_members_) {
    return refuse(fmt::format(": an object has more than {} members", most_members_));
  }
  name_ = std::move(name);
  return true;
}

}  // namespace

Result<Json> parse_json(std::string_view text, std::string_view what, std::size_t most_members) {
  // The library would take a NUL for the end of the text and not read what follows it.
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
    return Error(ErrorCode::invalid_json,
                 fmt::format("{} is not valid JSON (at byte {})", what, nul + 1));
  }
  StrictBuilder builder(most_members);
  if (Json::sax_parse(text.begin(), text.end(), &builder)) return builder.take();
  return Error(ErrorCode::invalid_json, fmt::format("{}{}", what, builder.problem()));
}

std::string dump_json(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string dump_json_pretty(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::optional<std::int64_t> number_member(const Json& object, const char* name) {
  if (!object.is_object()) return std::nullopt;
  const auto it = object.find(name);
  if (it == object.end() || !it->is_number_integer()) return std::nullopt;
  return it->get<std::int64_t>();
}

std::optional<std::string> text_member(const Json& object, const char* name) {
  if (!object.is_object()) return std::nullopt;
  const auto it = object.find(name);
  if (it == object.end() || !it->is_string()) return std::nullopt;
  return it->get<std::string>();
}

}  // namespace mkt
