"""The environment that compose.yaml gives to our service, and whether the program takes it."""

import re
import secrets
import subprocess

import yaml

# For variables that compose.yaml takes from .env and the example in docs/guide/deployment.md does not set.
OPTIONAL = {
    "GOOGLE_CLOUD_PROJECT": "obs-alerts",
    "TOM_ALERTS_RUNS_AT_ONCE": "4",
    "TOM_ALERTS_REQUESTS_A_MINUTE": "600",
    "TOM_ALERTS_PULLS_A_MINUTE": "1200",
}

# Values that must be refused, each for a variable that compose.yaml sets.
WRONG = {
    "DATABASE_URL": "mysql://a:b@database/c",
    "GOOGLE_CLOUD_PROJECT": "Obs Alerts",
    "PITTGOOGLE_OAUTH_CLIENT_SECRET": None,
    "TOM_ALERTS_ADMINS": "boss",
    "TOM_ALERTS_ALLOW_DOMAINS": "obs example",
    "TOM_ALERTS_LISTEN": "8000",
    "TOM_ALERTS_LOG_FORMAT": "xml",
    "TOM_ALERTS_PUBLIC_URL": "http://alerts.obs.example",
    "TOM_ALERTS_REQUESTS_A_MINUTE": "many",
    "TOM_ALERTS_RUNS_AT_ONCE": "0",
    "TOM_ALERTS_SECRET_KEY": "0f",
    "TOM_ALERTS_STOP_DELAY": "soon",
    "TOM_ALERTS_TRUSTED_PROXIES": "proxy",
}


def example(guide):
    """The variables of .env as docs/guide/deployment.md has it; what it leaves open is made up as its comment says."""
    block = re.search(r"```sh\n((?:(?!```).)*PUBLIC_HOST=.*?)```", guide, re.DOTALL)[1]
    variables = {}
    for line in filter(str.strip, block.splitlines()):
        assignment, _, comment = line.partition("#")
        name, value = assignment.strip().split("=", 1)
        made = re.search(r"openssl rand -hex (\d+)", comment)
        if value == "…":
            value = secrets.token_hex(int(made[1])) if made else "made-up"
        variables[name] = value
    return variables


def interpolated(text, variables):
    """${NAME}, ${NAME:-default} and ${NAME:?why}; $$ is a dollar."""

    def value(match):
        if match[0] == "$$":
            return "$"
        name, operator, rest = match[1], match[2] or "", match[3] or ""
        if variables.get(name):
            return variables[name]
        if operator == ":-":
            return rest
        raise SystemExit(f"compose.yaml: {name} is not set: {rest}")

    return re.sub(r"\$\$|\$\{(\w+)(:-|:\?)?([^}]*)\}", value, text)


def environment(service, variables):
    """What a service is given; without a value: as in .env, and not set at all where that does not name it."""
    given = {}
    for name, value in service["environment"].items():
        if value is not None:
            given[name] = interpolated(str(value), variables)
        elif name in variables:
            given[name] = variables[name]
    return given


def check(program, folder, image):
    """Checks names and values, and that wrong ones are refused; how many were."""
    compose = yaml.safe_load((folder / "compose.yaml").read_text())
    ours = {name: it for name, it in compose["services"].items() if it["image"] == "tom-alerts"}
    assert len(ours) >= 2, "compose.yaml has no two replicas"
    written = example((folder.parent / "guide/deployment.md").read_text())
    n_refused = 0
    for name, service in ours.items():
        check_names(program, name, service)
        check_volumes(name, service, image)
        must_pass(program, name, environment(service, written))
        everything = environment(service, OPTIONAL | written)
        missing = service["environment"].keys() - everything.keys()
        assert not missing, f"{name}: no value is tried for {missing}"
        must_pass(program, name, everything)
        n_refused += check_wrong(program, name, everything)
    return n_refused


def check_names(program, name, service):
    """That the program reads each variable."""
    text = subprocess.run([program, "serve", "--help"], capture_output=True, text=True, check=True).stdout
    read = set(re.findall(r"\[env: (\w+)[=\]]", text))
    unknown = service["environment"].keys() - read
    assert read and not unknown, f"{name}: the program does not read {unknown}"


def check_volumes(name, service, image):
    """That data and archives are where the program looks for them."""
    inside = {volume.rsplit(":ro", 1)[0].rsplit(":", 1)[1] for volume in service["volumes"]}
    wanted = {image["TOM_ALERTS_DATA_DIR"], service["environment"]["TOM_ALERTS_ARCHIVES"]}
    assert wanted <= inside, f"{name}: {wanted - inside} is no volume"


def answer(program, given):
    """What the program says of an environment."""
    return subprocess.run(
        [program, "check-settings"], env=given, capture_output=True, text=True, check=False
    )


def must_pass(program, name, given):
    """Fails where the program refuses an environment."""
    said = answer(program, given)
    assert said.returncode == 0, f"{name}: {said.stderr}"


def check_wrong(program, name, given):
    """That wrong values and misspelt names are refused; how many were."""
    for variable, wrong in WRONG.items():
        assert variable in given, f"{name}: {variable} is not set"
        with_fault = {key: value for key, value in given.items() if key != variable}
        if wrong is not None:
            with_fault[variable] = wrong
        assert answer(program, with_fault).returncode != 0, f"{name}: {variable}={wrong} passed"
    own = [variable for variable in given if variable.startswith(("TOM_ALERTS_", "PITTGOOGLE_"))]
    for variable in own:
        misspelt = {key + "S" if key == variable else key: value for key, value in given.items()}
        said = answer(program, misspelt)
        assert f"{variable}S" in said.stderr and said.returncode != 0, f"{name}: {variable}S passed"
    return len(WRONG) + len(own)
