#!/usr/bin/env python3
"""make_rnnoise_01.py FOLDER: writes rnnoise_01.c and rnnoise_01.h there: RNNoise 0.1 as C.

npm brings the package that package-lock.json names, checked against the hash in it, to a cache that all
checkouts share: only the first build needs a network. wasm2c turns the WebAssembly in it into C.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
MODULE = "node_modules/@jitsi/rnnoise-wasm/dist/rnnoise.wasm"
SHA256 = "677147b9248aedc0a00de79dc090d1ecead37c08c8bb773a790da16109d2c487"


def cache_folder():
    """The one that tools/env/paths.sh names."""
    named = os.environ.get("PARTYLINE_CACHE")
    general = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return (Path(named) if named else Path(general) / "partyline") / "rnnoise-01"


def fetch():
    """The folder with the package. It is named after the lock file and complete, or not there."""
    cache = cache_folder()
    cache.mkdir(parents=True, exist_ok=True)
    packages = cache / hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()[:12]
    with open(cache / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not packages.exists():
            fetching = cache / "fetching"  # What an interrupted build left there goes.
            shutil.rmtree(fetching, ignore_errors=True)
            fetching.mkdir()
            for name in ("package.json", "package-lock.json", ".npmrc"):
                shutil.copy(HERE / name, fetching)
            subprocess.run(["npm", "ci", "--cache", cache / "npm"], cwd=fetching, check=True)
            fetching.rename(packages)
    return packages


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    module = fetch() / MODULE
    if hashlib.sha256(module.read_bytes()).hexdigest() != SHA256:
        sys.exit(f"{module} is not what it was when its hash was written down: remove {cache_folder()}")
    subprocess.run(["wasm2c", "-n", "rnnoise01", module, "-o", folder / "rnnoise_01.c"], check=True)


if __name__ == "__main__":
    main()
