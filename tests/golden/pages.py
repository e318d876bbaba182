# SPDX-License-Identifier: MIT
"""The HTML report in a real browser: pages.py LUA [FOLDER]
Headless Chromium shows it at a phone's and at a desk's width, light and dark, and beside it a report whose contents are
hostile. It must draw something everywhere, in the right colours, and say nothing on its console: no script that ran, no
resource that was asked for, nothing that the page's Content-Security-Policy had to stop. With FOLDER the pictures stay there."""
import html
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import zlib

sys.dont_write_bytecode = True
import golden  # pylint: disable=wrong-import-position
import skipped  # pylint: disable=wrong-import-position

FRAMES = [("report", 390), ("report", 1000), ("hostile", 390)]  # page, width
HEIGHT = 700
SCHEMES = {"light": (1, (0xF4, 0xF5, 0xF6)), "dark": (0, (0x11, 0x14, 0x17))}  # Chromium's number, colour of the page
EVIL = "<script>console.log('ran')</script><img src=http://127.0.0.1:9/x>\"' onload=alert(1) "
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--hide-scrollbars", "--enable-logging=stderr"]


def hostile(report, folder):
    """The report with markup in what findings and tables say, and in the name of a server."""
    with open(report, encoding="utf-8") as file:
        text = file.read().replace("ns2.shop.example", "ns2<script>alert(1)</script>.shop.example")
    document = json.loads(text)
    document["target"]["name"] = EVIL
    document["verdict"]["summary"] = EVIL * 3
    for finding in document["findings"]:
        finding.update(summary=EVIL, fix=EVIL, reproduce=[EVIL])
        finding["subject"]["label"] = EVIL
    for exchange in document["exchanges"]:
        exchange["server"]["label"] = EVIL
    path = os.path.join(folder, "hostile.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(document, file)
    return path


def harness(folder):
    """One page with a frame for each width."""
    frames = "".join("<iframe src='%s.html' width=%d height=%d style='border:0;float:left'></iframe>" % (page, width, HEIGHT)
                     for page, width in FRAMES)
    path = os.path.join(folder, "all.html")
    with open(path, "w", encoding="utf-8") as file:
        file.write("<!DOCTYPE html><html><body style='margin:0'>%s</body></html>" % frames)
    return path


def browse(browser, folder, scheme, picture):
    """What the browser wrote to its log; it is ended with all it started."""
    argv = [browser, *FLAGS, "--user-data-dir=" + os.path.join(folder, "profile-" + scheme),
            "--blink-settings=preferredColorScheme=%d" % SCHEMES[scheme][0],
            "--window-size=%d,%d" % (sum(width for _, width in FRAMES), HEIGHT), "--screenshot=" + picture,
            "file://" + os.path.join(folder, "all.html")]
    env = {key: value for key, value in os.environ.items() if key not in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS")}
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace", env=env,
                          start_new_session=True) as process:
        try:
            return process.communicate(timeout=100)[1]
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return "CONSOLE: the browser did not end"


def unfiltered(kind, row, above, size):
    """A line of a PNG (PNG specification, clause 9)."""
    if kind == 2:
        return bytearray((a + b) & 255 for a, b in zip(row, above))
    for i in range(size if kind in (1, 3, 4) else len(row), len(row)) if kind == 1 else range(len(row)) if kind > 2 else ():
        left, up, corner = (row[i - size] if i >= size else 0), above[i], (above[i - size] if i >= size else 0)
        if kind == 1:
            add = left
        elif kind == 3:
            add = (left + up) // 2
        else:
            near = left + up - corner
            add = min((abs(near - left), 0, left), (abs(near - up), 1, up), (abs(near - corner), 2, corner))[2]
        row[i] = (row[i] + add) & 255
    return row


def pixels(path):
    """Lines of (r, g, b) of an 8-bit PNG without interlacing."""
    with open(path, "rb") as file:
        data = file.read()
    width, height, _, colour = struct.unpack(">IIBB", data[16:26])
    size, packed, at = {2: 3, 6: 4}[colour], b"", 8
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        packed += data[at + 8:at + 8 + length] if kind == b"IDAT" else b""
        at += 12 + length
    raw, lines, above = zlib.decompress(packed), [], bytearray(width * size)
    for y in range(height):
        start = y * (width * size + 1)
        above = unfiltered(raw[start], bytearray(raw[start + 1:start + 1 + width * size]), above, size)
        lines.append([tuple(above[i:i + 3]) for i in range(0, width * size, size)])
    return lines


def picture_errors(path, scheme):
    if not os.path.exists(path):
        return ["%s: no picture" % scheme]
    lines, errors, left = pixels(path), [], 0
    if len(lines) != HEIGHT or len(lines[0]) != sum(width for _, width in FRAMES):
        return ["%s: %d x %d" % (scheme, len(lines[0]), len(lines))]
    for page, width in FRAMES:
        colours = {pixel for line in lines for pixel in line[left:left + width]}
        if len(colours) < 30:
            errors.append("%s, %s at %d: blank, %d colours" % (scheme, page, width, len(colours)))
        if lines[1][left + 1] != SCHEMES[scheme][1]:
            errors.append("%s, %s at %d: the page is %s" % (scheme, page, width, lines[1][left + 1]))
        left += width
    return errors


def main():
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        skipped.whole("no browser is installed, so nobody has looked at the HTML report", "chromium")
    errors = []
    with tempfile.TemporaryDirectory() as folder:
        kept = sys.argv[2] if len(sys.argv) > 2 else folder
        report = golden.unpacked(folder)
        for name, path in (("report", report), ("hostile", hostile(report, folder))):
            text = golden.rendered(sys.argv[1], path, "html")[0]
            if name == "hostile" and html.escape("<script>console.log") not in text:
                errors.append("the hostile report is not hostile")
            with open(os.path.join(folder, name + ".html"), "w", encoding="utf-8") as file:
                file.write(text)
        harness(folder)
        for scheme in SCHEMES:
            picture = os.path.join(kept, scheme + ".png")
            log = browse(browser, folder, scheme, picture)
            errors += ["%s: %s" % (scheme, line) for line in log.splitlines() if re.search("CONSOLE", line)]
            errors += picture_errors(picture, scheme)
    print("\n".join(errors) or "drawn at %d widths, light and dark; nothing on the console" % len(FRAMES))
    sys.exit(1 if errors else 0)


main()
