#include "daemon/web/pieces.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

namespace mkt {

Html time_of(std::string_view t) {
  Html html;
  if (t.size() < 16) return html;
  html << "<time datetime=\"" << t << "\">" << t.substr(0, 10) << " " << t.substr(11, 5)
       << " UTC</time>";
  return html;
}

Html day_of(std::string_view t) {
  Html html;
  if (t.size() < 10) return html;
  html << "<time datetime=\"" << t << "\">" << t.substr(0, 10) << "</time>";
  return html;
}

Html bytes_of(std::uint64_t bytes) {
  Html html;
  constexpr double kKib = 1024;
  const auto size = static_cast<double>(bytes);
  if (bytes < 1024) {
    html << bytes << " bytes";
  } else if (size < kKib * kKib) {
    html << fmt::format("{:.1f} KiB", size / kKib);
  } else {
    html << fmt::format("{:.1f} MiB", size / kKib / kKib);
  }
  return html;
}

Html number_of(std::int64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) {
    at -= 3;
    if (text[at - 1] != '-') text.insert(at, ",");
  }
  Html html;
  html << text;
  return html;
}

Html link_elsewhere(std::string_view url) {
  Html html;
  if (const auto href = Href::elsewhere(url)) {
    html << "<a rel=\"nofollow noopener\" href=\"" << *href << "\">" << url << "</a>";
  } else {
    html << url;
  }
  return html;
}

Html connector_link(std::string_view id) {
  Html html;
  html << "<a href=\"" << Href::path({"connectors", id}) << "\">" << id << "</a>";
  return html;
}

Html version_link(std::string_view id, std::string_view version) {
  Html html;
  html << "<a href=\"" << Href::path({"connectors", id, version}) << "\">" << version << "</a>";
  return html;
}

Html publisher_link(std::string_view id) {
  Html html;
  html << "<a href=\"" << Href::path({"publishers", id}) << "\">" << id << "</a>";
  return html;
}

Html sentence(std::string_view message) {
  const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
  const std::size_t end = std::min(message.find(' '), message.size());
  std::string text(message);
  // What is no plain word may be a name: tool@1.0.0.
  if (end > 0 &&
      std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end), is_letter)) {
    text[0] = static_cast<char>(text[0] - 'a' + 'A');
  }
  if (!text.empty() && std::string_view(".!?…").find(text.back()) == std::string_view::npos) {
    text += '.';
  }
  Html html;
  html << text;
  return html;
}

Html badge(std::string_view word, Tone tone) {
  Html html;
  switch (tone) {
    case Tone::plain:
      html << "<span class=\"badge\">";
      break;
    case Tone::good:
      html << "<span class=\"badge good\">";
      break;
    case Tone::caution:
      html << "<span class=\"badge caution\">";
      break;
    case Tone::bad:
      html << "<span class=\"badge bad\">";
      break;
  }
  html << word << "</span>";
  return html;
}

Html policy_badge(std::string_view policy_class) {
  if (policy_class == "READ") return badge("reads", Tone::good);
  if (policy_class == "WRITE_NON_DESTRUCTIVE") return badge("writes", Tone::caution);
  if (policy_class == "DESTRUCTIVE") return badge("destroys", Tone::bad);
  return badge("not told", Tone::caution);
}

Html state_badge(std::string_view state) {
  for (const std::string_view good : {"active", "approved", "ok", "ready", "closed"}) {
    if (state == good) return badge(state, Tone::good);
  }
  for (const std::string_view caution :
       {"pending", "expired", "retired", "degraded", "suspended", "half-open"}) {
    if (state == caution) return badge(state, Tone::caution);
  }
  for (const std::string_view bad :
       {"revoked", "denied", "failed", "banned", "open", "not_ready"}) {
    if (state == bad) return badge(state, Tone::bad);
  }
  return badge(state, Tone::plain);
}

}  // namespace mkt
