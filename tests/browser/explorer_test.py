#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Opens the explorer in a real browser: files go in, the report comes out, the numbers are those of
the command line to the last digit, and nothing leaves the page.

usage: explorer_test.py PROGRAM REPOSITORY [--screenshots FOLDER]
"""
import base64
import json
import pathlib
import subprocess
import sys
import tempfile

from browser import Browser

program, root = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
screenshots = pathlib.Path(sys.argv[4]) if sys.argv[3:4] == ["--screenshots"] else None
networks = root / "examples/networks"

ASK = """
const [files, request, done] = arguments;
(async () => {
  if (!window.core) { window.core = await createNeuralPower(); core.FS.mkdir('/asked'); }
  for (const [name, text] of Object.entries(files))
    core.FS.writeFile('/asked/' + name, Uint8Array.from(atob(text), (c) => c.charCodeAt(0)));
  const start = performance.now();
  const answer = core.ccall('neuralpower_report', 'string', ['string'], [JSON.stringify(request)]);
  return [performance.now() - start, answer];
})().then(done, (error) => done([0, JSON.stringify({error: String(error)})]));
"""


def run(*arguments):
    return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, check=False)


def ask(browser, files, batches):
    """The core's answer for one network and one device model, and its milliseconds."""
    network, device = files
    contents = {f.name: base64.b64encode(f.read_bytes()).decode() for f in files}
    took, answer = browser.driver.execute_async_script(ASK, contents, {
        "networks": [f"/asked/{network.name}"], "devices": [f"/asked/{device.name}"], "batches": batches})
    return took, json.loads(answer)


def test_same_answers(browser, folder):
    resnet = folder / "resnet50.onnx"
    run("convert", networks / "resnet50.layers", "-o", resnet)
    inputs = sorted(networks.glob("*.layers")) + [resnet] + sorted((root / "tests/networks/torch").glob("*.onnx"))[:6]
    for device in sorted((root / "devices").glob("*.json")):
        for network in inputs:
            for batch in (1, 8):
                said = run("predict", network, "--device", device, "--batch", batch, "--format", "json")
                took, answer = ask(browser, (network, device), [batch])
                what = f"{network.name} at batch {batch} on {device.name}"
                if said.returncode:
                    browser.check("error" in answer, f"{what}: the program fails, the page does not")
                    continue
                if not browser.check("error" not in answer, f"{what}: {answer.get('error')}"):
                    continue
                browser.check(answer["report"]["runs"][0]["prediction"] == json.loads(said.stdout),
                              f"{what}: not what the program says")
                if network == resnet:
                    print(f"{what}: read and predicted in {took:.0f} ms")


def test_errors(browser, folder):
    broken = folder / "broken.onnx"
    broken.write_bytes(b"\x08\x07not a network")
    said = run("predict", broken, "--device", "xeon-gold-5120").stderr
    _, answer = ask(browser, (broken, root / "devices/xeon-gold-5120.json"), [])
    browser.equal(answer["error"].replace("/asked/", ""),
                  said.removeprefix("neuralpower: error: ").strip().replace(f"{folder}/", ""), "the same error")


def drop(browser, *files):
    browser.driver.find_element("id", "choose").send_keys("\n".join(map(str, files)))


def test_page(browser, address, folder):
    browser.open(address)
    browser.until(lambda: browser.count("#choose") == 1, "the explorer starts")
    browser.check_accessible("explorer, empty")
    drop(browser, folder / "resnet50.onnx")
    browser.until(lambda: "device model" in browser.text("#state-text"), "asks for a device model")
    browser.choose("#shipped", "xeon-gold-5120.json")
    browser.until(lambda: browser.text("h1") == "resnet50", "shows the report")
    browser.check(browser.count("#content canvas") >= 3, "charts")
    drop(browser, networks / "vgg16.layers")
    browser.until(lambda: browser.count("#compare tbody tr") == 2, "two networks side by side")
    browser.choose("#batches", "1,8")
    browser.until(lambda: browser.count("#batches canvas, section#batches canvas") >= 0 and
                  browser.count(".switches select") == 2, "batch sizes")
    browser.check_accessible("explorer")
    if screenshots:
        shot = browser.device("Page.captureScreenshot", captureBeyondViewport=False)
        (screenshots / "explorer.png").write_bytes(base64.b64decode(shot["data"]))
    drop(browser, folder / "broken.onnx")
    browser.until(lambda: "broken.onnx" in browser.text("#state-text"), "says what is broken")
    browser.click("#files .chip[aria-label$='broken.onnx']")
    browser.until(lambda: "Read and predicted" in browser.text("#state-text"), "and goes on without it")
    browser.check_quiet("explorer", address)


server = subprocess.Popen([program, "explore", "--port", "0"], stdout=subprocess.PIPE, text=True)
browser = None
try:
    address = server.stdout.readline().split(" ")[0]
    if not address.startswith("http://127.0.0.1:"):
        sys.exit("FAILED: the server does not start")
    browser = Browser()
    with tempfile.TemporaryDirectory(prefix="neuralpower-explorer-") as name:
        folder = pathlib.Path(name)
        browser.open(address)
        browser.until(lambda: browser.count("#choose") == 1, "the explorer starts")
        test_same_answers(browser, folder)
        test_errors(browser, folder)
        test_page(browser, address, folder)
finally:
    server.terminate()
    server.wait()
    if browser:
        browser.close()
print(f"{len(browser.failures)} failed")
sys.exit(1 if browser.failures else 0)
