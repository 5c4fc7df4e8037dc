"""Coordinates and times as people type them, each with what astropy makes of it: a JSON line each.

    what_people_type.py SEED COUNT

`value` is in degrees, or a Julian date (UTC); null where no reader may find one. `is_mangled` says that a character
was lost, doubled or put in by chance: such a text need not be read.
"""

import json
import random
import sys
import warnings

import astropy.units as u
from astropy.coordinates import Angle, SkyCoord
from astropy.time import Time
from astropy.utils import iers

iers.conf.auto_download = False
warnings.simplefilter("ignore")

MINUS = ["-", "\u2212", "\u2010", "\u2011", "\u2013", "\uff0d"]
SPACES = [" ", "  ", "\t", "\u00a0", "\u2009"]
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def sexagesimal(chance, first, letters, sign=""):
    """Three parts with marks of one kind, and the same for astropy."""
    decimals = chance.randrange(5)
    minutes, seconds = chance.randrange(60), f"{chance.random() * 59.9:0{decimals + 3 if decimals else 2}.{decimals}f}"
    style = chance.choice(["colons", "spaces", "letters", "spaced letters", "small letters"])
    plain = f"{sign}{first:02d}{letters[0]}{minutes:02d}m{seconds}s"
    sign = chance.choice(MINUS) if sign == "-" else sign
    if style == "colons":
        return f"{sign}{first:02d}:{minutes:02d}:{seconds}", plain
    if style == "spaces":
        space = chance.choice(SPACES)
        return f"{sign}{first:02d}{space}{minutes:02d}{space}{seconds}", plain
    marks = [letters[0], "m", "s"]
    if letters[0] == "d":
        marks = chance.choice([marks, ["°", "'", '"'], ["°", "′", "″"], ["º", "’", "”"]])
    elif style == "small letters":
        marks = ["ʰ", "ᵐ", "ˢ"]
    space = " " if style == "spaced letters" else ""
    return f"{sign}{first:02d}{marks[0]}{space}{minutes:02d}{marks[1]}{space}{seconds}{marks[2]}", plain


def right_ascension(chance):
    if chance.random() < 0.3:
        degrees = chance.uniform(0, 359.99)
        text = chance.choice([f"{degrees:.6f}", f"{degrees:.3f} deg", f"{degrees:.4f}°", f"{degrees:.8e}"])
        return text, float(text.rstrip("° deg")), False
    hours = chance.randrange(24 if chance.random() < 0.95 else 40)
    text, plain = sexagesimal(chance, hours, "h")
    return text, Angle(plain).deg if hours < 24 else None, True


def declination(chance):
    sign = chance.choice(["+", "-"])
    if chance.random() < 0.3:
        degrees = chance.uniform(0, 89.99)
        text = f"{degrees:.6f}" if chance.random() < 0.8 else f"{degrees:.6e}"
        typed = (chance.choice(MINUS) if sign == "-" else "+") + text
        return typed, float(sign + text), False
    first = chance.randrange(90 if chance.random() < 0.95 else 120)
    text, plain = sexagesimal(chance, first, "d", sign)
    return text, Angle(plain).deg if first < 90 else None, True


def position(chance):
    kind = chance.random()
    if kind < 0.15:
        l, b = f"{chance.uniform(0, 359.9):.4f}", f"{chance.uniform(-89, 89):+.4f}"
        place = SkyCoord(float(l), float(b), unit="deg", frame="galactic").icrs
        text = chance.choice([f"l={l} b={b}", f"gal {l} {b}", f"{l} {b} galactic", f"l {l}, b {b}"])
        return text, [place.ra.deg, place.dec.deg]
    if kind < 0.3:
        h, m, s = chance.randrange(24), chance.randrange(60), chance.randrange(6000)
        d, dm, ds = chance.randrange(90), chance.randrange(60), chance.randrange(600)
        sign = chance.choice(["+", "-"])
        place = SkyCoord(f"{h}h{m}m{s / 100}s", f"{sign}{d}d{dm}m{ds / 10}s")
        name = chance.choice(["PSN ", "2MASS ", "2MASS", "", "SDSS "])
        typed = chance.choice(MINUS) if sign == "-" else "+"
        if chance.random() < 0.5:
            text = f"{name}J{h:02d}{m:02d}{s:04d}{typed}{d:02d}{dm:02d}{ds:03d}"
        else:
            text = f"{name}J{h:02d}{m:02d}{s // 100:02d}.{s % 100:02d}{typed}{d:02d}{dm:02d}{ds // 10:02d}.{ds % 10}"
        return text, [place.ra.deg, place.dec.deg]
    while True:
        (ra, ra_deg, ra_60), (dec, dec_deg, dec_60) = right_ascension(chance), declination(chance)
        if ra_60 == dec_60:
            break
    text = ra + chance.choice([" ", ", ", ","]) + dec
    return text, None if ra_deg is None or dec_deg is None else [ra_deg, dec_deg]


