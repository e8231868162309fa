# SPDX-License-Identifier: MIT
"""The links of Markdown documents that lead to files."""
import os
import re


def _anchors(path):
    """The names of its headings, as links write them."""
    with open(path, encoding="utf-8") as file:
        text = re.sub(r"(?ms)^```.*?^```$", "", file.read())
    headings = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in re.findall(r"(?m)^#+ (.*)$", text))
    return {heading.strip().replace(" ", "-") for heading in headings}


def _leads_somewhere(document, link):
    path, _, anchor = link.partition("#")
    path = os.path.join(os.path.dirname(document), path) if path else document
    return os.path.exists(path) and (not anchor or anchor in _anchors(path))


def dead_links(*places):
    """(how many relative links there are in these documents and folders, those that lead nowhere)"""
    documents = [place for place in places if os.path.isfile(place)]
    for place in places:
        documents += [os.path.join(folder, name) for folder, _, names in os.walk(place) for name in names
                      if re.search(r"\.md(\.gz)?$", name)]
    count, dead = 0, []
    for document in documents:
        if document.endswith(".gz"):
            dead.append(f"{document}: nothing links to a compressed document")
            continue
        with open(document, encoding="utf-8") as file:
            links = re.findall(r"\]\((?![a-z]+:)([^)\s]+)\)", file.read())
        count += len(links)
        dead += [f"{document}: {link}" for link in links if not _leads_somewhere(document, link)]
    return count, dead
