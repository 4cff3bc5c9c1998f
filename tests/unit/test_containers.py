"""docker-compose.yml keeps what docs/deploy/compose.md promises of it. No engine is asked: the file is read."""

import re
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from command_line.settings_file import read_file
from processors import PROCESSORS
from settings import Settings, Storage

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OWN = {name: service for name, service in SERVICES.items() if service["image"].endswith(":local")}
JOBS = {name: service for name, service in OWN.items() if name.endswith("job")}
ONCE = "secrets"
VOLUME_OF_SECRETS = {**dict.fromkeys(JOBS, "job-secrets"), "dashboard": "analyst-secrets"}


def seconds(text: str) -> int:
    assert text.endswith("s")
    return int(text[:-1])


def bytes_of(limit: str) -> int:
    return int(limit[:-1]) * {"m": 2**20, "g": 2**30}[limit[-1]]


def named(volume: str) -> str | None:
    """The named volume of `name:/place`; None for a file of the project."""
    return None if volume.startswith(".") else volume.split(":")[0]


def test_there_is_a_job_for_each_source_but_files_and_only_that_of_the_socket_runs_unasked() -> None:
    assert {service["command"][-1]: service.get("profiles") for service in JOBS.values()} == {
        "socket": None,
        **{source: [source] for source in PROCESSORS.keys() - {"socket", "files"}},
    }


def test_what_is_told_to_a_job_is_a_setting_and_reaches_a_service_that_listens_there() -> None:
    for service in JOBS.values():
        given = service.get("environment", {})
        assert {name.removeprefix("CASESTREAM_").lower() for name in given} <= Settings.model_fields.keys()
        for address in filter(None, (re.fullmatch(r"(?:\w+://)?([\w-]+):(\d+)", value) for value in given.values())):
            assert address[1] in service["depends_on"]
            assert address[2] in str(SERVICES[address[1]])


def test_every_port_is_open_to_this_machine_only() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert len(ports) == 3
    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert not any(service.get("network_mode") == "host" for service in SERVICES.values())


def test_every_image_of_others_is_pinned_by_version() -> None:
    images = {service["image"] for name, service in SERVICES.items() if name not in OWN}
    assert all(re.fullmatch(r"[\w/]+:\d+\.\d+\.\d+", image) for image in images)
    bases = re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert re.fullmatch(r"python:\d+\.\d+\.\d+-slim-\w+", bases[0])


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_has_a_limit_of_memory_a_restart_policy_and_no_new_rights(name: str) -> None:
    service = SERVICES[name]
    assert 0 < bytes_of(service["mem_limit"]) <= 4 * 2**30
    assert service["restart"] in ("unless-stopped", "on-failure", "no")
    assert service["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", OWN)
def test_the_project_s_own_containers_write_nowhere_but_to_tmp_and_their_volume(name: str) -> None:
    service = OWN[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert any(place.split(":")[0] == "/tmp" for place in service["tmpfs"])
    writable = [volume for volume in service.get("volumes", ()) if not volume.endswith(":ro")]
    assert writable == ([f"{name}:/app/.data"] if name in JOBS else [])


def test_a_job_is_given_more_time_to_end_than_a_trigger_takes_and_may_run_what_it_unpacks() -> None:
    for service in JOBS.values():
        assert seconds(service["stop_grace_period"]) > 2 * Settings.model_fields["trigger_seconds"].default
        assert service["restart"] == "on-failure"
        assert "exec" in service["tmpfs"][0].split(":")[1].split(",")


def test_whoever_is_waited_for_says_when_it_is_healthy() -> None:
    for service in SERVICES.values():
        for name, wanted in service.get("depends_on", {}).items():
            done = "service_completed_successfully" if name == ONCE else "service_healthy"
            assert wanted == {"condition": done}
            assert name == ONCE or "test" in SERVICES[name]["healthcheck"]
            assert set(SERVICES[name].get("profiles", ())) <= set(service.get("profiles", ()))
    assert all({"mongo"} <= set(service["depends_on"]) for service in JOBS.values())
    assert "HEALTHCHECK" in (ROOT / "Dockerfile").read_text()


def test_all_that_is_to_stay_is_in_named_volumes() -> None:
    volumes = {named(each) for service in SERVICES.values() for each in service.get("volumes", ())} - {None}
    assert volumes == set(COMPOSE["volumes"])
    files = [each.split(":")[0] for service in SERVICES.values() for each in service.get("volumes", ())]
    assert all((ROOT / file).is_file() for file in files if file.startswith("./"))


def test_no_password_is_in_the_file_and_each_reads_its_own_from_a_volume_that_the_server_s_are_not_in() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    assert not re.search(r"(?i)password: (?!/run/)", text)
    assert "MONGODB_URI" not in text
    for name, volume in VOLUME_OF_SECRETS.items():
        assert SERVICES[name]["command"][:2] == ["--settings-file", "/run/casestream/settings.env"]
        secrets = [each for each in SERVICES[name]["volumes"] if "secrets" in each]
        assert secrets == [f"{volume}:/run/casestream:ro"]
    with_servers = [name for name, service in SERVICES.items() if "server-secrets" in str(service.get("volumes"))]
    assert with_servers == [ONCE, "mongo"]


def test_the_passwords_are_made_once_and_are_settings_of_the_jobs_and_of_who_reads(tmp_path: Path) -> None:
    folders = server, *readers = [tmp_path / name for name in ("server", "job", "analyst")]
    seen = []
    for folder in folders:
        folder.mkdir()
    for _ in range(2):
        subprocess.run(["bash", ROOT / "deploy/mongodb/make-secrets.sh", *folders], check=True)
        seen.append(
            {str(file.relative_to(tmp_path)): file.read_text() for file in tmp_path.rglob("*") if file.is_file()}
        )
    first, second = seen
    assert first == second
    names = {f"server/{user}-password" for user in ("root", "job", "analyst")}
    assert set(first) == names | {"job/settings.env", "analyst/settings.env"}
    assert len({first[name] for name in names}) == 3
    assert all(re.fullmatch(r"[0-9a-f]{48}", first[name]) for name in names)
    for folder in readers:
        lines, problems = read_file(folder / "settings.env")
        assert problems == []
        assert f"//{folder.name}:" in lines["mongodb_uri"]
        assert Storage.model_validate(lines).secrets()[1] == first[f"server/{folder.name}-password"]
    # The server's image reads them as a user of its own.
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o444 for file in server.iterdir())
