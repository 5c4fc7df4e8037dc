#!/usr/bin/env python3
"""Prints each record of the Avro packets given as a line of JSON, read by fastavro; needs fastavro.

Usage: packets_as_json.py SCHEMAS FILE... . SCHEMAS holds lsst.v10_0.alert.avsc and its like. A file is a container, a
packet in Confluent wire format or an ELAsTiCC alert without schema, in gzip or not.
"""

import datetime
import gzip
import io
import json
import math
import pathlib
import sys

import fastavro

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def plain(value):
    """The value as JSON has it: bytes by their number, what is not finite as null."""
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    if isinstance(value, bytes):
        return {"bytes": len(value)}
    if isinstance(value, datetime.datetime):
        return (value - EPOCH) // datetime.timedelta(microseconds=1)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def records(packet, schema):
    """The records of a packet; `schema` gives the schema of a name."""
    if packet.startswith(b"\x1f\x8b"):
        packet = gzip.decompress(packet)
    if packet.startswith(b"Obj\x01"):
        return list(fastavro.reader(io.BytesIO(packet)))
    if packet.startswith(b"\x00"):
        number = int.from_bytes(packet[1:5], "big")
        name, body = f"lsst.v{number // 100}_{number % 100}", packet[5:]
    else:
        name, body = "elasticc.v0_9", packet
    stream = io.BytesIO(body)
    record = fastavro.schemaless_reader(stream, schema(name))
    if stream.read():
        raise ValueError("bytes are left behind the record")
    return [record]


def main():
    folder, *files = map(pathlib.Path, sys.argv[1:])
    schemas = {}

    def schema(name):
        if name not in schemas:
            text = (folder / f"{name}.alert.avsc").read_text()
            schemas[name] = fastavro.parse_schema(json.loads(text))
        return schemas[name]

    for file in files:
        for record in records(file.read_bytes(), schema):
            print(json.dumps(plain(record), allow_nan=False))


if __name__ == "__main__":
    main()
