"""Reads every packet of a simulated night with fastavro and astropy and checks that it could be the sky.

Usage: check_night.py FOLDER_OR_TARGZ [SCHEMA.avsc]; the schema is by default the one of the simulation
Prints one line; exits 1 on any failure.
"""

import collections
import gzip
import io
import json
import math
import pathlib
import re
import sys
import tarfile
import warnings

import fastavro
import numpy
from astropy.io import fits
from astropy.io.fits.verify import VerifyWarning
from fastavro.validation import validate

STAMPS = ("cutoutScience", "cutoutTemplate", "cutoutDifference")
SCHEMA = pathlib.Path(__file__).resolve().parents[2] / "src" / "simulate" / "ztf_v4_02.avsc"
# ZTF writes a free-format SIMPLE card, of which astropy warns.
warnings.simplefilter("ignore", VerifyWarning)


def packets(path):
    """Name and bytes of every packet of a folder or a .tar.gz."""
    if path.is_dir():
        for file in sorted(path.glob("*.avro")):
            yield file.name, file.read_bytes()
        return
    with tarfile.open(path, "r|gz") as archive:
        for member in archive:
            yield member.name, archive.extractfile(member).read()


def field_names(schema, path=""):
    """Every field of a schema as path:type, records entered once."""
    if isinstance(schema, list):
        return [name for branch in schema for name in field_names(branch, path)]
    if not isinstance(schema, dict):
        return [f"{path}:{schema}"]
    if schema["type"] == "record":
        return [name for field in schema["fields"] for name in field_names(field["type"], f"{path}.{field['name']}")]
    return field_names(schema.get("items", schema["type"]), path)


def image(stamp):
    """Pixels of a stamp."""
    with fits.open(io.BytesIO(gzip.decompress(stamp["stampData"]))) as hdus:
        return hdus[0].data.astype(float)


def history_faults(alert):
    """Faults of the earlier measurements."""
    now = alert["candidate"]["jd"]
    earlier = alert["prv_candidates"]
    if [visit["jd"] for visit in earlier] != sorted(visit["jd"] for visit in earlier):
        yield "prv_candidates are not by time"
    for visit in earlier + alert["fp_hists"]:
        if not now - 30.0 <= visit["jd"] < now:
            yield f"history at {visit['jd']} of an alert at {now}"
        if not 17 < visit["diffmaglim"] < 22:
            yield f"diffmaglim {visit['diffmaglim']}"
    for visit in earlier:
        absent = [visit[name] is None for name in ("magpsf", "sigmapsf", "ra", "dec", "candid", "isdiffpos", "rb")]
        if any(absent) != all(absent):
            yield "a history entry is half a detection"
        if not all(absent) and not 8 < visit["magpsf"] < 22:
            yield f"history magpsf {visit['magpsf']}"
        if not all(absent) and math.hypot(
            (visit["ra"] - alert["candidate"]["ra"]) * math.cos(math.radians(visit["dec"])),
            visit["dec"] - alert["candidate"]["dec"],
        ) > 3 / 3600:
            yield "a history detection lies elsewhere"
    yield from forced_faults(alert)


def forced_faults(alert):
    """Faults between forced photometry and the alerts of the same exposures."""
    flux = {forced["pid"]: forced for forced in alert["fp_hists"] if forced["procstatus"] != "61"}
    for visit in alert["prv_candidates"]:
        forced = flux.get(visit["pid"])
        if forced is None or visit["magpsf"] is None:
            continue
        sign = 1 if visit["isdiffpos"] == "t" else -1
        expected = sign * 10 ** (0.4 * (visit["magzpsci"] - visit["magpsf"]))
        if abs(forced["forcediffimflux"] - expected) > 2 * forced["forcediffimfluxunc"]:
            yield f"forced flux {forced['forcediffimflux']:.0f} beside an alert's {expected:.0f}"


