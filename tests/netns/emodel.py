"""How good a call was: loss, delay, jitter, and what a listener would say about it.

R and MOS follow the E-model of ITU-T G.107 in the simplified form of Cole and Rosenbluth ("Voice over IP Performance Monitoring",
ACM CCR 31(2), 2001) for G.711 with packet loss concealment: R = 93.2 - Id(delay) - Ie(loss), with Bpl = 25.1 of ITU-T G.113 appendix I.
A receiver with a jitter buffer of 200 ms is assumed: what comes later than that after the fastest packet is as good as lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

JITTER_BUFFER_MS = 200.0
PACKETIZATION_MS = 20.0


def mos_of(r: float) -> float:
    """Mean opinion score of a rating factor R, ITU-T G.107 annex B."""
    r = max(0.0, min(100.0, r))
    return max(1.0, min(4.5, 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6))


def rating(one_way_delay_ms: float, lost_percent: float) -> float:
    """R for a mouth-to-ear delay and a share of packets that were not played."""
    delay_impairment = 0.024 * one_way_delay_ms + max(0.0, 0.11 * (one_way_delay_ms - 177.3))
    loss_impairment = 95.0 * lost_percent / (lost_percent + 25.1)
    return max(0.0, min(100.0, 93.2 - delay_impairment - loss_impairment))


def quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


@dataclass(frozen=True)
class Packet:
    sent_ns: int
    received_ns: int | None  # None: it never came

    @property
    def delay_ms(self) -> float:
        assert self.received_ns is not None
        return (self.received_ns - self.sent_ns) / 1e6


@dataclass(frozen=True)
class Quality:
    sent: int
    lost: int
    late: int
    mean_ms: float
    p95_ms: float
    max_ms: float
    jitter_ms: float
    r: float
    mos: float

    @property
    def loss_percent(self) -> float:
        return 100.0 * self.lost / self.sent if self.sent else 0.0

    @property
    def late_percent(self) -> float:
        return 100.0 * self.late / self.sent if self.sent else 0.0

    def as_dict(self) -> dict:
        rounded = {key: round(value, 2) if isinstance(value, float) else value for key, value in asdict(self).items()}
        return rounded | {"loss_percent": round(self.loss_percent, 2), "late_percent": round(self.late_percent, 2)}

    def __str__(self) -> str:
        return (
            f"MOS {self.mos:.2f} (R {self.r:.0f}), {self.sent} packets, loss {self.loss_percent:.1f} %, late {self.late_percent:.1f} %, "
            f"delay {self.mean_ms:.1f}/{self.p95_ms:.1f}/{self.max_ms:.1f} ms mean/p95/max, jitter {self.jitter_ms:.1f} ms"
        )


def judge(packets: Sequence[Packet], fastest_ms: float | None = None) -> Quality:
    """The quality of one direction over the given packets, all decided (received, or lost for good).

    fastest_ms: the delay that the jitter buffer is set by, where it is known from more than these packets.
    """
    arrived = sorted((p for p in packets if p.received_ns is not None), key=lambda p: p.received_ns or 0)
    delays = [p.delay_ms for p in arrived]
    lost = len(packets) - len(arrived)
    if not arrived:
        return Quality(len(packets), lost, 0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0)
    in_time = [d for d in delays if d <= (min(delays) if fastest_ms is None else fastest_ms) + JITTER_BUFFER_MS]
    late = len(delays) - len(in_time)
    jitter = 0.0  # RFC 3550 section 6.4.1, in order of arrival
    for before, after in zip(delays, delays[1:]):
        jitter += (abs(after - before) - jitter) / 16
    r = rating(PACKETIZATION_MS + quantile(in_time, 0.95), 100.0 * (lost + late) / len(packets))
    return Quality(len(packets), lost, late, sum(delays) / len(delays), quantile(delays, 0.95), max(delays), jitter, r, mos_of(r))
