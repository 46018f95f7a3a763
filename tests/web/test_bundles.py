"""Modules and style sheets joined into one file each."""

import re
from pathlib import Path

import pytest

from app.web.assets import Assets
from app.web.bundles import BundleError, is_entry, join_script, join_style
from tests.support.browser import OpenPage
from tests.support.server import DemoServer

STORE = "// How much there is.\nexport const most = 3;\nexport async function keep(text) {\n  return `${text} // kept`;\n}\n"
SYNC = (
    'import { keep, most as limit } from "./store.js";\n\n'
    "const hidden = limit;\nexport function send() {\n  return hidden;\n}\n"
)
PAGE = 'import { send } from "./sync.js";\nimport { keep } from "./store.js";\n\nsend();\nkeep("a");\n'


def test_each_module_stands_once_and_before_what_imports_it() -> None:
    joined = join_script("page.js", {"store.js": STORE, "sync.js": SYNC, "page.js": PAGE})
    assert joined.count("async function keep") == 1
    assert joined.index("const $store") < joined.index("const $sync") < joined.index("const $page")
    assert re.search(r"const ?\{ ?keep, ?most: ?limit ?\} ?= ?\$store;", joined)
    assert "import" not in joined
    assert "export" not in joined
    assert "How much there is" not in joined
    assert "// kept" in joined


@pytest.mark.parametrize(
    ("sources", "words"),
    [
        ({"page.js": PAGE}, "needs sync.js"),
        ({"page.js": PAGE, "sync.js": SYNC, "store.js": "export const keep = 1;\n"}, "most"),
        (
            {
                "page.js": 'import { a } from "./b.js";\n',
                "b.js": 'import { c } from "./page.js";\nexport const a = 1;\n',
            },
            "itself",
        ),
        ({"page.js": PAGE.replace("{ send }", "send"), "store.js": STORE}, "cannot join"),
        ({"page.js": "export default 3;\n"}, "cannot join"),
        ({"page.js": "export { a };\n"}, "cannot join"),
    ],
)
def test_what_cannot_be_joined_is_said_when_the_application_starts(sources: dict[str, str], words: str) -> None:
    with pytest.raises(BundleError, match=words):
        join_script("page.js", sources)


def test_only_a_script_that_nothing_is_imported_from_is_joined(tmp_path: Path) -> None:
    assert is_entry(PAGE)
    assert not is_entry(SYNC)
    for name, source in {"store.js": STORE, "sync.js": SYNC, "page.js": PAGE}.items():
        (tmp_path / name).write_text(source, encoding="utf-8")
    assets = Assets([tmp_path])
    module, page = assets.get("sync.js"), assets.get("page.js")
    assert module is not None
    assert module.body.decode() == SYNC
    assert page is not None
    assert b"$store" in page.body


def test_a_style_sheet_takes_in_what_its_first_lines_import() -> None:
    sources = {"tokens.css": ":root { --a: 1px; }\n", "phone.css": '@import "tokens.css";\np { margin: var(--a); }\n'}
    assert join_style("phone.css", sources) == ":root{--a:1px}p{margin:var(--a)}"
    with pytest.raises(BundleError, match="no style sheet"):
        join_style("phone.css", {"phone.css": '@import "none.css";\n'})


def test_a_joined_script_runs_in_a_browser(demo_server: DemoServer, open_page: OpenPage) -> None:
    page = open_page()
    page.goto(f"{demo_server.base_url}/d")
    sources = {"store.js": STORE, "sync.js": SYNC, "page.js": PAGE.replace("send();", "const told = { sent: send() };")}
    script = join_script("page.js", sources).replace(
        'keep("a");', 'window.found = keep("a").then((kept) => [told.sent, kept]);'
    )
    page.evaluate(script)
    assert page.evaluate("window.found") == [3, "a // kept"]


def test_what_follows_leaves_out_what_the_first_script_holds(demo_server: DemoServer, open_page: OpenPage) -> None:
    first = 'import { keep } from "./store.js";\n\nkeep("a");\n'
    sources = {"store.js": STORE, "sync.js": SYNC, "phone.js": first}
    sources["later.js"] = 'import { send } from "./sync.js";\nexport function both() {\n  return [send(), "b"];\n}\n'
    later = join_script("later.js", sources)
    assert "async function keep" not in later
    page = open_page()
    page.goto(f"{demo_server.base_url}/d")
    page.evaluate(join_script("phone.js", sources))
    assert page.evaluate(re.sub(r"export const ?", "var ", later) + ";both()") == [3, "b"]
