// Journal: sends log entries to systemd-journald with their fields, by its native protocol
// (systemd.io/JOURNAL_NATIVE_PROTOCOL): one datagram an entry, and a sealed memfd for one that is
// too large for a datagram.
//
// Thread-safe.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/files.h"
#include "common/base/result.h"

namespace mkt {

inline constexpr const char* kJournalSocket = "/run/systemd/journal/socket";

// Names are of A-Z, 0-9 and underscores; values are any bytes.
using JournalFields = std::vector<std::pair<std::string, std::string>>;

class Journal {
 public:
  // An error where no socket is there.
  static Result<Journal> open(const std::filesystem::path& socket = kJournalSocket);

  Status send(const JournalFields& fields) const;

 private:
  Journal(UniqueFd fd, std::filesystem::path socket)
      : fd_(std::move(fd)), socket_(std::move(socket)) {}

  UniqueFd fd_;
  std::filesystem::path socket_;
};

// The name of a field of ours: "MKTD_TRACE_ID" for "traceId".
std::string journal_field_name(std::string_view name);

// Whether standard error is a stream of the journal, as systemd says in $JOURNAL_STREAM.
bool stderr_is_journal();

}  // namespace mkt
