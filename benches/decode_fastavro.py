#!/usr/bin/env python3
"""Decodes Avro files of one packet each with fastavro on one core; needs the packages fastavro and cramjam.

Usage: decode_fastavro.py [--schema ID=AVSC]... FILE...
A file is JSON, read with Python's own json, a container, or a packet in Confluent wire format whose schema's id is among those given.
Prints the packets per second of the best of five rounds over all files, as a bare number.
"""

import io
import json
import sys
import time

import fastavro


def seconds_for_a_round(packets, schemas):
    began = time.perf_counter()
    for packet in packets:
        if packet.startswith(b"\x00"):
            schema = schemas[int.from_bytes(packet[1:5], "big")]
            fastavro.schemaless_reader(io.BytesIO(packet[5:]), schema)
            continue
        if packet.startswith(b"{"):
            json.loads(packet)
            continue
        for _ in fastavro.reader(io.BytesIO(packet)):
            pass
    return time.perf_counter() - began


def main():
    packets, schemas, names = [], {}, sys.argv[1:]
    while names and names[0] == "--schema":
        number, _, file = names[1].partition("=")
        with open(file, encoding="utf-8") as text:
            schemas[int(number)] = fastavro.parse_schema(json.load(text))
        names = names[2:]
    for name in names:
        with open(name, "rb") as file:
            packets.append(file.read())
    best = min(seconds_for_a_round(packets, schemas) for _ in range(5))
    print(f"{len(packets) / best:.1f}")


if __name__ == "__main__":
    main()
