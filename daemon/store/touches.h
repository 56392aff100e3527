// Touches: which parts of the views a change makes stale.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace mkt {

struct Touches {
  std::vector<std::string> connectors;  // their entries in the catalog
  std::vector<std::string> tokens;
  std::vector<std::string> sessions;  // of the pages, that end
  bool keys = false;                  // keys of any publisher, and what is shown of publishers
  bool publishers = false;            // what is shown of publishers
  bool everything = false;

  static Touches nothing() { return {}; }
  static Touches connector(std::string id) {
    Touches t;
    t.connectors.push_back(std::move(id));
    return t;
  }
  static Touches token(std::string id) {
    Touches t;
    t.tokens.push_back(std::move(id));
    return t;
  }
  static Touches session(std::string id) {
    Touches t;
    t.sessions.push_back(std::move(id));
    return t;
  }
  static Touches of_keys() {
    Touches t;
    t.keys = true;
    return t;
  }
  static Touches of_publishers() {
    Touches t;
    t.publishers = true;
    return t;
  }
  static Touches all() {
    Touches t;
    t.everything = true;
    return t;
  }
};

}  // namespace mkt
