"""Reads every container of a simulated night of LSST with fastavro and astropy and checks that it could be the sky.

Usage: check_lsst_night.py FOLDER_OR_TARGZ [SCHEMA.avsc]; with a schema, names, types and their order must be its own
Prints one line; exits 1 on any failure.
"""

import collections
import io
import json
import math
import pathlib
import sys
import warnings

import fastavro
import numpy
from astropy.io import fits
from astropy.wcs import WCS, FITSFixedWarning
from check_night import field_names, packets
from fastavro.validation import validate

STAMPS = ("cutoutDifference", "cutoutScience", "cutoutTemplate")
warnings.simplefilter("ignore", FITSFixedWarning)


def unfolded(schema, known=None):
    """A schema with every record that is referred to by name put in its place."""
    known = {} if known is None else known
    if isinstance(schema, list):
        return [unfolded(branch, known) for branch in schema]
    if isinstance(schema, str):
        return known.get(schema, schema)
    if schema["type"] == "record":
        fields = [{"name": field["name"], "type": unfolded(field["type"], known)} for field in schema["fields"]]
        record = {"type": "record", "name": schema["name"], "fields": fields}
        for name in (schema["name"], f"{schema.get('namespace', '')}.{schema['name']}"):
            known[name] = record
        return record
    if schema["type"] == "array":
        return {"type": "array", "items": unfolded(schema["items"], known)}
    return schema


def source_faults(alert):
    """Faults of the detection and of its owner."""
    source, item, body = alert["diaSource"], alert["diaObject"], alert["ssSource"]
    if alert["diaSourceId"] != source["diaSourceId"]:
        yield "diaSourceId differs"
    if (item is None) == (body is None) or (body is None) != (alert["mpc_orbits"] is None):
        yield "neither or both of an object and a body"
    if item and item["diaObjectId"] != source["diaObjectId"]:
        yield "diaObjectId differs"
    if body and (body["ssObjectId"] != source["ssObjectId"] or source["diaObjectId"]):
        yield "ssObjectId differs"
    if body and alert["prvDiaSources"]:
        yield "a body has a history"
    sigma = source["psfFluxErr"]
    if source["snr"] < 5 or abs(abs(source["psfFlux"]) / sigma / source["snr"] - 1) > 1e-4:
        yield f"snr {source['snr']}"
    if source["isNegative"] != (source["psfFlux"] < 0) or not 0 <= source["reliability"] <= 1:
        yield "sign or reliability"
    total = source["templateFlux"] + source["psfFlux"]
    if abs(source["scienceFlux"] - total) > 3 * sigma + 0.02 * abs(source["templateFlux"]):
        yield f"scienceFlux {source['scienceFlux']:.0f} beside {total:.0f}"
    if source["psfFlux"] > 0 and not 12 < 31.4 - 2.5 * math.log10(source["psfFlux"]) < 25:
        yield f"psfFlux {source['psfFlux']}"


def history_faults(alert):
    """Faults of earlier detections and of forced photometry."""
    now = alert["diaSource"]["midpointMjdTai"]
    earlier, forced = alert["prvDiaSources"] or [], alert["prvDiaForcedSources"] or []
    for points in (earlier, forced):
        times = [point["midpointMjdTai"] for point in points]
        if times != sorted(times) or (times and not now - 400 < times[0] <= times[-1] < now):
            yield "a history is not of the year before, by time"
    item = alert["diaObject"]
    if item and item["nDiaSources"] != len(earlier) + 1:
        yield f"nDiaSources {item['nDiaSources']} of {len(earlier) + 1}"
    flux = {point["visit"]: point for point in forced}
    for point in earlier:
        if point["visit"] not in flux or abs(flux[point["visit"]]["psfFlux"] - point["psfFlux"]) > point["psfFluxErr"]:
            yield "no forced photometry beside a detection"


