# The chart of bench.json: an SVG with a bar for each ratio, and a small chart for each growth curve.
# Both on logarithmic scales, since what is twice as good should be as far from 1 as what is half as
# good; it takes the reader's light or dark.

def text: tostring | gsub("&"; "&amp;") | gsub("<"; "&lt;") | gsub(">"; "&gt;");
def round1: . * 10 | round / 10;
def clamp($least; $most): if . < $least then $least elif . > $most then $most else . end;
# Three digits, as 12,300 or 0.042.
def short: if . == 0 then 0
  else pow(10; 2 - (fabs | log10 | floor)) as $f
    | (. * $f | round / $f) as $v
    | if $v >= 1000000 then "\($v / 1000000)M" elif $v >= 1000 then "\($v / 1000)k" else $v end
  end;
def median: sort | .[(length - 1) / 2 | floor];
# All powers of ten about the values, as exponents.
def decades: [min, max] | map(log10) | (.[0] + 0.001 | floor) as $first | [$first, ([(.[1] - 0.001 | ceil), $first + 1] | max)];

. as $root
| 1080 as $width
| 18 as $row
| 390 as $left
| 180 as $right
| 64 as $head
| .pairs as $pairs

# Ratios.
| ($pairs | map(.ratio.least, .ratio.most, 0.5, 2) | decades) as $span
| (($width - $left - $right) / ($span[1] - $span[0])) as $decade
| def x: $left + ((log10 - $span[0]) * $decade | clamp(0; $width - $left - $right)) | round1;
  ($head + 30) as $bars
| ($bars + ($pairs | length) * $row + 10) as $bars_end
| ([range($span[0]; $span[1] + 1) | pow(10; .) as $v
    | "<line class='grid' x1='\($v | x)' x2='\($v | x)' y1='\($bars - 8)' y2='\($bars_end - 6)'/><text class='dim' text-anchor='middle' x='\($v | x)' y='\($bars - 14)'>\($v | short)×</text>"]
  + ["<line class='one' x1='\(1 | x)' x2='\(1 | x)' y1='\($bars - 8)' y2='\($bars_end - 6)'/>"]
  + [$pairs | to_entries[] | (.key * $row + $bars + 4) as $y | .value | .ratio as $r
    | (if $r.median >= 1 then "better" else "worse" end) as $class
    | ([1, $r.median] | min | x) as $from | ([1, $r.median] | max | x) as $to
    | "<text text-anchor='end' x='\($left - 10)' y='\($y + 4)'>\(.what | text) <tspan class='dim'>· \(.peer | text)</tspan></text>",
      "<rect class='\($class)' x='\($from)' y='\($y - 5)' width='\($to - $from | round1)' height='10' rx='2'><title>mkt \(.ours.median | short) \(.unit | text), \(.peer | text) \(.theirs.median | short) \(.unit | text)</title></rect>",
      "<path class='spread' d='M\($r.least | x) \($y)H\($r.most | x)M\($r.least | x) \($y - 3)v6M\($r.most | x) \($y - 3)v6'/>",
      "<text x='\($width - $right + 14)' y='\($y + 4)'>\($r.median | short)× <tspan class='dim'>(\($r.least | short) to \($r.most | short))</tspan></text>"])
  as $ratios

