// Table: rows for a person or for a program.
//
// On a terminal it fits: where the width does not suffice, columns give way by their kind (the
// middle of ids, the end of texts), then the less important ones are left out. In a pipe each row
// is a line of whole values with tabs between, without a heading. Texts from elsewhere must have
// passed `printable`.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <vector>

#include "cli/terminal/screen.h"
#include "cli/terminal/style.h"

namespace mkt {

struct Column {
  enum class Fit {
    whole,       // never shortened
    cut_middle,  // ids and digests
    cut_end,     // texts of one line
    wrap,        // texts of several lines
    right,       // numbers: whole, at the right edge
  };
  std::string heading;
  Fit fit = Fit::whole;
  // Columns with the highest number are left out first; those with 0 stay.
  unsigned gives_way = 0;
};

struct Cell {
  std::string text;
  Tone tone = Tone::plain;
  std::string exact = {};  // in a pipe, where that is another text than the one for people

  Cell(std::string t) : text(std::move(t)) {}  // NOLINT: a cell is a text
  Cell(const char* t) : text(t) {}             // NOLINT
  Cell(std::string t, Tone of) : text(std::move(t)), tone(of) {}
  Cell(std::string t, Tone of, std::string in_pipes)
      : text(std::move(t)), tone(of), exact(std::move(in_pipes)) {}
};

// A state's word in its colour.
Cell state_cell(std::string word);

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  bool empty() const { return rows_.empty(); }
  std::size_t size() const { return rows_.size(); }

  // For stdout: for_people or for_programs, by what the screen is.
  std::string text(const Screen& screen) const;
  std::string for_people(std::size_t columns, bool color) const;
  std::string for_programs() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace mkt
