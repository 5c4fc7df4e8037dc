"""Copies DuckDB's extensions from their packages to where DuckDB looks for them below a home folder."""

import importlib.util
import pathlib
import shutil
import sys

import duckdb

EXTENSIONS = ("avro", "ducklake", "icu", "json", "parquet", "spatial")

home = pathlib.Path(sys.argv[1])
connection = duckdb.connect()
(version,) = connection.execute("select library_version from pragma_version()").fetchone()
(platform,) = connection.execute("pragma platform").fetchone()
folder = home / ".duckdb" / "extensions" / version / platform
folder.mkdir(parents=True, exist_ok=True)
for name in EXTENSIONS:
    package = pathlib.Path(importlib.util.find_spec(f"duckdb_extension_{name}").origin).parent
    (file,) = package.rglob(f"{name}.duckdb_extension")
    shutil.copy(file, folder / file.name)