def stamp_faults(alert):
    """Faults of the stamps: their parts, their place on the sky and the source in them."""
    source = alert["diaSource"]
    for name in STAMPS:
        if alert[name] is None:
            continue
        with fits.open(io.BytesIO(alert[name])) as hdus:
            hdus.verify("exception")
            if [hdu.name for hdu in hdus[1:]] != ["UNCERT", "PSFIMAGE"]:
                yield f"{name} has other parts"
            header, pixels, variance, psf = hdus[0].header, hdus[0].data, hdus[1].data, hdus[2].data
            if [hdu.data.dtype.name for hdu in hdus] != ["float32", "float32", "float64"]:
                yield f"{name} has other types"
        rows, columns = pixels.shape
        if rows != columns or not 30 <= rows <= 60 or pixels.shape != variance.shape or header["BUNIT"] != "nJy":
            yield f"{name} is {pixels.shape}"
        if abs(psf.sum() - 1) > 1e-3 or (variance <= 0).any():
            yield f"{name}: variance or point-spread function"
        wcs = header.copy()
        wcs["CTYPE1"], wcs["CTYPE2"] = "RA---TAN", "DEC--TAN"
        x, y = WCS(wcs).all_world2pix(source["ra"], source["dec"], 1)
        if math.hypot(x - header["CRPIX1"], y - header["CRPIX2"]) > 1 or not 0 < x <= columns or not 0 < y <= rows:
            yield f"{name}: the source stands at {x:.1f} {y:.1f}"
        angle = math.degrees(math.atan2(header["PC1_2"], header["PC2_2"]))
        if abs((angle - header["ROTPA"] + 180) % 360 - 180) > 1:
            yield f"{name}: ROTPA {header['ROTPA']} beside {angle}"
        if name == "cutoutDifference" and not source["isDipole"]:
            row, column = numpy.mgrid[1 : rows + 1, 1 : columns + 1]
            width = math.sqrt(source["ixxPSF"]) / 0.2
            profile = numpy.exp(-((column - x) ** 2 + (row - y) ** 2) / (2 * width**2))
            profile /= profile.sum()
            flux = (pixels * profile).sum() / (profile**2).sum()
            if abs(flux - source["psfFlux"]) > 5 * source["psfFluxErr"]:
                yield f"flux {flux:.0f} in the difference beside {source['psfFlux']:.0f}"


def main():
    wanted = None
    if len(sys.argv) > 2:
        wanted = field_names(unfolded(json.loads(pathlib.Path(sys.argv[2]).read_text())))
    seen, sizes, found = collections.Counter(), [], []
    sources, objects = set(), set()
    for name, data in packets(pathlib.Path(sys.argv[1])):
        reader = fastavro.reader(io.BytesIO(data))
        if wanted and field_names(unfolded(json.loads(reader.metadata["avro.schema"]))) != wanted:
            found.append(f"{name}: the schema is another")
        (alert,) = reader
        validate(alert, reader.writer_schema)
        for faults in (source_faults, history_faults, stamp_faults):
            found += [f"{name}: {fault}" for fault in faults(alert)]
        sources.add(alert["diaSourceId"])
        objects.add(alert["diaSource"]["diaObjectId"] or alert["diaSource"]["ssObjectId"])
        sizes.append(len(data))
        forced = alert["prvDiaForcedSources"] or []
        seen["history"] += len(alert["prvDiaSources"] or [])
        seen["forced"] += len(forced)
        seen["negative"] += sum(point["psfFlux"] < 0 for point in forced)
        seen["withdrawn"] += sum(point["timeWithdrawnMjdTai"] is not None for point in forced)
        seen["bodies"] += alert["ssSource"] is not None
    if len(sources) != len(sizes):
        found.append(f"{len(sizes) - len(sources)} diaSourceId are not unique")
    found += [f"no {what}" for what in ("history", "forced", "negative", "withdrawn", "bodies") if not seen[what]]
    for fault in found[:40]:
        print(fault, file=sys.stderr)
    print(
        f"{len(sizes)} LSST packets of {len(objects)} objects, {numpy.median(sizes or [0]) / 1000:.1f} kB each, "
        f"{dict(seen)}, {len(found)} faults"
    )
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
