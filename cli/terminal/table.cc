#include "cli/terminal/table.h"

#include <algorithm>

#include "cli/terminal/text_width.h"

namespace mkt {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kMinText = 12;  // what a text that is shortened keeps at least
constexpr std::size_t kMinId = 9;
constexpr std::size_t kNarrow = 4;  // where even that does not fit

using Fit = Column::Fit;

std::size_t least_of(const Column& column, std::size_t natural) {
  switch (column.fit) {
    case Fit::cut_middle:
      return std::min(natural, std::max(kMinId, display_width(column.heading)));
    case Fit::cut_end:
    case Fit::wrap:
      return std::min(natural, std::max(kMinText, display_width(column.heading)));
    case Fit::whole:
    case Fit::right:
      break;
  }
  return natural;
}

struct Layout {
  std::vector<std::size_t> shown;   // columns, by their place
  std::vector<std::size_t> widths;  // of those that are shown
};

std::size_t total(const std::vector<std::size_t>& widths) {
  std::size_t sum = widths.empty() ? 0 : kGap * (widths.size() - 1);
  for (const std::size_t w : widths) sum += w;
  return sum;
}

// Columns go, the highest `gives_way` first, until the rest fits at its least.
void leave_out(const std::vector<Column>& columns, const std::vector<std::size_t>& least,
               std::size_t width, Layout& layout) {
  const auto needed = [&] {
    std::vector<std::size_t> widths;
    for (const std::size_t c : layout.shown) widths.push_back(least[c]);
    return total(widths);
  };
  while (needed() > width) {
    const auto first = std::max_element(
        layout.shown.begin(), layout.shown.end(),
        [&](std::size_t a, std::size_t b) { return columns[a].gives_way < columns[b].gives_way; });
    if (first == layout.shown.end() || columns[*first].gives_way == 0) return;
    layout.shown.erase(first);
  }
}

bool gives(const Column& column) { return column.fit != Fit::whole && column.fit != Fit::right; }

// The widest column that is above its least gives one place at a time, so that those that are
// shortened end up alike.
template <typename LeastOf>
void shrink(Layout& layout, std::size_t width, LeastOf least_of_column) {
  while (total(layout.widths) > width) {
    std::size_t widest = layout.shown.size();
    for (std::size_t i = 0; i < layout.shown.size(); ++i) {
      if (layout.widths[i] <= least_of_column(layout.shown[i])) continue;
      if (widest == layout.shown.size() || layout.widths[i] > layout.widths[widest]) widest = i;
    }
    if (widest == layout.shown.size()) return;
    --layout.widths[widest];
  }
}

Layout lay_out(const std::vector<Column>& columns, const std::vector<std::size_t>& natural,
               std::size_t width) {
  std::vector<std::size_t> least;
  Layout layout;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    least.push_back(least_of(columns[c], natural[c]));
    layout.shown.push_back(c);
  }
  leave_out(columns, least, width, layout);
  for (const std::size_t c : layout.shown) layout.widths.push_back(natural[c]);
  shrink(layout, width, [&](std::size_t c) { return least[c]; });
  // On a very narrow terminal texts and ids give more, and then everything does.
  shrink(layout, width, [&](std::size_t c) {
    return gives(columns[c]) ? std::min(natural[c], kNarrow) : natural[c];
  });
  shrink(layout, width, [&](std::size_t c) { return std::min(natural[c], kNarrow); });
  return layout;
}

std::vector<std::string> lines_of(const std::string& text, Fit fit, std::size_t width) {
  switch (fit) {
    case Fit::cut_middle:
      return {cut_middle(text, width)};
    case Fit::cut_end:
      return {cut_end(text, width)};
    case Fit::wrap:
      return wrap(text, width);
    case Fit::whole:
    case Fit::right:
      break;
  }
  return {cut_end(text, width)};
}

void add_padded(std::string& out, const std::string& text, std::size_t width, bool right,
                bool is_last, Tone tone, bool color) {
  const std::size_t used = display_width(text);
  const std::size_t blanks = width > used ? width - used : 0;
  if (right) out.append(blanks, ' ');
  out += toned(text, tone, color);
  if (!right && !is_last) out.append(blanks, ' ');
}

}  // namespace

Cell state_cell(std::string word) {
  const Tone tone = tone_of_state(word);
  return {std::move(word), tone};
}

std::string Table::text(const Screen& screen) const {
  return screen.out_is_terminal ? for_people(screen.columns, screen.out_color) : for_programs();
}

std::string Table::for_people(std::size_t columns, bool color) const {
  std::vector<std::size_t> natural;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    natural.push_back(display_width(columns_[c].heading));
    for (const auto& row : rows_) {
      if (c < row.size()) natural[c] = std::max(natural[c], display_width(row[c].text));
    }
  }
  const Layout layout = lay_out(columns_, natural, columns);
  std::string out;
  const auto add_row = [&](const auto& cell_of) {
    std::vector<std::vector<std::string>> cells;
    std::size_t height = 1;
    for (std::size_t i = 0; i < layout.shown.size(); ++i) {
      const Column& column = columns_[layout.shown[i]];
      cells.push_back(lines_of(cell_of(layout.shown[i]).text, column.fit, layout.widths[i]));
      height = std::max(height, cells.back().size());
    }
    for (std::size_t line = 0; line < height; ++line) {
      std::string row;
      for (std::size_t i = 0; i < layout.shown.size(); ++i) {
        const bool is_last = i + 1 == layout.shown.size();
        const std::string text = line < cells[i].size() ? cells[i][line] : std::string();
        add_padded(row, text, layout.widths[i], columns_[layout.shown[i]].fit == Fit::right,
                   is_last, cell_of(layout.shown[i]).tone, color);
        if (!is_last) row.append(kGap, ' ');
      }
      row.erase(row.find_last_not_of(' ') + 1);
      out += row + "\n";
    }
  };
  add_row([&](std::size_t c) { return Cell(columns_[c].heading, Tone::bold); });
  for (const auto& row : rows_) {
    add_row([&](std::size_t c) { return c < row.size() ? row[c] : Cell(""); });
  }
  return out;
}

std::string Table::for_programs() const {
  std::string out;
  for (const auto& row : rows_) {
    for (std::size_t c = 0; c < row.size(); ++c) {
      if (c > 0) out += '\t';
      out += row[c].exact.empty() ? row[c].text : row[c].exact;
    }
    out += '\n';
  }
  return out;
}

}  // namespace mkt
