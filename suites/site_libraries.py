"""The published site without other hosts: asv's page takes scripts from four, this puts copies of them beside it.

The copies come from the npm registry, through `npm`, and are checked against the hashes below.
"""

import base64
import hashlib
import re
import subprocess
import tarfile
import tempfile
from pathlib import Path

PACKAGES = {
    "jquery@3.3.1": "Ubldcmxp5np52/ENotGxlLe6aGMvmF4R8S6tZjsP6Knsaxd/xp3Zrh50cG93lR6nPXyUFwzN3ZSOQI0wRJNdGg==",
    "flot@0.8.3": "xg2otcTJDvS+ERK+my4wxG/ASq90QURXtoM4LhacCq0jQW2jbyjdttbRNqU2cPykrpMvJ6b2uSp6SAgYAzj9tQ==",
    "flot-orderbars@1.0.0": "Jv51fvzevUjNXEeozpwEKfPjhiZhfiJddv0WHjduUTCmSF+7T5K7C9c9Y1wIVmUhDBv5fLMjgbwKecT0GIKPZA==",
    "stupid-table-plugin@1.1.3": "2Vk7XouQPxUQPRe9w0Fu7ZZ8kHLK7rDoLMsCgtKxRNJ7f4dSOGvW9CkHsq5wD6QsaEnWoyLBYH3xOEsrK3yWBg==",  # noqa: E501
    "blueimp-md5@2.19.0": "DRQrD6gJyy8FbiE4s+bDoXS9hiW3Vbx5uCdwvcCf3zLHL+Iv7LtGHLpr+GZV8rHG8tK766FGYBwRbu8pELTt+w==",
    "bootstrap@3.1.1": "TAzqS8E/ISpVHP29gYhy+1NSV+FJwApDVQhDfgLYsIuUDJiqJzH2DfORN5tiu+Ie2iBLrzEG34t4Rf465cigqg==",
}
"""The SHA-512 of every package, in base64 as npm states it."""
FILES = {
    "jquery-3.3.1.min.js": ("jquery@3.3.1", "dist/jquery.min.js"),
    "jquery.flot.min.js": ("flot@0.8.3", "jquery.flot.js"),
    "jquery.flot.time.min.js": ("flot@0.8.3", "jquery.flot.time.js"),
    "jquery.flot.selection.min.js": ("flot@0.8.3", "jquery.flot.selection.js"),
    "jquery.flot.categories.min.js": ("flot@0.8.3", "jquery.flot.categories.js"),
    "jquery.flot.orderBars.js": ("flot-orderbars@1.0.0", "js/jquery.flot.orderBars.js"),
    "stupidtable.min.js": ("stupid-table-plugin@1.1.3", "stupidtable.js"),
    "md5.min.js": ("blueimp-md5@2.19.0", "js/md5.min.js"),
    "bootstrap.min.js": ("bootstrap@3.1.1", "dist/js/bootstrap.min.js"),
    "bootstrap.min.css": ("bootstrap@3.1.1", "dist/css/bootstrap.min.css"),
}
"""Where the files lie that the page asks other hosts for, by the name at the end of their address."""
FOREIGN = re.compile(r'(<(?:script|link)\b[^>]*?(?:src|href)=")(https://[^"]+/([^"/]+\.(?:js|css)))"[^>]*>')

LEFT = re.compile(r"""<(?:script|link)\b[^>]*?(?:src|href)=["']?(?:https?:)?//[^>]*>""")


def make_self_contained(site):
    """Put copies of all foreign scripts and styles beside a published site's index.html and let it take those.

    Raises ValueError if the page asks for one that is not known, or a package is not what it should be, and OSError if
    npm is missing or fails; the page stays as it was then.
    """
    page = Path(site) / "index.html"
    text = page.read_text()
    names = [name for _, _, name in FOREIGN.findall(text)]
    if unknown := [name for name in names if name not in FILES]:
        raise ValueError(f"asv's page takes {', '.join(unknown)} from elsewhere; say in {__file__} where copies are")
    own = FOREIGN.sub(r'\1\3">', text)
    if left := LEFT.search(own):
        raise ValueError(f"asv's page asks another host in a way that is not known: {left[0]}")
    copies = read_from_packages({FILES[name] for name in names})
    for name in names:
        (page.parent / name).write_bytes(copies[FILES[name]])
    page.write_text(own)
    return names


def read_from_packages(wanted):
    """Return bytes by (package, path) of files in npm packages."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for package in sorted({package for package, _ in wanted}):
            archive = fetch(package, folder)
            with tarfile.open(archive) as members:
                for path in (path for name, path in wanted if name == package):
                    found[package, path] = members.extractfile(f"package/{path}").read()
    return found


def fetch(package, folder):
    """Return the path of a package's archive, fetched by npm into a folder and checked."""
    command = ["npm", "pack", "--silent", package]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    except FileNotFoundError:
        raise OSError("npm is not on this machine; install it (Debian: sudo apt install npm)") from None
    except subprocess.TimeoutExpired:
        raise OSError(f"`{' '.join(command)}` took more than two minutes; try again") from None
    if done.returncode:
        raise OSError(f"`{' '.join(command)}` failed: {done.stderr.strip() or done.stdout.strip()}")
    path = Path(folder) / done.stdout.split()[-1]
    if base64.b64encode(hashlib.sha512(path.read_bytes()).digest()).decode() != PACKAGES[package]:
        raise ValueError(f"npm's {package} is not the file it should be (another SHA-512)")
    return path
