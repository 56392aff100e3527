// SetUp: what `mktd init` is asked for, and what there is when it is done.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/http/tls_context.h"

namespace mkt {

struct SetUpWishes {
  std::optional<std::string> data;
  std::optional<std::string> config;
  std::optional<std::string> reads;            // "anyone" or "token"
  std::optional<std::string> listen;           // an address
  std::optional<std::string> tls_certificate;  // files, for an address of https
  std::optional<std::string> tls_key;
  bool take_defaults = false;    // where there is nobody to ask
  bool new_admin_token = false;  // instead of one that is lost
};

// What there is now.
struct SetUp {
  std::filesystem::path data;
  std::filesystem::path config;
  bool config_written = false;
  std::string reads;
  std::vector<std::string> listen;
  std::optional<TlsFiles> tls;
  std::vector<std::string> allowed_hosts;
  std::string tls_name;   // the host in the line that logs in, where that is https
  std::string name_note;  // what keeps clients from that host, and what to do; empty: nothing
  enum class Token { made, kept, lost } token = Token::kept;
  std::filesystem::path token_file;
  bool is_running = false;  // a daemon uses the folder
};

bool is_https(std::string_view address);

// The address in the line that logs in: none of a socket, and none whose port is yet unknown.
std::string clients_address(const SetUp& now);

// From the root on, without "." and "..".
std::filesystem::path whole_path(const std::filesystem::path& path);

}  // namespace mkt
