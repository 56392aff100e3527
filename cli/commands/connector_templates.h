// What `mkt init --template` lays out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mkt {

struct TemplateFile {
  std::string_view path;
  std::string_view text;
};

struct ConnectorTemplate {
  std::string_view name;  // "" for the one that is taken where none is named
  std::string_view entrypoint;
  std::string_view ignored;  // lines of .mktignore
  std::vector<TemplateFile> files;
  std::string_view run;  // how to try it, "" where there is nothing to say
};

// nullptr where there is none of that name.
const ConnectorTemplate* find_template(std::string_view name);
// Those that have a name.
std::vector<std::string> template_names();

}  // namespace mkt
