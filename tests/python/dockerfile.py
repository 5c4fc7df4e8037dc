"""Reads a Dockerfile and what .dockerignore lets through, as far as ours needs it; anything else is refused, not passed over."""

import dataclasses
import json
import pathlib
import re
import shlex
import shutil

KNOWN = {
    "FROM", "WORKDIR", "COPY", "RUN", "USER", "ENV", "VOLUME", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT",
}


@dataclasses.dataclass
class Stage:
    """What follows one FROM."""

    base: str
    name: str
    steps: list


def stages(text):
    """The stages of a Dockerfile, each with its steps: (instruction, the rest of it)."""
    found = []
    for instruction, rest in instructions(text):
        if instruction not in KNOWN:
            raise SystemExit(f"Dockerfile: {instruction} is not understood here")
        if instruction == "FROM":
            words = rest.split()
            found.append(Stage(words[0], words[2] if len(words) > 2 else "", []))
        else:
            found[-1].steps.append((instruction, rest))
    return found


def instructions(text):
    """Instructions in order; lines that end with a backslash go on, comments among them do not count."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    for line in joined.splitlines():
        if line.strip():
            instruction, rest = line.strip().split(maxsplit=1)
            yield instruction.upper(), rest


def without_flags(rest):
    """The flags at the beginning, each a name with its value, and what follows them."""
    flags = []
    while match := re.match(r"--([a-z-]+)=(\S+)\s+", rest):
        flags.append((match[1], match[2]))
        rest = rest[match.end():]
    return flags, rest


def environment(stage):
    """What ENV sets."""
    variables = {}
    for instruction, rest in stage.steps:
        if instruction == "ENV":
            variables.update(word.split("=", 1) for word in shlex.split(rest))
    return variables


def last(stage, wanted):
    """What the last such instruction says."""
    said = [rest for instruction, rest in stage.steps if instruction == wanted]
    if not said:
        raise SystemExit(f"Dockerfile: the image has no {wanted}")
    return said[-1]


def health_command(stage):
    """The command of HEALTHCHECK."""
    return json.loads(last(stage, "HEALTHCHECK").split("CMD", 1)[1])


def copy_context(root, to):
    """Copies what .dockerignore lets through."""
    rules = ignore_rules((root / ".dockerignore").read_text())
    for path in context(root, pathlib.PurePosixPath(), rules):
        target = to / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(root / path, target)


def ignore_rules(text):
    """Patterns with whether they let through; of those that match a path the last one counts."""
    lines = [line.strip() for line in text.splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    return [(pattern(line.lstrip("!").strip().strip("/")), line.startswith("!")) for line in lines]


def pattern(glob):
    """A pattern as an expression that matches a path or what is below it."""
    parts = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    words = re.findall(r"\*\*/|\*\*|\*|\?|[^*?]+", glob)
    return re.compile("".join(parts.get(word, re.escape(word)) for word in words) + "(?:/.*)?")


def context(root, folder, rules):
    """Files that are let through. No folder is left out for whose files a rule might say otherwise, but for hidden ones."""
    for entry in sorted((root / folder).iterdir()):
        path = folder / entry.name
        is_let_through = True
        for expression, lets_through in rules:
            if expression.fullmatch(str(path)):
                is_let_through = lets_through
        if entry.is_dir() and not entry.is_symlink():
            if is_let_through or any("/" in rule.pattern.removesuffix("(?:/.*)?") for rule, _ in rules):
                yield from context(root, path, rules)
        elif is_let_through:
            yield path
