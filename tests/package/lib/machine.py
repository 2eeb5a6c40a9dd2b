"""A whole router in an emulator: Debian 12 with Debian's kernel of its architecture, systemd, and two network cards.

Its disk is made once, of what the mirror has, and kept; whatever a boot does to it is forgotten. It shares a folder with this machine, which
is /trial in there. It has no network but its cards, behind which cables.py puts a phone and the far end of its calls.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import package_trial
import systemd_box

LIB = Path(__file__).resolve().parent
SUITE = "bookworm"
INCLUDE = "systemd,systemd-sysv,dbus,udev,kmod,python3,procps"
TOOLS = ("debootstrap", "depmod", "mke2fs", "busybox", "dpkg-scanpackages", "unshare", "setpriv", "ip")
DISK = "3G"
# Of the thousands of modules only those that this machine and a router have a use for.
MODULES = ("arch", "crypto", "lib", "net", "fs/9p", "fs/autofs", "fs/ext4", "fs/fscache", "fs/jbd2", "fs/mbcache.ko", "fs/netfs", "drivers/net/*.ko",
           "drivers/virtio", "drivers/block/virtio_blk.ko", "drivers/char/hw_random")  # fmt: skip
# What it takes to come to the disk and to the folder.
FIRST = ("crc32c_generic", "libcrc32c", "virtio_pci", "virtio_blk", "ext4", "9pnet_virtio", "9p", "virtio-rng")
INIT = r"""#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t devtmpfs dev /dev
for module in /modules/*; do insmod "$module"; done
mount -t ext4 /dev/vda /root
mkdir -p /root/trial
mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144 trial /root/trial
mount -t tmpfs -o mode=755 run /root/run
units=/root/run/systemd/system
mkdir -p $units/multi-user.target.wants
[ ! -e /root/trial/driver.service ] || cp /root/trial/driver.service $units/
ln -s ../driver.service $units/multi-user.target.wants/driver.service
mount --move /dev /root/dev
exec switch_root /root "${START:-/sbin/init}"
"""
# No network in there is that of apt's timers, and they would hold its lock.
FIRST_BOOT = r"""#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive
mount -t proc proc /proc
/debootstrap/debootstrap --second-stage > /trial/debootstrap.log 2>&1 && {
  echo router > /etc/hostname
  ln -sf /dev/null /etc/systemd/system/apt-daily.timer
  ln -sf /dev/null /etc/systemd/system/apt-daily-upgrade.timer
  rm -f /var/cache/apt/archives/*.deb /etc/dpkg/dpkg.cfg.d/first-boot /first-boot
  sync
  mount -o remount,ro /
  cp /var/lib/dpkg/status /trial/status
}
mount -o remount,ro /
echo o > /proc/sysrq-trigger
sleep 60
"""
# Nothing in there is late because this machine is busy.
SYSTEMD = "systemd.show_status=no systemd.default_timeout_start_sec=900"
APT = """APT::Architecture "{arch}";
APT::Architectures {{ "{arch}"; }};
APT::Sandbox::User "root";
Dir "{folder}";
Dir::State "state";
Dir::State::status "{status}";
Dir::Cache "cache";
Dir::Etc "etc";
Dir::Etc::trustedparts "/etc/apt/trusted.gpg.d";
"""


class Architecture(NamedTuple):
    emulator: str
    machine: str
    cpu: str
    kernel: str


ARCHITECTURES = {
    "arm64": Architecture("qemu-system-aarch64", "virt", "cortex-a53", "linux-image-arm64"),
    "armhf": Architecture("qemu-system-arm", "virt,highmem=off", "cortex-a15", "linux-image-armmp"),
}


class Unavailable(Exception):
    """Such a machine cannot be had here; the text says why."""


def require(arch: str) -> None:
    """Raises Unavailable with the reason."""
    if arch not in ARCHITECTURES:
        raise Unavailable(f"no emulated router of {arch}; there are: {', '.join(ARCHITECTURES)}")
    if os.geteuid() != 0:
        raise Unavailable("a disk, namespaces and their cables need root")
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    missing = [tool for tool in (ARCHITECTURES[arch].emulator, *TOOLS) if shutil.which(tool, path=path) is None]
    if missing:
        raise Unavailable(f"not installed: {', '.join(missing)} (scripts/bootstrap --router installs them)")
    if not Path("/dev/net/tun").exists():
        raise Unavailable("no /dev/net/tun")


class Machine:
    """The kept machine of an architecture; made where it is not there yet."""

    def __init__(self, arch: str):
        require(arch)
        self.arch = arch
        self.kind = ARCHITECTURES[arch]
        self.folder = package_trial.roots() / f"router-{arch}"
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        with open(self.folder.parent / f"lock-router-{arch}", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not self.folder.is_dir():
                self._make()

    def repository(self, package: Path, folder: Path) -> None:
        """What the package depends on and the machine has not, as a repository for its apt, which reads it as another user than root."""
        folder.mkdir()
        folder.parent.chmod(0o755)
        apt = self._apt(self.folder, self.folder / "status")
        _run("apt-get", "-qq", "-y", "--download-only", "install", package, env=apt)
        for deb in (self.folder / "apt" / "cache" / "archives").glob("*.deb"):
            shutil.copy(deb, folder / deb.name.replace("%3a", "."))
        index = _run("dpkg-scanpackages", "--multiversion", ".", cwd=folder)
        (folder / "Packages").write_text(index)

    def boot(self, trial: Path, command: str, seconds: float = 3000) -> str:
        """Boots it with `trial`, runs `command`, and waits until it is off again. Returns the end of what it has said."""
        (trial / "driver.service").write_text(systemd_box.driver_service(command, "poweroff-force"))
        return self._boot(self.folder, trial, seconds, snapshot=True)

    def _make(self) -> None:
        new = self.folder.with_suffix(".new")
        print(f"making an emulated router of {self.arch} (some minutes; {new})", flush=True)
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir()
        root = new / "root"
        _run("debootstrap", "--foreign", f"--arch={self.arch}", "--variant=minbase", f"--include={INCLUDE}", SUITE, root, package_trial.mirror())
        if (root / "proc").is_symlink():  # debootstrap does so in a container
            (root / "proc").unlink()
            (root / "proc").mkdir()
        self._unpack_faster(root)
        modules = self._kernel(new, root)
        self._first_file_system(new, modules)
        (root / "first-boot").write_text(FIRST_BOOT)
        (root / "first-boot").chmod(0o755)
        _run("mke2fs", "-q", "-F", "-t", "ext4", "-d", root, new / "disk", DISK)
        shutil.rmtree(root)
        with tempfile.TemporaryDirectory() as exchange:
            said = self._boot(new, Path(exchange), 7200, "START=/first-boot")
            status = Path(exchange, "status")
            if not status.exists():
                log = Path(exchange, "debootstrap.log")
                raise AssertionError(f"Debian was not installed: {said}\n{log.read_text()[-2000:] if log.exists() else ''}")
            shutil.copy(status, new)
        shutil.rmtree(new / "apt")
        new.rename(self.folder)

    def _unpack_faster(self, root: Path) -> None:
        """To decompress what debootstrap has fetched, and to wait for the disk after each file, takes an emulator very long."""
        (root / "etc" / "dpkg" / "dpkg.cfg.d").mkdir(parents=True, exist_ok=True)
        (root / "etc" / "dpkg" / "dpkg.cfg.d" / "first-boot").write_text("force-unsafe-io\n")
        for deb in (root / "var" / "cache" / "apt" / "archives").glob("*.deb"):
            with tempfile.TemporaryDirectory() as files:
                _run("dpkg-deb", "--raw-extract", deb, files)
                _run("dpkg-deb", "-Znone", "--build", files, deb)

    def _kernel(self, new: Path, root: Path) -> Path:
        """Takes Debian's kernel; returns where its modules are in the root."""
        apt = self._apt(new)
        name = next(line.split()[-1] for line in _run("apt-cache", "depends", self.kind.kernel, env=apt).splitlines() if "Depends:" in line)
        _run("apt-get", "-qq", "download", name, "busybox-static", env=apt, cwd=new)
        files = new / "files"
        for deb in new.glob("*.deb"):
            _run("dpkg-deb", "--extract", deb, files)
            deb.unlink()
        next((files / "boot").glob("vmlinuz-*")).rename(new / "kernel")
        next(path for path in files.glob("**/bin/busybox") if path.is_file()).rename(new / "busybox")
        given = next((files / "lib" / "modules").iterdir())
        taken = root / "usr" / "lib" / "modules" / given.name
        for path in (path for pattern in (*(f"kernel/{each}" for each in MODULES), "modules.*") for path in given.glob(pattern)):
            target = taken / path.relative_to(given)
            target.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if path.is_dir() else shutil.copy)(path, target)
        shutil.rmtree(files)
        _run("depmod", "-b", root, given.name)
        return taken

    def _first_file_system(self, new: Path, modules: Path) -> None:
        """In RAM, for coming to the disk."""
        top = new / "initial"
        for folder in ("bin", "dev", "modules", "root"):
            (top / folder).mkdir(parents=True)
        (new / "busybox").rename(top / "bin" / "busybox")
        (top / "bin" / "busybox").chmod(0o755)
        (top / "init").write_text(INIT)
        (top / "init").chmod(0o755)
        needs = dict(line.split(":", 1) for line in (modules / "modules.dep").read_text().splitlines())
        order: list[str] = []
        for name in FIRST:
            module = next((path for path in needs if Path(path).stem == name), None)
            if module:  # else it is a part of the kernel
                order += [path for path in (*reversed(needs[module].split()), module) if path not in order]
        for number, module in enumerate(order):
            shutil.copy(modules / module, top / "modules" / f"{number:02}-{Path(module).name}")
        with open(new / "initial.cpio", "wb") as archive:
            names = "\n".join(str(path.relative_to(top)) for path in sorted(top.rglob("*")))
            subprocess.run(["busybox", "cpio", "-o", "-H", "newc"], cwd=top, input=names.encode(), stdout=archive, stderr=subprocess.DEVNULL, check=True)
        shutil.rmtree(top)

    def _apt(self, folder: Path, status: Path | None = None) -> dict:
        """The environment of an apt of its own for the machine's architecture, to which that is installed which the status says."""
        home = folder / "apt"
        for name in ("state/lists/partial", "cache/archives/partial", "etc/apt.conf.d", "etc/preferences.d", "etc/sources.list.d"):
            (home / name).mkdir(parents=True, exist_ok=True)
        nothing = home / "nothing"
        nothing.touch()
        (home / "etc" / "sources.list").write_text(f"deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] {package_trial.mirror()} {SUITE} main\n")
        (home / "apt.conf").write_text(APT.format(arch=self.arch, folder=home, status=status or nothing))
        environment = {**os.environ, "APT_CONFIG": str(home / "apt.conf"), "DEBIAN_FRONTEND": "noninteractive"}
        _run("apt-get", "-qq", "update", env=environment)
        return environment

    def _boot(self, folder: Path, trial: Path, seconds: float, options: str = "", *, snapshot: bool = False) -> str:
        kind = self.kind
        emulator = [kind.emulator, "-M", kind.machine, "-cpu", kind.cpu, "-smp", "2", "-m", "768", "-nodefaults", "-display", "none", "-monitor", "none"]
        emulator += ["-no-reboot", "-serial", f"file:{trial}/console.log", "-kernel", f"{folder}/kernel", "-initrd", f"{folder}/initial.cpio"]
        emulator += ["-append", f"console=ttyAMA0 loglevel=4 panic=-1 net.ifnames=0 {SYSTEMD} {options}"]
        emulator += ["-drive", f"file={folder}/disk,if=none,id=disk,format=raw,cache=unsafe,snapshot={'on' if snapshot else 'off'}"]
        emulator += ["-device", "virtio-blk-pci,drive=disk", "-device", "virtio-rng-pci"]
        emulator += ["-fsdev", f"local,id=trial,path={trial},security_model=none", "-device", "virtio-9p-pci,fsdev=trial,mount_tag=trial"]
        # Its namespaces are gone when the last process of them is, and that is ended with this one.
        box = ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
        argv = [*box, sys.executable, LIB / "cables.py", trial, *emulator]
        try:
            done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=seconds)
            said = done.stdout + done.stderr
        except subprocess.TimeoutExpired:
            said = f"it was ended after {seconds:.0f} s"
        console = trial / "console.log"
        return said + "\n" + (console.read_text(errors="replace")[-3000:] if console.exists() else "")


def _run(*argv, **options) -> str:
    done = subprocess.run(argv, capture_output=True, text=True, check=False, **options)
    if done.returncode:
        raise Unavailable(f"{' '.join(map(str, argv))}: {(done.stderr or done.stdout)[-800:]}")
    return done.stdout
