#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Puts the page of the HTML report together: style, libraries and modules inside one HTML text.

usage: bundle.py --cpp FILE.cc LIBRARY.js...      the report's page as C++, split where data goes
       bundle.py --explorer FILE.html LIBRARY.js...  the explorer's page, without data

The modules beside this file are ES modules of one scope: an import names a module that stands
before the importing one, and no two modules may declare the same name. The page's security policy
allows exactly these scripts and styles by their hashes, and no request to anywhere.
"""
import base64
import hashlib
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
IMPORT = re.compile(r"^import\s+\{[^}]*\}\s+from\s+'\./([a-z_]+)\.js';\n", re.MULTILINE)
DECLARATION = re.compile(r"^(?:export )?(?:async )?(?:function|class|const|let)\s+(\w+)", re.MULTILINE)
LITERAL_BYTES = 8000  # of one string literal


def modules(entry):
    """Sources in an order in which each stands behind what it imports."""
    done, order = set(), []

    def visit(name, path):
        if name in path:
            sys.exit(f"bundle: {' imports '.join(path + [name])}")
        if name in done:
            return
        source = (HERE / f"{name}.js").read_text(encoding="utf-8")
        for needed in IMPORT.findall(source):
            visit(needed, path + [name])
        done.add(name)
        order.append((name, source))

    visit(entry, [])
    return order


def bundle_script(entry):
    owner, parts = {}, []
    for name, source in modules(entry):
        for declared in DECLARATION.findall(source):
            if declared in owner:
                sys.exit(f"bundle: {name}.js and {owner[declared]}.js both declare {declared}")
            owner[declared] = name
        body = re.sub(r"^export ", "", IMPORT.sub("", source), flags=re.MULTILINE)
        parts.append(f"// {name}.js\n{body}")
    return "'use strict';\n(() => {\n" + "\n".join(parts) + "})();\n"


def checked(source, what):
    if re.search(r"</(script|style)|<!--", source, re.IGNORECASE):
        sys.exit(f"bundle: {what} would end its own element")
    return source


def hash_of(text):
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def licences(libraries):
    texts = [(path.parent.name, (path.parent / "LICENSE.md").read_text(encoding="utf-8"))
             for path in libraries]
    return "\n".join(f"{name}\n\n{text.strip()}\n" for name, text in texts)


def page(entry, libraries, extra_policy, head=""):
    style = checked((HERE / "style.css").read_text(encoding="utf-8"), "style.css")
    scripts = [checked(path.read_text(encoding="utf-8"), path.name) for path in libraries]
    scripts.append(checked(bundle_script(entry), entry))
    policy = ("default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; "
              f"style-src {hash_of(style)}; script-src {' '.join(map(hash_of, scripts))}")
    html = (HERE / "index.html").read_text(encoding="utf-8")
    for mark, text in {
        "@policy@": policy + extra_policy,
        "@head@": head,
        "@style@": style,
        "@licences@": licences(libraries).replace("&", "&amp;").replace("<", "&lt;"),
        "@scripts@": "\n".join(f"<script>{script}</script>" for script in scripts),
    }.items():
        if html.count(mark) != 1:
            sys.exit(f"bundle: index.html should have {mark} once")
        html = html.replace(mark, text)
    return html


def literals(text):
    """A text as C++ string literals; pieces end between characters."""
    while text:
        piece = text[:LITERAL_BYTES]
        assert ')~page~"' not in piece
        yield f'R"~page~({piece})~page~"'
        text = text[LITERAL_BYTES:]


def as_cpp(html):
    before, after = html.split("@data@")
    return (
        "// Made by bundle.py from neuralpower/report/page/.\n"
        '#include "neuralpower/report/page_text.h"\n\n'
        "namespace neuralpower {\nnamespace {\n"
        + "".join(f"constexpr char {name}[] =\n" + "\n".join(literals(text)) + ";\n"
                  for name, text in (("kBefore", before), ("kAfter", after)))
        + "}  // namespace\n\n"
        "std::string_view page_before_data() { return {kBefore, sizeof(kBefore) - 1}; }\n"
        "std::string_view page_after_data() { return {kAfter, sizeof(kAfter) - 1}; }\n\n"
        "}  // namespace neuralpower\n")


def main(arguments):
    kind, out, *libraries = arguments
    libraries = [pathlib.Path(path) for path in libraries]
    if kind == "--cpp":
        text = as_cpp(page("main", libraries, ""))
    elif kind == "--explorer":
        # Its core is fetched from where the page came from, and nowhere else.
        text = page("explorer", libraries, " 'self' 'wasm-unsafe-eval'; connect-src 'self'",
                    '<script src="neuralpower.js"></script>\n').replace("@data@", "null")
    else:
        sys.exit(__doc__)
    pathlib.Path(out).write_text(text, encoding="utf-8")


main(sys.argv[1:])
