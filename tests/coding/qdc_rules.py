"""The rules of the codebook schema of REFI-QDA 1.0, and what of a text breaks them."""

import re
from xml.etree import ElementTree as ET

SPACE = "{urn:QDA-XML:codebook:1.0}"
# The rules of Codebook.xsd of REFI-QDA 1.0 (qdasoftware.org, "REFI-QDA Standard", version 1.5 of its text, chapter on codebook
# exchange), written down here: element -> (attributes it must have, may have; children in their order, with least and most).
GUID = re.compile(
    r"([0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})|(\{[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\})"
)
RGB = re.compile(r"#([A-Fa-f0-9]{6}|[A-Fa-f0-9]{3})")
MANY = 10**9
ONE = '<Code guid="1FF58B12-6F6F-4B0C-8BE5-BBDC91F55294" name="one" isCodable="true"/>'
RULES: dict[str, tuple[set[str], set[str], list[tuple[str, int, int]]]] = {
    "CodeBook": (set(), {"origin"}, [("Codes", 1, 1), ("Sets", 0, 1)]),
    "Codes": (set(), set(), [("Code", 1, MANY)]),
    "Code": ({"guid", "name", "isCodable"}, {"color"}, [("Description", 0, 1), ("Code", 0, MANY)]),
    "Description": (set(), set(), []),
    "Sets": (set(), set(), [("Set", 1, MANY)]),
    "Set": ({"guid", "name"}, set(), [("Description", 0, 1), ("MemberCode", 0, MANY)]),
    "MemberCode": ({"guid"}, set(), []),
}
TYPES = {"guid": GUID, "color": RGB, "isCodable": re.compile("true|false|1|0"), "name": re.compile(".*", re.DOTALL)}


def parsed(text: str) -> ET.Element:
    """What we wrote ourselves, or this test did."""
    return ET.fromstring(text)  # noqa: S314


def breaches(element: ET.Element) -> list[str]:
    """Which of the schema's rules an element and what is in it break."""
    tag = element.tag.removeprefix(SPACE)
    must, may, children = RULES[tag]
    found = [f"{tag} lacks {name}" for name in must - element.attrib.keys()]
    found += [f"{tag} has {name}" for name in element.attrib.keys() - must - may]
    found += [
        f"{name}={text}" for name, text in element.attrib.items() if name in TYPES and not TYPES[name].fullmatch(text)
    ]
    tags = [child.tag.removeprefix(SPACE) for child in element]
    order = [name for name, _, _ in children]
    if tags != sorted(tags, key=lambda one: order.index(one) if one in order else 99):
        found.append(f"{tag}: {tags}")
    found += [
        f"{tag} has {tags.count(name)} {name}"
        for name, least, most in children
        if not least <= tags.count(name) <= most
    ]
    found += [f"{tag} holds {name}" for name in set(tags) - set(order)]
    return found + [one for child in element for one in breaches(child)]


def qdc(inside: str, attributes: str = "", before: str = "") -> bytes:
    return f'<?xml version="1.0"?>{before}<CodeBook xmlns="urn:QDA-XML:codebook:1.0" {attributes}>{inside}</CodeBook>'.encode()
