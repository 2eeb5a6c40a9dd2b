#!/usr/bin/env python3
"""Plays the evening that voip-qosd is for and shows it; scripts/demo installs, builds and calls this."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[2] / "netns")]
from daemon import ROOT, binary  # noqa: E402
from home import Home, HomeError, Unavailable  # noqa: E402
from scenario import Plan, Result, Stage  # noqa: E402
from screen import Screen  # noqa: E402


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/demo", description="Shows in about a minute what voip-qosd does, on real traffic in a home network made of namespaces.")
    parser.add_argument("--stay", action="store_true", help="leave everything running afterwards and print commands to play with")
    parser.add_argument("--plain", action="store_true", help="no colours, ASCII only: for logs")
    parser.add_argument("--no-broker", action="store_true", help="without any MQTT broker: the daemon switches all the same")
    parser.add_argument("--json", metavar="FILE", help="write what was measured to FILE")
    parser.add_argument("--release-after", type=float, default=5.0, metavar="SECONDS", help="policy.release_after in the demo (default 5; the daemon's own default is 10)")
    return parser.parse_args()


def main() -> int:
    args = options()
    screen = Screen(plain=args.plain)
    try:
        binary()
        # A name that can be typed, where somebody will.
        prefix = "demo" if args.stay and not Path("/run/netns/demo-router").exists() else None
        with Home(prefix) as home:
            screen.title(
                "voip-qosd: the line clears itself when somebody is on the phone",
                f"phone, laptop > router with voip-qosd > line of {home.line.up_kbit} kbit/s with {home.line.up_buffer_ms} ms of buffer > server\n"
                "The network is made of namespaces on this machine; the traffic is real.",
            )
            stage = Stage(home, Plan(with_broker=not args.no_broker, release_after_s=args.release_after), screen)
            try:
                result = stage.play()
            except HomeError:
                _explain(screen, stage)
                raise
            screen.result(result)
            if args.json:
                Path(args.json).write_text(json.dumps(result.as_dict(), indent=2) + "\n")
            if not result.ok:
                _explain(screen, stage)
            if args.stay:
                _stay(screen, stage)
            stage.news.close()
            stage.daemon.stop()
            return _exit_status(screen, result)
    except Unavailable as reason:
        print(f"The demo cannot run here: {reason}", file=sys.stderr)
        return 77
    except HomeError as problem:
        print(f"The demo failed: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ninterrupted; everything is removed", file=sys.stderr)
        return 130


def _exit_status(screen: Screen, result: Result) -> int:
    failed = [check.name for check in result.checks() if not check.ok]
    if failed:
        screen.print(f"Not as it must be: {'; '.join(failed)}.")
    return 1 if failed else 0


def _explain(screen: Screen, stage: Stage) -> None:
    text = stage.daemon.log_text().strip()
    if text:
        screen.print("The daemon's log:\n" + "\n".join(f"    {line}" for line in text.splitlines()[-40:]))


def _stay(screen: Screen, stage: Stage) -> None:
    home, daemon = stage.home, stage.daemon
    on = f"ip netns exec {home.prefix}-"
    call = ROOT / "tests" / "netns" / "call.py"
    commands = [
        ("place a call and see its quality", f"{call} --prefix {home.prefix} --seconds 20"),
        ("what the daemon sees", f"{on}router {binary()} status --config {daemon.config}"),
        ("QoS by hand", f"{on}router {binary()} qos on --for 1m --config {daemon.config}"),
    ]
    if stage.broker:
        at = f"-h {stage.broker.address}"
        commands += [
            ("what a phone sees", f"{on}phone mosquitto_sub {at} -v -t '{daemon.base_topic}/#'"),
            ("QoS from a phone", f"{on}phone mosquitto_pub {at} -t {daemon.base_topic}/qos/set -m '{{\"state\":\"ON\",\"for\":\"30s\"}}'"),
        ]
    commands += [("the router's flows", f"{on}router conntrack -L -p udp"), ("the shaper", f"{on}router tc -s qdisc show dev wan"), ("the daemon's log", f"tail -f {daemon.log}")]
    screen.print("Everything stays up, the upload too, until Ctrl-C. In another terminal:\n")
    for what, command in commands:
        screen.print(f"  {what}:")
        print(f"      {command}", flush=True)  # uncut, to be copied
    try:
        signal.pause()
    except KeyboardInterrupt:
        screen.print("\nremoved")


if __name__ == "__main__":
    sys.exit(main())