# Growth: three charts a line.
| ([.growth[] | .curve] | reduce .[] as $c ([]; if index([$c]) then . else . + [$c] end)) as $curves
| (if $pairs == [] then $head else $bars_end + 24 end) as $growth_top
| 330 as $cell
| 220 as $tall
| [$curves | to_entries[] | .key as $n | .value as $curve
    | [$root.growth[] | select(.curve == $curve) | . + {y: (.values | median)} | select(.y > 0)] as $points
    | select($points != [])
    | ([$points[] | .series] | reduce .[] as $s ([]; if index([$s]) then . else . + [$s] end)) as $series
    | (20 + ($n % 3) * ($cell + 10)) as $x0 | ($growth_top + ($n / 3 | floor) * $tall) as $y0
    | ([$points[] | .x] | decades) as $across | ([$points[] | .y] | decades) as $up
    | (40 + $x0) as $plot_left | ($x0 + $cell - 14) as $plot_right
    | ($y0 + 26 + ($series | length) * 13) as $plot_top | ($y0 + $tall - 34) as $plot_bottom
    | def px: $plot_left + (log10 - $across[0]) / ($across[1] - $across[0]) * ($plot_right - $plot_left) | round1;
      def py: $plot_bottom - (log10 - $up[0]) / ($up[1] - $up[0]) * ($plot_bottom - $plot_top) | round1;
      "<text class='title' x='\($x0)' y='\($y0 + 8)'>\($curve | text), \($points[0].unit | text)</text>",
      (range($up[0]; $up[1] + 1) | pow(10; .)
        | "<line class='grid' x1='\($plot_left)' x2='\($plot_right)' y1='\(py)' y2='\(py)'/><text class='dim' text-anchor='end' x='\($plot_left - 5)' y='\(py + 4)'>\(short)</text>"),
      (range($across[0]; $across[1] + 1) | pow(10; .)
        | "<text class='dim' text-anchor='middle' x='\(px)' y='\($plot_bottom + 15)'>\(short)</text>"),
      ($series | to_entries[] | .key as $k | .value as $name
        | [$points[] | select(.series == $name)] as $own
        | "<text class='s\($k)' x='\($x0)' y='\($y0 + 22 + $k * 13)'>— \($name | text)</text>",
          "<polyline class='l\($k)' points='\([$own[] | "\(.x | px),\(.y | py)"] | join(" "))'/>",
          ($own[] | "<circle class='s\($k)' cx='\(.x | px)' cy='\(.y | py)' r='2.5'><title>\($name | text), \(.x | short): \(.y | short) \(.unit | text)</title></circle>"))]
  as $growth
| ($growth_top + (($curves | length) / 3 | ceil) * $tall + 10) as $height

| "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 \($width) \($height)' width='\($width)' height='\($height)' role='img' aria-label='mkt beside others'>
<style>
  svg {--ink: #1d2430; --dim: #667085; --paper: #ffffff; --grid: #e4e7ec; --better: #2f7d5b; --worse: #c2622d;
    --a: #2f6fb5; --b: #c2622d; --c: #2f7d5b; --d: #8a4fb0; font: 12px system-ui, sans-serif}
  @media (prefers-color-scheme: dark) {svg {--ink: #e6e9ef; --dim: #98a2b3; --paper: #14181f; --grid: #2b323d;
    --better: #4fb286; --worse: #e58a55; --a: #6aa7e8; --b: #e58a55; --c: #4fb286; --d: #bd8fe0}}
  text {fill: var(--ink)} .dim {fill: var(--dim)} .title {font-weight: 600} .paper {fill: var(--paper)}
  .grid {stroke: var(--grid)} .one {stroke: var(--dim)} .better {fill: var(--better)} .worse {fill: var(--worse)}
  .spread {stroke: var(--ink); fill: none} polyline {fill: none; stroke-width: 1.5}
  .s0 {fill: var(--a)} .s1 {fill: var(--b)} .s2 {fill: var(--c)} .s3 {fill: var(--d)}
  .l0 {stroke: var(--a)} .l1 {stroke: var(--b)} .l2 {stroke: var(--c)} .l3 {stroke: var(--d)}
</style>
<rect class='paper' width='100%' height='100%'/>
<text class='title' x='20' y='26' style='font-size: 16px'>mkt \(.mkt | text) beside others</text>
<text class='dim' x='20' y='46'>\(.machine.cores) × \(.machine.cpu | text), \(.at | text[:10]); median and spread of \(.runs) runs in turns; right of 1× is where mkt is better</text>
\($ratios | if $pairs == [] then "" else join("\n") end)
\($growth | join("\n"))
</svg>"
