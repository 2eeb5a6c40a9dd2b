#!/usr/bin/env python3
"""The shipped unit under a real systemd, which is process 1 of namespaces of its own over a copy of this machine's files: each setting
that meets a limit of the unit works, with the drop-ins that the unit names where it needs one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))
import systemd_box

SOURCE = Path(__file__).resolve().parent.parent.parent
PROGRAM = Path(os.environ.get("VOIP_QOSD") or SOURCE / "build" / "dev" / "voip-qosd")
SYSTEMD = Path("/lib/systemd/systemd")
UNITS = SOURCE / "integrations" / "systemd"
SKIPPED = 77
LOG = "[Service]\nStandardError=append:/trial/daemon.log\n"
SHAPER = """#!/bin/sh
case $1 in
on) {on} tc qdisc replace dev wan root handle 5: htb ;;
off) tc qdisc del dev wan root ;;
observe) tc qdisc show dev wan | grep -q 'htb 5:' ;;
esac
"""
EXEC = '[qos]\nactuator = "exec"\n[qos.exec]\non = ["/usr/local/bin/shaper", "on"]\noff = ["/usr/local/bin/shaper", "off"]\nobserve = ["/usr/local/bin/shaper", "observe"]\n'
TC = '[qos]\nactuator = "tc"\nwan = "wan"\n[qos.tc]\nupload_kbit = 900\ndownload_kbit = 4000\nlan = ["far"]\n'


# ---- inside: what runs under that systemd ----


def run(*argv: str) -> subprocess.CompletedProcess:
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=90)


class Service:
    """One configuration, from start to stop; `found` is what the tests outside judge."""

    def __init__(self, found: dict, name: str, config: str, drop_ins: dict | None = None, shaper: str = ""):
        Path("/etc/voip-qosd/voip-qosd.toml").write_text(config)
        folder = Path("/etc/systemd/system/voip-qosd.service.d")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for file, text in {"log.conf": LOG, **(drop_ins or {})}.items():
            (folder / file).write_text(text)
        if shaper:
            script = Path("/usr/local/bin/shaper")
            script.write_text(shaper)
            script.chmod(0o755)
        self.found = found.setdefault(name, {})
        run("systemctl", "daemon-reload")
        run("systemctl", "reset-failed", "voip-qosd")

    def __enter__(self) -> "Service":
        started = run("systemctl", "start", "voip-qosd")
        self.found |= {"started": started.returncode, "systemd": run("systemctl", "status", "voip-qosd").stdout if started.returncode else ""}
        for _ in range(100):
            status = run("voip-qosd", "status", "--json")
            if status.returncode == 0 or run("systemctl", "is-active", "voip-qosd").stdout.strip() == "failed":
                break
        self.found["status"] = status.returncode
        self.found["said"] = status.stderr
        return self

    def __exit__(self, *_: object) -> None:
        run("systemctl", "stop", "voip-qosd")
        show = run("systemctl", "show", "voip-qosd", "-p", "Result,NRestarts,ExecMainStatus").stdout
        self.found.update(line.split("=", 1) for line in show.splitlines())

    def is_shaped(self) -> bool:
        return " htb " in run("tc", "qdisc", "show", "dev", "wan").stdout

    def switch(self) -> None:
        order = run("voip-qosd", "qos", "on")
        self.found |= {"ordered": order.returncode, "said": order.stdout + order.stderr, "shaped": self.is_shaped()}


def may_ask(groups: str) -> bool:
    return run("setpriv", "--reuid", "4321", "--regid", "4321", *groups.split(), "voip-qosd", "status").returncode == 0


def drive() -> None:
    found: dict = {}
    # A daemon that root ran on this machine leaves a state directory, and systemd cannot move a directory of an overlay's lower layer.
    for place in ("/etc/voip-qosd", "/var/lib/voip-qosd", "/var/lib/private/voip-qosd", "/var/log/voip-qosd"):
        if Path(place).is_symlink():
            Path(place).unlink()
        shutil.rmtree(place, ignore_errors=True)
    Path("/etc/voip-qosd").mkdir()
    shutil.copy("/trial/voip-qosd", "/usr/sbin/voip-qosd")
    for command in ("ip link add wan type veth peer name far", "ip address add 192.0.2.2/24 dev wan", "ip link set wan up", "ip link set far up", "ip route add default via 192.0.2.1"):
        run(*command.split())
    drop_ins = {path.name: path.read_text() for path in Path("/trial").glob("*.conf")}

    accounting = Path("/proc/sys/net/netfilter/nf_conntrack_acct")
    if accounting.exists():
        accounting.write_text("0")
    with Service(found, "sample", Path("/trial/voip-qosd.toml").read_text()) as service:
        service.found["accounting"] = accounting.read_text().strip() if accounting.exists() else "1"
        status = Path(f"/proc/{main_pid()}/status")
        service.found["capabilities"] = [line.split()[1] for line in status.read_text().splitlines() if line.startswith("CapEff")] if status.exists() else []
    with Service(found, "group and log", '[log]\ntarget = "file"\n[control]\ngroup = "adm"\n') as service:
        service.found |= {"member": may_ask("--groups 4"), "stranger": may_ask("--clear-groups")}
        log = Path("/var/log/voip-qosd/voip-qosd.log")
        service.found["log"] = log.read_text() if log.exists() else ""
        Path("/etc/voip-qosd/voip-qosd.toml").write_text('[log]\ntarget = "file"\nfile = "/var/log/elsewhere.log"\n[control]\ngroup = "adm"\n')
        service.found["bad reload"] = run("systemctl", "reload", "voip-qosd").returncode
        service.found["after it"] = run("voip-qosd", "status", "--json").returncode
    with Service(found, "tc", TC) as service:
        service.switch()
    orders = Path("/var/lib/voip-qosd/orders")
    found["tc"] |= {"left": service.is_shaped(), "kept": orders.read_text() if orders.exists() else ""}
    with Service(found, "exec", EXEC, shaper=SHAPER.format(on="")) as service:
        service.switch()
    root_only = SHAPER.format(on="mkdir -p /run/sqm && echo $$ > /run/sqm/lock &&")
    with Service(found, "root's script without the drop-in", EXEC, shaper=root_only) as service:
        service.switch()
    with Service(found, "root's script", EXEC, {"root-scripts.conf": drop_ins["root-scripts.conf"]}, shaper=root_only) as service:
        service.switch()
    with Service(found, "measured drain", TC + 'drain = "measured"\n') as service:
        service.switch()
    with Service(found, "learnt rates", '[qos]\nactuator = "tc"\nwan = "wan"\n') as service:
        service.found["line"] = json.loads(run("voip-qosd", "status", "--json").stdout or "{}").get("line")
        service.switch()
        service.found["privileges"] = [one["result"] for one in json.loads(run("voip-qosd", "doctor", "--json").stdout) if one["check"] == "privileges"]
        service.found["listens"] = listens_on_wan()
        killed = main_pid()
        run("kill", "-9", killed)
        for _ in range(100):
            if main_pid() not in ("0", killed) and run("voip-qosd", "status", "--json").returncode == 0 and listens_on_wan():
                break
            time.sleep(0.1)
        service.found |= {"listens after its death": listens_on_wan(), "is another": main_pid() not in ("0", killed)}
    Path("/etc/voip-qosd/mqtt-password").write_text("secret\n")
    Path("/etc/voip-qosd/mqtt-password").chmod(0o600)
    credential = {"password.conf": "[Service]\nLoadCredential=mqtt-password:/etc/voip-qosd/mqtt-password\n"}
    broker = '[mqtt]\nuri = "mqtt://192.0.2.1"\nusername = "me"\npassword_file = "{}"\n'
    with Service(found, "credential", broker.format("mqtt-password"), credential) as service:
        service.found["of root"] = [run("voip-qosd", *command.split()).returncode for command in ("status", "qos off", "check-config")]
    found["credential"]["before"] = run("voip-qosd", "check-config").returncode
    with Service(found, "no credential", "") as service:
        Path("/etc/voip-qosd/voip-qosd.toml").write_text(broker.format("mqtt-password"))
        service.found["reload"] = run("systemctl", "reload", "voip-qosd").returncode
    with Service(found, "root's password", broker.format("/etc/voip-qosd/mqtt-password")) as service:
        service.found["log"] = Path("/trial/daemon.log").read_text()
    Path("/trial/found.json").write_text(json.dumps(found))


def listens_on_wan() -> bool:
    """A packet socket on it gets all protocols."""
    index = Path("/sys/class/net/wan/ifindex").read_text().strip()
    return any(line.split()[3:5] == ["0003", index] for line in Path("/proc/net/packet").read_text().splitlines()[1:])


def main_pid() -> str:
    return run("systemctl", "show", "voip-qosd", "-p", "MainPID", "--value").stdout.strip()


# ---- outside ----


class Unit(unittest.TestCase):
    found: dict = {}

    def assert_worked(self, name: str) -> dict:
        found = self.found[name]
        self.assertEqual((found["started"], found["status"], found["Result"], found["NRestarts"]), (0, 0, "success", "0"), found)
        return found

    def assert_switched(self, name: str) -> None:
        found = self.assert_worked(name)
        self.assertEqual((found["ordered"], found["shaped"]), (0, True), found)

    def test_the_sample_runs_with_one_privilege(self):
        found = self.assert_worked("sample")
        self.assertEqual([int(one, 16) for one in found["capabilities"]], [1 << 12], "CAP_NET_ADMIN alone")
        self.assertEqual(found["accounting"], "1")

    def test_a_group_may_use_the_socket_and_the_log_may_be_a_file(self):
        found = self.assert_worked("group and log")
        self.assertEqual((found["member"], found["stranger"]), (True, False))
        self.assertIn("voip-qosd", found["log"])
        self.assertNotEqual(found["bad reload"], 0, "a place that the unit cannot write to is refused")
        self.assertEqual(found["after it"], 0)

    def test_tc_shapes_and_takes_it_away_at_the_end(self):
        self.assert_switched("tc")
        self.assertFalse(self.found["tc"]["left"])
        self.assertIn("override on until", self.found["tc"]["kept"])

    def test_a_users_script_shapes(self):
        self.assert_switched("exec")

    def test_a_script_that_only_root_can_run_needs_the_drop_in(self):
        self.assertNotEqual(self.found["root's script without the drop-in"]["ordered"], 0)
        self.assert_switched("root's script")

    def test_a_measured_drain_works(self):
        self.assert_switched("measured drain")

    def test_the_line_can_be_looked_at_and_is_waited_for(self):
        found = self.assert_worked("learnt rates")
        self.assertEqual((found["privileges"], found["listens"], found["is another"], found["listens after its death"]), (["ok"], True, True, True), found)
        self.assertIsNone(found["line"]["blocker"], found)
        self.assertNotEqual(found["ordered"], 0)
        self.assertIn("not known yet", found["said"])
        self.assertFalse(found["shaped"])

    def test_a_credential_is_found(self):
        found = self.assert_worked("credential")
        self.assertEqual(found["of root"], [0, 0, 0], "commands find it too")
        self.assertEqual(found["before"], 0, "nobody can look for it before")

    def test_a_credential_that_is_not_handed_over_is_refused(self):
        self.assertNotEqual(self.found["no credential"]["reload"], 0)

    def test_a_password_of_root_is_told_with_what_mends_it(self):
        found = self.found["root's password"]
        self.assertEqual(found["ExecMainStatus"], "2")
        self.assertIn("LoadCredential=mqtt-password:/etc/voip-qosd/mqtt-password", found["log"])

    def test_it_is_exposed_no_more_than_it_must(self):
        with tempfile.TemporaryDirectory() as folder:
            stage(Path(folder))
            done = subprocess.run(
                ["systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager", f"{folder}/voip-qosd.service"],
                capture_output=True, text=True, check=False,
            )
            self.assertEqual(done.returncode, 0, done.stdout[-300:] + done.stderr)


def stage(folder: Path) -> None:
    unit = (UNITS / "voip-qosd.service.in").read_text().replace("@VOIP_SBINDIR@", "/usr/sbin")
    (folder / "voip-qosd.service").write_text(unit)


def boot(folder: Path) -> dict:
    """What the driver has found; an empty one where such a systemd cannot run here."""
    stage(folder)
    shutil.copy(PROGRAM, folder / "voip-qosd")
    shutil.copy(__file__, folder / "driver.py")
    shutil.copy(systemd_box.__file__, folder)
    shutil.copy(SOURCE / "config" / "voip-qosd.toml", folder)
    for drop_in in UNITS.glob("*.conf"):
        shutil.copy(drop_in, folder)
    said = systemd_box.boot(folder, f"{os.path.realpath(sys.executable)} /trial/driver.py")
    if said is None:
        return {}
    log = folder / "driver.log"
    result = folder / "found.json"
    daemon = folder / "daemon.log"
    if daemon.exists() and os.environ.get("SHOW_LOG"):
        print(daemon.read_text())
    if result.exists():
        return json.loads(result.read_text())
    if log.exists():
        raise SystemExit(f"the driver failed: {log.read_text()}")
    print(said)
    return {}


def main() -> None:
    if os.getpid() != 1 and Path("/trial/driver.py").resolve() == Path(__file__).resolve():
        drive()
        return
    if os.geteuid() != 0 or not SYSTEMD.exists() or not shutil.which("systemd-analyze") or not shutil.which("setpriv"):
        print("SKIPPED: it takes root and an installed systemd")
        sys.exit(SKIPPED)
    if any(name in PROGRAM.read_bytes() for name in (b"__asan_init", b"__tsan_init")):
        print("SKIPPED: a sanitizer needs more memory and system calls than the unit gives")
        sys.exit(SKIPPED)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        Unit.found = boot(Path(folder))
    if not Unit.found:
        print("SKIPPED: systemd cannot be started in namespaces here (overlayfs, cgroup2?)")
        sys.exit(SKIPPED)
    unittest.main(module="__main__", verbosity=2)


if __name__ == "__main__":
    main()
