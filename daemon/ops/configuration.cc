// Flags, environment and TOML by CLI11; see configuration.h and mktd.conf(5).
#include "daemon/ops/configuration.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>

namespace mkt {
namespace {

std::filesystem::path default_data_folder() {
  if (const char* systemd = std::getenv("STATE_DIRECTORY")) return systemd;
  if (::geteuid() == 0) return "/var/lib/mktd";
  if (const char* xdg = std::getenv("XDG_DATA_HOME"); xdg != nullptr && *xdg != '\0') {
    return std::filesystem::path(xdg) / "mktd";
  }
  const char* home = std::getenv("HOME");
  return std::filesystem::path(home != nullptr ? home : ".") / ".local/share/mktd";
}

}  // namespace

ParsedArguments parse_arguments(int argc, char** argv) {
  ParsedArguments parsed;
  Configuration& c = parsed.configuration;
  c.data = default_data_folder();
  c.listen = {"127.0.0.1:3456"};

  CLI::App app{"mktd keeps a team's connectors: it checks, stores and serves what mkt publishes."};
  app.footer("Example:\n  mktd --data ./registry --listen 127.0.0.1:3456\n\nSee mktd(8).");
  app.set_version_flag("--version", "mktd " MKT_VERSION);
  app.set_config("--config", "", "Read settings from this file, see mktd.conf(5)")
      ->envname("MKTD_CONFIG");
  app.add_option("--data", c.data, "Folder of the database and the tarballs")
      ->envname("MKTD_DATA")
      ->capture_default_str();
  app.add_option("--listen", c.listen, "Address to answer on, HOST:PORT; port 0 picks a free one")
      ->envname("MKTD_LISTEN")
      ->capture_default_str();
  app.add_option("--max-tarball-bytes", c.limits.tarball_bytes, "Largest tarball accepted")
      ->envname("MKTD_MAX_TARBALL_BYTES")
      ->capture_default_str();
  app.add_option("--max-json-bytes", c.limits.json_body_bytes,
                 "Largest body of POST /v1/publish accepted")
      ->envname("MKTD_MAX_JSON_BYTES")
      ->capture_default_str();
  app.add_option("--max-unpacked-bytes", c.limits.archive.unpacked_bytes,
                 "Most bytes that a tarball may unpack to")
      ->envname("MKTD_MAX_UNPACKED_BYTES")
      ->capture_default_str();
  app.add_option("--max-entries", c.limits.archive.entries,
                 "Most files and folders that a tarball may hold")
      ->envname("MKTD_MAX_ENTRIES")
      ->capture_default_str();
  app.add_option("--registration", c.registration,
                 "Who may register publishers: admin, or open to anyone")
      ->envname("MKTD_REGISTRATION")
      ->check(CLI::IsMember({"admin", "open"}))
      ->capture_default_str();
  app.add_option("--log-level", c.log_level, "debug, info, warning or error")
      ->envname("MKTD_LOG_LEVEL")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->capture_default_str();
  app.add_flag("--access-log,!--no-access-log", c.access_log, "Log every request (default: yes)")
      ->envname("MKTD_ACCESS_LOG");
  app.add_flag("--check-config", c.check_only, "Check the settings and exit");
  app.allow_config_extras(CLI::config_extras_mode::error);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    // CLI11 prints help and version to stdout, errors to stderr.
    const int status = app.exit(e);
    parsed.exit_now = status == 0 ? 0 : static_cast<int>(ExitStatus::invalid);
  }
  return parsed;
}

}  // namespace mkt
