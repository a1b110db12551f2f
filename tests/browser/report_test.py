#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Opens reports in a real browser: ResNet-50, several networks and devices, 3,000 layers, and names
that would like to be programs.

usage: report_test.py PROGRAM REPOSITORY [--screenshots FOLDER]
"""
import base64
import json
import pathlib
import re
import subprocess
import sys
import tempfile

from browser import Browser

program, root = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
screenshots = pathlib.Path(sys.argv[4]) if sys.argv[3:4] == ["--screenshots"] else None
networks = root / "examples/networks"
ROWS = ".layers tbody tr[aria-rowindex]"


def run(*arguments):
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"FAILED: neuralpower {' '.join(map(str, arguments))}: {done.stderr}")
    return done.stdout


def cells(browser, column):
    return browser.js("return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent)",
                      f"{ROWS} .col-{column}")


def picture(browser, name):
    if screenshots:
        height = browser.js("return document.documentElement.scrollHeight")
        width = browser.js("return innerWidth")
        shot = browser.device("Page.captureScreenshot", captureBeyondViewport=True,
                              clip={"x": 0, "y": 0, "width": width, "height": height, "scale": 1})
        (screenshots / f"{name}.png").write_bytes(base64.b64decode(shot["data"]))


def test_resnet50(browser, folder):
    page = folder / "resnet50.html"
    network = networks / "resnet50.layers"
    run("report", network, "--device", "xeon-gold-5120", "--batch", "1,8", "-o", page)
    said = json.loads(run("predict", network, "--device", "xeon-gold-5120", "--batch", 1, "--format", "json"))
    layers = said["layers"]
    browser.check(page.stat().st_size < 1_500_000, "ResNet-50's report is smaller than 1.5 MB")
    browser.open(page.as_uri())
    browser.equal(browser.text("h1"), "resnet50", "title")
    browser.equal(browser.count(".tile"), 5, "tiles")
    browser.equal(browser.js("return document.querySelector('table.layers').getAttribute('aria-rowcount')"),
                  str(len(layers) + 1), "rows of the table")

    # Sorting: by energy, most first, then least first.
    browser.click(".layers th.col-energy button")
    by_energy = sorted((l for l in layers if l["energy_j"]), key=lambda l: -l["energy_j"]["value"])
    browser.check(by_energy[0]["name"] in cells(browser, "name")[0], "sorted by energy, most first")
    browser.click(".layers th.col-energy button")
    browser.equal(browser.js("return document.querySelector('th.col-energy').getAttribute('aria-sort')"),
                  "ascending", "sorted again")
    browser.click(".layers th.col-index button")

    # Filtering: by text, kind and coverage.
    browser.choose("#search", "kernel=7")
    browser.equal(len(cells(browser, "name")), sum("kernel=7" in l["layer"] for l in layers), "filtered by text")
    browser.choose("#search", "")
    browser.click(".chip[data-kind=fc]")
    browser.equal(cells(browser, "kind"), ["fc"], "filtered by kind")
    browser.click(".chip[data-kind=fc]")
    browser.choose("#state", "uncovered")
    uncovered = sum(not l["covered"] for l in layers)
    browser.equal(browser.text(".filters .hint"), f"{uncovered} of {len(layers)}", "filtered by coverage")
    browser.click(".filters .button")

    # A layer chosen shows every digit that the program prints.
    browser.key(".scroller", "Home", "ArrowDown")
    chosen = next(l for l in layers[1:2])
    browser.equal(browser.text(".details h3"), chosen["name"], "layer chosen by keyboard")
    first = next(i for i, l in enumerate(layers) if l["energy_j"] and l["energy_j"]["value"] > 0)
    browser.key(".scroller", "Home", *["ArrowDown"] * first)
    browser.check(f"{layers[first]['runtime_ms']['value']} ms" in browser.text(".details"), "every digit of its runtime")

    # Charts answer to the keyboard and say what they show.
    browser.key("#layers canvas", "ArrowRight", "ArrowRight", "+", "0")
    browser.check(layers[1]["name"] in browser.text("#live"), "the chart reads a layer out")
    browser.check("ResNet" not in browser.text("#live") and browser.count("canvas[aria-label]") == browser.count("canvas"),
                  "charts have descriptions")

    # Batch, metric, theme.
    energy = browser.text(".tile:nth-child(4) .value")
    browser.choose(".switches select", "8")
    browser.check(browser.text(".tile:nth-child(4) .value") != energy, "another batch, another energy per item")
    browser.click(".segmented input[value=runtime]")
    browser.equal(browser.text("#layers h2"), "Runtime layer by layer", "another metric")
    background = "return getComputedStyle(document.body).backgroundColor"
    light = browser.js(background)
    browser.check_accessible("ResNet-50, light")
    picture(browser, "resnet50-light")
    browser.click("#theme")
    browser.check(browser.js(background) != light, "the theme changes")
    browser.check_accessible("ResNet-50, dark")
    browser.click("#theme")
    browser.equal(browser.js(background), light, "and changes back")
    browser.open(page.as_uri(), theme="dark")
    browser.check(browser.js(background) != light, "a dark system gets a dark page")
    picture(browser, "resnet50-dark")

    # Paper gets every row, in light colours.
    browser.js("dispatchEvent(new Event('beforeprint'))")
    browser.equal(browser.count(ROWS), len(layers), "printed rows")
    browser.equal(browser.count(".layers th button"), 0, "a printed head, repeated on each page, has no buttons")
    browser.js("dispatchEvent(new Event('afterprint'))")
    browser.settle()
    browser.check(browser.count(ROWS) < len(layers), "the screen again draws what is seen")
    printed = browser.device("Page.printToPDF", printBackground=True)
    browser.check(len(printed["data"]) > 10_000, "prints")
    browser.check_quiet("ResNet-50", page.as_uri())


def test_comparison(browser, folder):
    errors, page = folder / "errors.csv", folder / "compare.html"
    errors.write_text("name,error\nalexnet,0.2\nvgg16,0.1\nnin,0.19\n")
    measured = folder / "measured.csv"
    measured.write_text("layer,runtime_ms,power_w,energy_j\n"
                        "conv batch=1 in=3x224x224 out=64 kernel=11 stride=4 pad=2,2.5,75,0.1875\n")
    run("report", networks / "alexnet.layers", networks / "vgg16.layers", networks / "nin.layers", "--device",
        "xeon-gold-5120,tesla-t4", "--batch", "1,16,64", "--errors", errors, "--measured", measured, "-o", page)
    browser.open(page.as_uri())
    browser.equal(browser.count("#compare tbody tr"), 6, "pairs side by side")
    browser.equal(browser.count("#front tbody tr"), 3, "networks by error and energy")
    browser.equal(browser.count("#batches canvas"), 3, "curves over batch sizes")
    browser.equal(browser.count("#measured canvas"), 1, "predicted and measured")
    browser.check_accessible("comparison")
    browser.choose(".switches .select:nth-child(1) select", "1")
    browser.equal(browser.text("h1"), "vgg16", "another network")
    browser.choose(".switches .select:nth-child(2) select", "1")
    browser.check("T4" in browser.text("#subtitle"), "another device")
    browser.check(browser.js("return document.querySelector('.segmented input[value=energy]').disabled"),
                  "a device without power offers none")
    browser.click("#compare tbody tr:first-child button")
    browser.equal(browser.text("h1"), "alexnet", "chosen in the comparison")
    browser.open(page.as_uri(), width=390, height=800)
    browser.check(browser.js("return document.documentElement.scrollWidth <= innerWidth"), "a phone need not scroll sideways")
    browser.check_accessible("comparison on a phone")
    picture(browser, "compare-phone")
    browser.check_quiet("comparison", page.as_uri())


def test_3000_layers(browser, folder):
    lines = ["image: input batch=1 in=64x28x28"]
    before = "image"
    for block in range(750):
        lines += [f"b{block}.conv: conv out=64 kernel=3 pad=1 <- {before}", f"b{block}.norm: norm mode=batch",
                  f"b{block}.relu: activation mode=relu", f"b{block}.add: add <- b{block}.relu, {before}"]
        before = f"b{block}.add"
    network, page = folder / "deep.layers", folder / "deep.html"
    network.write_text("\n".join(lines) + "\n")
    run("report", network, "--device", "xeon-gold-5120", "-o", page)
    browser.open(page.as_uri())
    browser.equal(browser.text(".tile:last-child .note").split(";")[0], "1,500 of 3,000 layers", "3,000 layers")
    browser.check(browser.count(ROWS) < 100, "only rows in view are drawn")
    browser.key(".scroller", "End")
    browser.until(lambda: "b749.add" in "".join(cells(browser, "name")), "the last row")
    browser.check(browser.count(ROWS) < 100, "still only rows in view are drawn")
    browser.choose("#search", "b7")
    browser.equal(browser.text(".filters .hint"), "244 of 3,000", "filtered")
    roofline = browser.js("return document.querySelector('#roofline canvas')")
    browser.key(".scroller", "Home")
    browser.equal(browser.js("return document.querySelector('#roofline canvas')"), roofline, "a choice recolours the chart there is")
    picture(browser, "deep")
    browser.check_quiet("3,000 layers", page.as_uri())


def test_hostile_names(browser, folder):
    evil = "</script><script>document.title='owned'</script><img src=x onerror=alert(1)>"
    network, page = folder / "hostile.prototxt", folder / "hostile.html"
    network.write_text(f'''name: "{evil}"
input: "data" input_shape {{ dim: 1 dim: 3 dim: 32 dim: 32 }}
layer {{ name: "{evil}" type: "Convolution" bottom: "data" top: "{evil}"
  convolution_param {{ num_output: 8 kernel_size: 3 pad: 1 }} }}
layer {{ name: "<!--" type: "ReLU" bottom: "{evil}" top: "x" }}
layer {{ name: "\u202egnp.exe" type: "ReLU" bottom: "x" top: "x2" }}
layer {{ name: "&lt;b&gt;" type: "<svg onload=alert(2)>" bottom: "x" top: "y" }}
''')
    run("report", network, "--device", "xeon-gold-5120", "-o", page)
    browser.open(page.as_uri())
    browser.equal(browser.text("h1"), evil, "the name as text")
    browser.check("owned" != browser.js("return document.title"), "the title is not taken over")
    browser.equal(browser.js("return document.scripts.length"), len(re.findall("<script", page.read_text(encoding="utf-8"))) ,
                  "scripts of the page")
    browser.equal(browser.count("img, svg"), 0, "elements from names")
    browser.key(".scroller", "Home")
    browser.equal(browser.text(".details h3"), evil, "a layer's name as text")
    browser.check("\u202e" not in browser.js("return document.body.innerText"), "no name turns the text behind it")
    browser.check_quiet("hostile names", page.as_uri())


browser = Browser()
try:
    with tempfile.TemporaryDirectory(prefix="neuralpower-reports-") as name:
        for test in (test_resnet50, test_comparison, test_3000_layers, test_hostile_names):
            test(browser, pathlib.Path(name))
finally:
    browser.close()
print(f"{len(browser.failures)} failed")
sys.exit(1 if browser.failures else 0)
