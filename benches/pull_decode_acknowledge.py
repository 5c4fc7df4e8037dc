#!/usr/bin/env python3
"""Pulls from a subscription by REST, decodes with fastavro, acknowledges; needs fastavro and requests.

Usage: pull_decode_acknowledge.py HOST:PORT PROJECT SUBSCRIPTION COUNT
Nothing is filtered or stored: seven values of each alert stay in memory.
Prints seconds from the first request to the last answer, processor time in seconds and peak memory in kB.
"""

import base64
import io
import sys
import time

import fastavro
import requests

AT_ONCE = 100
OF_CANDIDATE = ("jd", "ra", "dec", "magpsf", "classtar")


def post(session, url, body):
    answer = session.post(url, json=body)
    answer.raise_for_status()
    return answer.json()


def read(message):
    packet = io.BytesIO(base64.b64decode(message["data"]))
    for alert in fastavro.reader(packet):
        candidate = alert["candidate"]
        return alert["objectId"], alert["candid"], *(candidate.get(name) for name in OF_CANDIDATE)
    raise ValueError("a packet without a record")


def pull_all(subscription_url, count):
    session = requests.Session()
    # As on our side no proxy is between us and the emulator.
    session.trust_env = False
    alerts = []
    while len(alerts) < count:
        answer = post(session, f"{subscription_url}:pull", {"maxMessages": AT_ONCE})
        received = answer.get("receivedMessages")
        if not received:
            continue
        alerts.extend(read(each["message"]) for each in received)
        ids = [each["ackId"] for each in received]
        post(session, f"{subscription_url}:acknowledge", {"ackIds": ids})
    return alerts


def peak_memory_kb():
    # That of getrusage would begin with the peak of the process that started us.
    with open("/proc/self/status") as lines:
        return next(line.split()[1] for line in lines if line.startswith("VmHWM:"))


def main():
    host, project, subscription, count = sys.argv[1:]
    url = f"http://{host}/v1/projects/{project}/subscriptions/{subscription}"
    used_before = time.process_time()
    began = time.perf_counter()
    pull_all(url, int(count))
    seconds = time.perf_counter() - began
    used = time.process_time() - used_before
    print(f"{seconds:.4f} {used:.2f} {peak_memory_kb()}")


if __name__ == "__main__":
    main()