def time(chance):
    year, month, day = chance.randrange(1973, 2030), chance.randrange(1, 13), chance.randrange(1, 29)
    hour, minute, second = chance.randrange(24), chance.randrange(60), f"{chance.random() * 59.9:06.3f}"
    iso = f"{year}-{month:02d}-{day:02d}"
    kind = chance.randrange(8)
    if kind == 0:
        clock = f"{hour:02d}:{minute:02d}:{second}"
        text = iso + chance.choice([" ", "T", "\u00a0"]) + clock + chance.choice(["", "Z", " UTC", " UT"])
        return text, Time(f"{iso} {clock}").jd
    if kind == 1:
        fraction = f"{chance.random():.5f}"[1:]
        dash = chance.choice(["-", " ", "/", "\u2011"])
        return f"{year}{dash}{month:02d}{dash}{day:02d}{fraction}", (Time(iso) + float(fraction) * u.day).jd
    if kind == 2:
        clock = f"{hour:02d}:{minute:02d}:{second}"
        dash = chance.choice(["-", " "])
        return f"{day:02d}{dash}{MONTHS[month - 1]}{dash}{year} {clock}", Time(f"{iso} {clock}").jd
    if kind == 3:
        fraction = f"{chance.random():.4f}"[1:]
        return f"{year} {MONTHS[month - 1]} {day:02d}{fraction}", (Time(iso) + float(fraction) * u.day).jd
    if kind == 4:
        mjd = f"{chance.uniform(40_000, 62_000):.5f}"
        return chance.choice(["MJD ", "mjd", "", "MJD="]) + mjd, Time(float(mjd), format="mjd").jd
    if kind == 5:
        jd = f"{chance.uniform(2_440_000, 2_462_000):.5f}"
        return chance.choice(["JD ", "jd ", ""]) + jd, Time(float(jd), format="jd").jd
    if kind == 6:
        wrong = chance.choice([f"{iso} {hour:02d}:{minute:02d}:60", f"{iso} 25:{minute:02d}", f"{year}-13-{day:02d}"])
        return wrong, None
    return iso + f" {hour:02d}:{minute:02d}", Time(f"{iso} {hour:02d}:{minute:02d}").jd


def mangled(chance, text):
    at = chance.randrange(len(text))
    return chance.choice([text[:at] + text[at + 1 :], text[:at] + text[at] + text[at:], text[:at] + chance.choice("0:.- ,") + text[at:]])


def by_astropy(kind, text):
    """What astropy reads where it does; a number without marks has no unit for it."""
    try:
        if kind == "time":
            return Time(text.replace("\u00a0", " ")).utc.jd
        unit = u.hourangle if kind == "ra" else u.deg
        return Angle(text, unit=unit).deg if any(mark in text for mark in ":hd") else None
    except Exception:  # Whatever it is: there is nothing to compare with.
        return None


def main():
    chance = random.Random(sys.argv[1])
    for n in range(int(sys.argv[2])):
        kind = ["ra", "dec", "position", "time"][n % 4]
        text, value = {"ra": right_ascension, "dec": declination, "position": position, "time": time}[kind](chance)[:2]
        is_mangled = kind != "position" and chance.random() < 0.2
        if is_mangled:
            text = mangled(chance, text)
            value = by_astropy(kind, text)
        line = {"kind": kind, "text": text, "value": value, "is_mangled": is_mangled}
        print(json.dumps(line))


main()
