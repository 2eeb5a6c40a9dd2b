"""A real systemd as process 1 of namespaces of its own, over a copy of some root's files: a box in which a driver finds something out.

The box has a network of its own with nothing in it but lo, and /trial, the folder in which the driver finds its things and leaves what it
has found. Nothing of what happens in there stays.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

# Mounts and namespaces: everything is gone when the last process of them is.
BOOT = r"""
set -e
mount --make-rprivate /
box=$1 lower=$2 trial=$3
mount -t tmpfs none "$box"
mkdir "$box/upper" "$box/work" "$box/root"
mount -t overlay none -o "lowerdir=$lower,upperdir=$box/upper,workdir=$box/work" "$box/root"
umount -R /sys/fs/cgroup 2> /dev/null || true
mount -t cgroup2 none /sys/fs/cgroup
group=/sys/fs/cgroup/voip-qosd-test-$$
mkdir "$group"
echo $$ > "$group/cgroup.procs"
unshare --cgroup --pid --fork --kill-child --uts --ipc --net bash -c '
set -e
cd "$1/root"
mkdir -p trial old
mount --bind "$2" trial
mount -t proc proc proc
mount -t sysfs sys sys
mount -t cgroup2 none sys/fs/cgroup
mount -t tmpfs -o mode=755 run run
mount -t tmpfs tmp tmp
mount -t tmpfs dev dev
for node in null zero full random urandom tty; do touch dev/$node; mount --bind /dev/$node dev/$node; done
mkdir dev/shm dev/pts
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
rm -rf etc/systemd/system/*
mkdir -p etc/systemd/system
cp trial/*.service etc/systemd/system/
ip link set lo up
pivot_root . old
cd /
umount -l old
mount --make-rshared /
exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --unit=driver.service --log-target=null --show-status=no
' boot "$box" "$trial" || true
echo $$ > /sys/fs/cgroup/cgroup.procs
find "$group" -depth -type d -exec rmdir {} +
"""
DRIVER = """[Unit]
{unit}
SuccessAction={end}
FailureAction={end}
[Service]
Type=oneshot
ExecStart={command}
StandardOutput=file:/trial/driver.log
StandardError=file:/trial/driver.log
"""


def driver_service(command: str, end: str, unit: str = "") -> str:
    """The service that runs `command` and then ends the system, by `end`; what it says is in the trial's driver.log."""
    return DRIVER.format(command=command, end=end, unit=unit)


def boot(trial: Path, command: str, lower: Path = Path("/"), timeout: float = 400) -> str | None:
    """Boots systemd over the files of `lower`, which runs `command` and ends; `trial` and its units are what is in the box besides.
    Returns what the boot itself said; nothing where the time is over."""
    (trial / "driver.service").write_text(driver_service(command, "exit-force", "DefaultDependencies=no"))
    (trial / "boot.sh").write_text(BOOT)
    with tempfile.TemporaryDirectory() as box:
        try:
            done = subprocess.run(
                ["unshare", "--mount", "--fork", "--kill-child", "bash", trial / "boot.sh", box, lower, trial],
                capture_output=True, text=True, check=False, timeout=timeout,
            )
        except subprocess.TimeoutExpired:
            return None
        return done.stdout + done.stderr
