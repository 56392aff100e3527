// `mktd init`: the first set-up of a registry that has its data in a folder.
//
// It makes the data folder with the first admin's token, and writes mktd.conf(5). What is there
// stays: a second run changes nothing and tells the same. A file of settings is only written where
// there is none, or where it sets nothing, as the one that the package installs.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace mkt {

struct SetUpWishes {
  std::optional<std::string> data;
  std::optional<std::string> config;
  std::optional<std::string> reads;   // "anyone" or "token"
  std::optional<std::string> listen;  // an address
  bool take_defaults = false;         // where there is nobody to ask
  bool new_admin_token = false;       // instead of one that is lost
};

// What there is now.
struct SetUp {
  std::filesystem::path data;
  std::filesystem::path config;
  bool config_written = false;
  std::string reads;
  std::vector<std::string> listen;
  enum class Token { made, kept, lost } token = Token::kept;
  std::filesystem::path token_file;
  bool is_running = false;  // a daemon uses the folder
};

// Asks a question; nullopt where nobody answers any more.
using Ask = std::function<std::optional<std::string>(std::string_view question)>;

// Without `ask` there is nobody to ask. Run by root, it makes what is in the data folder as the
// user who owns the folder. usage_error for wishes and files that are wrong, target_exists where
// the file of settings says something else than the wishes; both before anything is changed.
Result<SetUp> set_up(const SetUpWishes& wishes, const Ask& ask);

// For people: what there is, how the daemon is started, and at the end the line that logs in.
std::string describe(const SetUp& done);
// That line.
std::string login_line(const SetUp& done);

}  // namespace mkt
