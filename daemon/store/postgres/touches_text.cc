#include "daemon/store/postgres/touches_text.h"

#include "common/base/json.h"

namespace mkt::postgres {
namespace {

bool read_touched_ids(const Json& list, std::vector<std::string>& ids) {
  if (!list.is_array()) return false;
  for (const Json& id : list) {
    if (!id.is_string()) return false;
    ids.push_back(id.get<std::string>());
  }
  return true;
}

}  // namespace

std::string touches_text(const Touches& t) {
  Json json = Json::object();
  if (!t.connectors.empty()) json["connectors"] = t.connectors;
  if (!t.tokens.empty()) json["tokens"] = t.tokens;
  if (!t.sessions.empty()) json["sessions"] = t.sessions;
  if (t.keys) json["keys"] = true;
  if (t.publishers) json["publishers"] = true;
  if (t.everything) json["everything"] = true;
  return json.empty() ? std::string() : dump_json(json);
}

Touches touches_from_text(std::string_view text) {
  if (text.empty()) return Touches::nothing();
  const auto json = parse_json(text, "what a change touches");
  if (!json || !json->is_object()) return Touches::all();
  Touches t;
  for (const auto& [name, value] : json->items()) {
    if (name == "connectors" && read_touched_ids(value, t.connectors)) continue;
    if (name == "tokens" && read_touched_ids(value, t.tokens)) continue;
    if (name == "sessions" && read_touched_ids(value, t.sessions)) continue;
    if (!value.is_boolean()) return Touches::all();
    bool* const flag = name == "keys"         ? &t.keys
                       : name == "publishers" ? &t.publishers
                       : name == "everything" ? &t.everything
                                              : nullptr;
    if (flag == nullptr) return Touches::all();
    *flag = value.get<bool>();
  }
  return t;
}

}  // namespace mkt::postgres
