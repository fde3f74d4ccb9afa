"""`@compiled`: numba with a cache on disk that cannot go stale.

Numba looks for changes in a function's own file only, and our kernels call each other across files.
So the cache lies in a folder named by the digest of every file of the model.
"""

import os
import tempfile
from collections.abc import Callable
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

from numba import config, njit

from workbench.project import ROOT

MODEL = Path(__file__).parents[1]


@cache
def cache_folder() -> Path:
    """Where compiled code is kept: `.cache/numba` of a checkout, else the user's cache."""
    digest = blake2b(digest_size=8)
    for path in sorted(MODEL.rglob("*.py")):
        digest.update(path.read_bytes())
    root = ROOT
    if not (root / "pyproject.toml").exists() or not os.access(root, os.W_OK):
        root = Path(os.environ.get("XDG_CACHE_HOME", tempfile.gettempdir())) / "workbench"
    return root / ".cache" / "numba" / digest.hexdigest()


def compiled(function: Callable) -> Any:
    """The function, compiled on its first call and kept on disk."""
    config.CACHE_DIR = str(cache_folder())  # numba reads it when a function is decorated
    return njit(cache=True)(function)