def candidate_faults(alert):
    """Faults of the alert's own values."""
    candidate = alert["candidate"]
    if not re.fullmatch(r"ZTF\d{2}[a-z]{7}", alert["objectId"]):
        yield f"objectId {alert['objectId']}"
    if alert["candid"] != candidate["candid"] or not 2**53 < alert["candid"] < 2**63:
        yield f"candid {alert['candid']}"
    if candidate["isdiffpos"] not in ("t", "f") or not 10 < candidate["magpsf"] < 21.5:
        yield f"magpsf {candidate['magpsf']}"
    if not 0 <= candidate["ra"] < 360 or not -30 < candidate["dec"] <= 90:
        yield f"place {candidate['ra']} {candidate['dec']}"
    if candidate["sigmapsf"] > 0.22 or not 0 <= candidate["classtar"] <= 1 or not 0 <= candidate["drb"] <= 1:
        yield "an error or a score out of range"


def stamp_faults(alert):
    """Faults of the three stamps."""
    science, template, difference = (image(alert[name]) for name in STAMPS)
    if not science.shape == template.shape == difference.shape:
        yield "stamps of unlike shapes"
    if difference.shape != (63, 63) or alert["candidate"]["drb"] < 0.3:
        return
    values = difference[numpy.isfinite(difference)]
    noise = 1.4826 * numpy.median(numpy.abs(values - numpy.median(values)))
    sign = 1 if alert["candidate"]["isdiffpos"] == "t" else -1
    aperture = difference[27:36, 27:36]
    row, column = numpy.mgrid[-4:5, -4:5]
    profile = numpy.exp(-(row**2 + column**2) / (2 * (2.2 / 2.355) ** 2))
    snr = sign * (aperture * profile).sum() / numpy.sqrt((profile**2).sum()) / noise
    if numpy.isfinite(aperture).all() and snr < 2.0:
        yield f"no source in the difference: {snr:.1f} sigma"


def faults(data, wanted_names):
    """The alert of a packet and all its faults."""
    reader = fastavro.reader(io.BytesIO(data))
    if field_names(json.loads(reader.metadata["avro.schema"])) != wanted_names:
        return None, ["the schema is not v4.02"]
    alerts = list(reader)
    if len(alerts) != 1:
        return None, [f"{len(alerts)} records"]
    alert = alerts[0]
    validate(alert, reader.writer_schema)
    return alert, [*candidate_faults(alert), *history_faults(alert), *stamp_faults(alert)]


def main():
    wanted_names = field_names(json.loads((pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else SCHEMA).read_text()))
    seen = collections.Counter()
    candids, objects, sizes, found = set(), set(), [], []
    for name, data in packets(pathlib.Path(sys.argv[1])):
        alert, of_packet = faults(data, wanted_names)
        found += [f"{name}: {fault}" for fault in of_packet]
        if alert is None:
            continue
        candids.add(alert["candid"])
        objects.add(alert["objectId"])
        sizes.append(len(data))
        seen["detections"] += sum(visit["magpsf"] is not None for visit in alert["prv_candidates"])
        seen["history"] += len(alert["prv_candidates"])
        seen["stamps"] += sum(len(alert[stamp]["stampData"]) for stamp in STAMPS)
        seen["negative"] += alert["candidate"]["isdiffpos"] == "f"
    if len(candids) != len(sizes):
        found.append(f"{len(sizes) - len(candids)} candids are not unique")
    if not sizes:
        found.append("no packets")
    for fault in found[:40]:
        print(fault, file=sys.stderr)
    n = max(len(sizes), 1)
    print(
        f"{len(sizes)} packets of {len(objects)} objects, {numpy.median(sizes or [0]) / 1000:.1f} kB each "
        f"({100 * seen['stamps'] / max(sum(sizes), 1):.0f} % stamps), history {seen['history'] / n:.1f} visits with "
        f"{seen['detections'] / n:.1f} detections, {seen['negative']} negative, {len(found)} faults"
    )
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
