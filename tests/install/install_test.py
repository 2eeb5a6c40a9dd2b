#!/usr/bin/env python3
"""`cmake --install` into an empty root: every file where packagers expect it, each component alone, the user's configuration kept."""
import os
import pathlib
import stat
import subprocess
import tempfile
import unittest

BUILD = os.environ["VOIP_BUILD_DIR"]
SOURCE = pathlib.Path(os.environ["VOIP_SOURCE_DIR"])
CONFIGURATION = "etc/voip-qosd/voip-qosd.toml"
COMPONENTS = {
    "daemon": {"usr/sbin/voip-qosd", "usr/lib/systemd/system/voip-qosd.service", CONFIGURATION},
    "documentation": {
        "usr/share/man/man8/voip-qosd.8",
        "usr/share/doc/voip-qosd/README.md",
        "usr/share/doc/voip-qosd/CHANGELOG.md",
        "usr/share/doc/voip-qosd/examples/slow-line.toml",
    },
    "completions": {
        "usr/share/bash-completion/completions/voip-qosd",
        "usr/share/fish/vendor_completions.d/voip-qosd.fish",
        "usr/share/zsh/%s/_voip-qosd" % ("vendor-completions" if os.path.exists("/etc/debian_version") else "site-functions"),
    },
    "integrations": {
        "usr/share/voip-qosd/home-assistant/dashboard.yaml",
        "usr/share/voip-qosd/home-assistant/voip-qos-strategy.js",
        "usr/share/voip-qosd/home-assistant/packages/voip_qos.yaml",
        "usr/share/voip-qosd/home-assistant/blueprints/automation/voip-qosd/pause_during_calls.yaml",
        "usr/share/voip-qosd/mosquitto/voip-qosd.conf",
        "usr/share/voip-qosd/phone/nfc-tag.yaml",
    },
}
# Besides those above, each component has files only below these.
MORE_BELOW = {
    "daemon": (),
    "documentation": ("usr/share/doc/voip-qosd/",),
    "completions": (),
    "integrations": ("usr/share/voip-qosd/",),
}


class Install(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def install(self, *options):
        """Returns the files that are there afterwards."""
        command = ["cmake", "--install", BUILD, "--prefix", "/usr", *options]
        done = subprocess.run(command, env={**os.environ, "DESTDIR": str(self.root)}, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return {str(path.relative_to(self.root)) for path in self.root.rglob("*") if path.is_file()}

    def test_all_is_installed_and_can_be_read_by_everybody(self):
        installed = self.install()
        for component, files in COMPONENTS.items():
            self.assertLessEqual(files, installed, component)
        for name in installed:
            mode = stat.S_IMODE((self.root / name).stat().st_mode)
            self.assertEqual(mode & 0o444, 0o444, f"{name} has mode {mode:o}")
        unit = (self.root / "usr/lib/systemd/system/voip-qosd.service").read_text()
        self.assertIn("\nExecStart=/usr/sbin/voip-qosd run\n", unit)
        self.assertIn("\nExecReload=/usr/sbin/voip-qosd check-config\n", unit)
        version = subprocess.run([self.root / "usr/sbin/voip-qosd", "--version"], capture_output=True, text=True, check=True)
        self.assertTrue(version.stdout.startswith("voip-qosd "), version.stdout)

    def test_each_component_is_installed_alone(self):
        together = set()
        for component, files in COMPONENTS.items():
            with self.subTest(component):
                installed = self.install("--component", component) - together
                self.assertLessEqual(files, installed)
                others = {name for name in installed - files if not name.startswith(MORE_BELOW[component])}
                self.assertEqual(others, set())
                together |= installed
        self.assertEqual(self.install(), together, "each file belongs to one component")

    def test_an_edited_configuration_is_kept(self):
        ours = (SOURCE / "config/voip-qosd.toml").read_text()
        self.install()
        configuration = self.root / CONFIGURATION
        self.assertEqual(configuration.read_text(), ours)
        again = self.install()
        self.assertNotIn(CONFIGURATION + ".new", again, "the same needs no second file")
        for edited in ('[node]\nid = "attic"\n', ""):
            configuration.write_text(edited)
            again = self.install("--component", "daemon")
            self.assertEqual(configuration.read_text(), edited)
            self.assertIn(CONFIGURATION + ".new", again)
            self.assertEqual((self.root / (CONFIGURATION + ".new")).read_text(), ours)


if __name__ == "__main__":
    unittest.main(verbosity=2)
