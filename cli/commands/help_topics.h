// The topics of `mkt help`, and the sentences about exit statuses that help and topics share.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace mkt {

struct HelpTopic {
  std::string_view name;
  std::string_view summary;  // one line
  std::string_view text;
};

std::span<const HelpTopic> help_topics();

// "3  Not found.", a line for each status of `statuses`, which are numbers with blanks between.
std::string describe_exit_statuses(std::string_view statuses);

}  // namespace mkt
