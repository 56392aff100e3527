// The checks of `mkt doctor` that are about this machine: settings, private files, pins, what is
// installed, and space for more. None asks the registry, and none changes anything.
//
// Each gives at least one finding; where several things are wrong, one for each. Use from one
// thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/client/finding.h"
#include "cli/client/settings.h"

namespace mkt {

// Below these a folder that mkt writes is full, or nearly: a whole tarball does not fit.
inline constexpr std::uint64_t kNoSpace = 1024 * 1024;
inline constexpr std::uint64_t kLittleSpace = 100 * 1024 * 1024;

std::vector<Finding> check_settings(const SettingFlags& flags);

// Key files and stored tokens: readable by their owner, and by nobody else.
std::vector<Finding> check_keys();

// The keys that this user pinned for that registry.
std::vector<Finding> check_pins(const std::string& origin);

// mkt.lock, receipts and the installed files: whether they agree.
std::vector<Finding> check_installed(const std::filesystem::path& root);

// The disks of the folders that mkt writes: settings, state, cache, temporary files,
// connectors.
std::vector<Finding> check_space(const std::filesystem::path& root);

}  // namespace mkt
