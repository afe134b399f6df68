"""Prints Django's list of common passwords, one on a line, the most frequent first."""

import gzip
from pathlib import Path

import django

path = Path(django.__file__).parent / "contrib/auth/common-passwords.txt.gz"
print(gzip.decompress(path.read_bytes()).decode(), end="")
