#!/usr/bin/env python3
"""Decodes Avro files of one packet each with fastavro on one core; needs the packages fastavro and cramjam.

Usage: decode_fastavro.py FILE...
Prints the packets per second of the best of five rounds over all files, as a bare number.
"""

import io
import sys
import time

import fastavro


def seconds_for_a_round(packets):
    began = time.perf_counter()
    for packet in packets:
        for _ in fastavro.reader(io.BytesIO(packet)):
            pass
    return time.perf_counter() - began


def main():
    packets = []
    for name in sys.argv[1:]:
        with open(name, "rb") as file:
            packets.append(file.read())
    best = min(seconds_for_a_round(packets) for _ in range(5))
    print(f"{len(packets) / best:.1f}")


if __name__ == "__main__":
    main()
