#!/usr/bin/env python3
"""make_models.py FOLDER: writes rnnoise.c, gtcrn.c and their headers: the noise suppression models as C.

npm brings the packages that package-lock.json names, checked against the hashes in it, to a cache that all
checkouts share: only the first build needs a network. Both are WebAssembly, which wasm2c turns into C. In
RNNoise's, the product of matrix and vector, where nearly all its time goes, becomes ours to replace.
"""

import base64
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
NPM_FILES = ("package.json", "package-lock.json", ".npmrc")
RNNOISE_SCRIPT = "node_modules/@shiguredo/rnnoise-wasm/dist/rnnoise.js"
RNNOISE_SHA256 = "b3b67c9eae8f0791aad468c708659e0850bb37b0fb9c8a8666f2d7b0b6869bc4"
GTCRN = "node_modules/@sapphi-red/web-noise-suppressor/dist/gtcrn.wasm"
GTCRN_SHA256 = "01a5286ddaa1ce6d0dd5510bd9241f3bf0cc727a05d5767ae6881d85d9983719"
# compute_linear_c(): the module names no functions, but with this hash the number cannot change.
LINEAR = "w2c_partyline__rnnoise_f51"


def cache_folder():
    """The one that tools/env/paths.sh names."""
    named = os.environ.get("PARTYLINE_CACHE")
    general = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(named) if named else Path(general) / "partyline"


def fetch():
    """The folder with the packages. It is named after the lock file and complete, or not there."""
    cache = cache_folder() / "models"
    cache.mkdir(parents=True, exist_ok=True)
    packages = cache / hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()[:12]
    with open(cache / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not packages.exists():
            fetching = cache / "fetching"  # What an interrupted build left there goes.
            shutil.rmtree(fetching, ignore_errors=True)
            fetching.mkdir()
            for name in NPM_FILES:
                shutil.copy(HERE / name, fetching)
            subprocess.run(["npm", "ci", "--cache", cache / "npm"], cwd=fetching, check=True)
            fetching.rename(packages)
    return packages


def checked(wasm, sha256, name):
    if hashlib.sha256(wasm).hexdigest() != sha256:
        sys.exit(f"{name} is not what it was when its hash was written down: remove {cache_folder() / 'models'}")
    return wasm


def rnnoise_wasm(packages):
    """The module is inside a script, in base64."""
    script = (packages / RNNOISE_SCRIPT).read_text(encoding="latin-1")
    encoded = re.search(r'"(AGFzb[A-Za-z0-9+/]{1000000,}={0,2})"', script)
    return checked(base64.b64decode(encoded.group(1)) if encoded else b"", RNNOISE_SHA256, RNNOISE_SCRIPT)


def to_c(wasm, name, folder):
    """wasm2c's translation, its symbols beginning with w2c_partyline__NAME."""
    module = folder / f"{name}.wasm"
    module.write_bytes(wasm)
    subprocess.run(["wasm2c", "-n", f"partyline_{name}", module, "-o", folder / f"{name}.c"], check=True)


def let_linear_be_replaced(source):
    """Calls of compute_linear_c() ask rnnoise_linear.cpp first; the translation stays for when it declines."""
    code = source.read_text()
    original = f"{LINEAR}_original"
    parts = re.split(rf"^(static )?void {LINEAR}\((w2c_partyline__rnnoise\*)", code, flags=re.M)
    if len(parts) != 7:
        sys.exit(f"{source.name} does not declare and define {LINEAR} as wasm2c 1.0.36 does")
    declaration, definition = parts[3].split("\n", 1), parts[6]
    source.write_text("".join((
        parts[0], f"static void {original}({parts[2]}{declaration[0]}\n",
        f"static void {LINEAR}(w2c_partyline__rnnoise* instance, u32 layer, u32 out, u32 in) {{\n"
        "  if (!partyline_rnnoise_linear(instance->w2c_env_instance, &instance->w2c_memory, layer, out, in))\n"
        f"    {original}(instance, layer, out, in);\n"
        "}\n",
        declaration[1], f"void {original}({parts[5]}{definition}")))


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    packages = fetch()
    to_c(rnnoise_wasm(packages), "rnnoise", folder)
    let_linear_be_replaced(folder / "rnnoise.c")
    to_c(checked((packages / GTCRN).read_bytes(), GTCRN_SHA256, GTCRN), "gtcrn", folder)


if __name__ == "__main__":
    main()
