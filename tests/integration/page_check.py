#!/usr/bin/env python3
"""page_check.py FILE: what no page of mktd may have, whatever strangers wrote.

Reads the HTML as a browser's parser would, and says with exit status 1 what it found: an element
that runs, loads or styles something, an attribute that does, or an address with another scheme.
"""
import html.parser
import sys

ELEMENTS = set("""html head meta title link body a header div img form input button nav ul ol li main
footer span h1 h2 h3 h4 h5 h6 p dl dt dd code pre table thead tbody tr th td section aside article
time strong em q br hr blockquote label select option ins del""".split())
VOID = {"meta", "link", "img", "input", "br", "hr"}
ADDRESSES = ("/", "#", "https://", "http://", "mailto:")


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []
        self.open = []
        self.ids = set()

    def handle_starttag(self, tag, attrs):
        if tag not in ELEMENTS:
            self.found.append(f"<{tag}>")
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            value = value or ""
            if name.startswith("on") or name in ("style", "srcdoc", "formaction", "ping"):
                self.found.append(f"<{tag} {name}=…>")
            if name in ("href", "src", "action") and not value.startswith(ADDRESSES):
                self.found.append(f"<{tag} {name}={value!r}>")
            if name == "src" and not value.startswith("/assets/"):
                self.found.append(f"<{tag} src={value!r}>")
            if name == "action" and not value.startswith("/"):
                self.found.append(f"a form that leads to {value!r}")
            if name == "href" and not value.startswith(("/", "#")):
                rel = dict(attrs).get("rel") or ""
                if "nofollow" not in rel or "noopener" not in rel:
                    self.found.append(f"a link to {value!r} without rel")
            if name == "id":
                if value in self.ids:
                    self.found.append(f"two elements with the id {value}")
                self.ids.add(value)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.found.append(f"</{tag}> ends nothing")


page = Page()
with open(sys.argv[1], encoding="utf-8") as file:
    page.feed(file.read())
page.close()
if page.open:
    page.found.append("not ended: " + " ".join(page.open))
for line in page.found:
    print(line)
sys.exit(1 if page.found else 0)
